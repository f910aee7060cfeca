"""Mutants of the claim: when an epoch may be taken, and by whom."""

from tests.mutants.mutant import Mutant

MUTANTS = (
    Mutant(
        name="lease-reused-after-a-drop",
        harm="who wins a dropped name by an old list owns the pipeline beside the real owner",
        module="journal.lease",
        changes=(("if await self._newest() > epoch:", "if False:"),),
        killed_by={
            "journal/test_claim.py": (
                "test_the_winner_of_a_dropped_name_stands_down_for_the_higher_epoch",
            )
        },
    ),
    Mutant(
        name="epoch-won-long-ago-taken-up",
        harm="by an old list an epoch that was ours once, and never answered, seems ours again",
        module="journal.lease",
        changes=(("        return self._surely\n", "        return listed\n"),),
        killed_by={
            "journal/test_claim.py": ("test_an_epoch_won_long_ago_is_not_taken_up_by_an_old_list",)
        },
    ),
    Mutant(
        name="loser-takes-the-lease",
        harm="all who start at once believe that they own the epoch",
        module="journal.lease",
        changes=(("if winner.id != self._owner.id:", "if False:"),),
        killed_by={
            "journal/test_claim.py": (
                "test_a_claimant_that_loses_the_race_sees_who_won",
                "test_of_starters_at_once_one_owns_each_epoch_and_no_two_at_a_time",
            )
        },
    ),
    Mutant(
        name="same-host-by-pid-alone",
        harm="a pid that another process has now keeps a dead owner's epoch held",
        module="journal.owner",
        changes=(("return _start_time(owner.pid) != owner.process_started", "return False"),),
        killed_by={"journal/test_owner.py": ("test_a_pid_that_another_process_has_now_is_gone",)},
    ),
    Mutant(
        name="same-host-by-boot-id-alone",
        harm="a container whose pids we can not see is taken for dead while it loads",
        module="journal.owner",
        changes=(
            (
                "(owner.boot_id, owner.pid_namespace) != (_boot_id(), _pid_namespace())",
                "owner.boot_id != _boot_id()",
            ),
        ),
        killed_by={"journal/test_owner.py": ("test_where_we_can_not_see_nobody_is_gone",)},
    ),
    Mutant(
        name="no-wait-for-the-dead",
        harm="what a killed process had on its way lands after its successor began",
        module="journal.lease",
        changes=(
            (
                "is_gone(record.owner):\n            await anyio.sleep(SETTLE_SECONDS)",
                "is_gone(record.owner):\n            await anyio.sleep(0)",
            ),
        ),
        killed_by={
            "journal/test_claim.py": (
                "test_a_dead_process_of_this_machine_is_followed_after_two_seconds",
            )
        },
    ),
    Mutant(
        name="no-wait-after-the-ttl",
        harm="what an owner gave up when its lease ran out lands after its successor began",
        module="journal.lease",
        changes=(
            (
                ">= ttl_seconds:\n            await anyio.sleep(SETTLE_SECONDS)",
                ">= ttl_seconds:\n            await anyio.sleep(0)",
            ),
        ),
        killed_by={
            "journal/test_claim.py": (
                "test_a_heartbeat_that_does_not_change_for_the_ttl_frees_the_epoch",
            )
        },
    ),
    Mutant(
        name="no-wait-for-the-heartbeat",
        harm="a living owner is robbed of its epoch at the first look",
        module="journal.lease",
        changes=(("if unchanged_seconds >= ttl_seconds:", "if True:"),),
        killed_by={
            "journal/test_claim.py": (
                "test_a_living_heartbeat_holds_the_epoch_for_as_long_as_it_beats",
                "test_a_heartbeat_that_does_not_change_for_the_ttl_frees_the_epoch",
            )
        },
    ),
    Mutant(
        name="our-ttl-for-theirs",
        harm="who runs with a shorter TTL takes over from an owner that is still well",
        module="journal.lease",
        changes=(
            ("(record.owner if record else self._owner).ttl_seconds", "self._owner.ttl_seconds"),
        ),
        killed_by={"journal/test_claim.py": ("test_the_ttl_that_counts_is_the_owners_not_ours",)},
    ),
    Mutant(
        name="older-end-frees",
        harm="the end of an older epoch frees the newest, whose owner is at work",
        module="journal.lease",
        changes=(
            (
                "logged = await self._logged(epoch)",
                "logged = await self._logged(max(1, epoch - 1))",
            ),
        ),
        killed_by={
            "journal/test_claim.py": ("test_a_terminal_event_of_an_older_epoch_frees_nothing",)
        },
    ),
    Mutant(
        name="unread-time-counts",
        harm="an outage of the store is read as the silence of the owner",
        module="journal.lease",
        changes=(("attempt.watch.interrupt()", "pass"),),
        killed_by={
            "journal/test_claim.py": (
                "test_time_in_which_the_store_can_not_be_read_does_not_count",
            )
        },
    ),
    Mutant(
        name="own-pause-counts",
        harm="a process that was suspended itself takes the gap for the owner's silence",
        module="journal.lease",
        changes=(("min(gap_seconds, longest_gap_seconds)", "gap_seconds"),),
        killed_by={
            "journal/test_watch.py": (
                "test_a_gap_longer_than_we_meant_to_sleep_is_ours_and_capped",
            )
        },
    ),
    Mutant(
        name="released-though-written",
        harm="an epoch that has events is taken over while its owner writes on",
        module="journal.lease",
        changes=(("heartbeat.released and not logged:", "heartbeat.released:"),),
        killed_by={
            "journal/test_claim.py": ("test_an_epoch_with_events_is_not_released_by_a_heartbeat",)
        },
    ),
)
