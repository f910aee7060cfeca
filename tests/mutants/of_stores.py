"""Mutants of the journal's stores: what is atomic, what is fenced, what stays secret."""

from tests.mutants.mutant import Mutant

MUTANTS = (
    Mutant(
        name="erasure-goes-on-without-the-lease",
        harm="a reset that stood still deletes events of the run that another process resumes",
        module="journal.stores.weaviate",
        changes=(
            (
                "            check()  # so the list is of before any successor\n",
                "",
            ),
        ),
        killed_by={"contract/test_store.py": ("test_an_erasure_ends_with_the_lease[simulated]",)},
    ),
    Mutant(
        name="sqlite-erases-unfenced",
        harm="a reset that stood still erases the journal of whoever loads by then",
        module="journal.stores.sqlite",
        changes=(
            (
                "                _check_epoch(connection, pipeline, epoch,"
                ' f"the journal of {pipeline}")\n',
                "",
            ),
        ),
        killed_by={"journal/test_sqlite_store.py": ("test_whoever_lost_the_lease_erases_nothing",)},
    ),
    Mutant(
        name="absence-believed-of-a-starting-server",
        harm="right after a start of the server a log reads as empty, and a lease as removed",
        module="journal.stores.weaviate",
        changes=(('("/v1/.well-known/ready") >= 500', '("/v1/.well-known/ready") >= 1500'),),
        killed_by={
            "journal/test_starting_server.py": (
                "test_nothing_is_absent_from_a_server_that_is_not_ready",
            )
        },
    ),
    Mutant(
        name="create-taken-as-compare-and-set",
        harm="an event that another owner wrote first is taken for ours",
        module="journal.stores.weaviate",
        changes=(("if status == 422 and not await self._is_there(recorded, place):", "if False:"),),
        killed_by={
            "contract/test_store.py": ("test_a_position_belongs_to_its_first_content[simulated]",)
        },
    ),
    Mutant(
        name="refused-claim-taken-as-won",
        harm="whoever is told that the lease exists believes that it made it",
        module="journal.stores.weaviate",
        changes=(
            (
                "if status == 200:\n            winner = owner",
                "if status:\n            winner = owner",
            ),
        ),
        killed_by={
            "contract/test_store.py": (
                "test_one_of_eight_claimants_wins_the_epoch_and_all_learn_who[simulated]",
            )
        },
    ),
    Mutant(
        name="heartbeat-by-post",
        harm="a heartbeat of an owner that was overtaken makes its dropped lease anew",
        module="journal.stores.weaviate",
        changes=(
            (
                '            "PUT",\n'
                '            f"/v1/objects/{name}/{place}?consistency_level=QUORUM",\n',
                '            "POST",\n            "/v1/objects?consistency_level=QUORUM",\n',
            ),
        ),
        killed_by={
            "contract/test_store.py": (
                "test_a_beat_on_a_removed_lease_is_lost_and_does_not_create_it[simulated]",
            )
        },
    ),
    Mutant(
        name="old-schema-believed",
        harm="a node that just started lists no new leases, and an epoch is claimed twice",
        module="journal.stores.weaviate",
        changes=(("            if not begun:\n", "            if True:\n"),),
        killed_by={
            "contract/test_store.py": (
                "test_highest_epoch_survives_that_the_newest_leases_are_not_listed[simulated]",
            )
        },
    ),
    Mutant(
        name="sqlite-unfenced",
        harm="an owner that was overtaken writes on into the same file",
        module="journal.stores.sqlite",
        changes=(
            (
                "            _check_epoch(connection, recorded.pipeline, recorded.epoch, where)\n",
                "",
            ),
        ),
        killed_by={
            "contract/test_store.py": (
                "test_a_fencing_store_refuses_an_event_below_the_highest_lease[sqlite]",
            )
        },
    ),
    Mutant(
        name="sqlite-checks-outside-the-write",
        harm="between the look at the epoch and the event another process takes over",
        module="journal.stores.sqlite",
        changes=(('"begin immediate"', '"begin deferred"'),),
        killed_by={
            "journal/test_sqlite_store.py": (
                "test_between_the_look_at_the_epoch_and_the_write_nobody_takes_over",
            )
        },
    ),
    Mutant(
        name="sqlite-not-synced",
        harm="an acknowledged event is lost with the power",
        module="journal.stores.sqlite",
        changes=(('"pragma synchronous = full"', '"pragma synchronous = normal"'),),
        killed_by={
            "journal/test_sqlite_store.py": ("test_an_append_is_one_transaction_in_a_durable_log",)
        },
    ),
    Mutant(
        name="sqlite-events-replaceable",
        harm="a stray program replaces events, and nothing says so",
        module="journal.stores.sqlite",
        changes=(
            (
                "for trigger in (_REFUSE_UPDATE, _REFUSE_DELETE, _REFUSE_REPLACE):",
                "for trigger in (_REFUSE_UPDATE, _REFUSE_DELETE):",
            ),
        ),
        killed_by={
            "journal/test_sqlite_store.py": ("test_events_can_be_neither_changed_nor_removed",),
            "journal/test_invariants.py": ("test_invariant_2_events_are_never_changed_or_removed",),
        },
    ),
    Mutant(
        name="sqlite-writes-unfenced",
        harm="objects of an owner that was overtaken are written over those of the next",
        module="ingest.targets.sqlite",
        changes=(
            ("check_epoch(connection, pipeline=self._pipeline, epoch=self._epoch)\n", "pass\n"),
        ),
        killed_by={
            "contract/test_target.py": (
                "test_a_fencing_store_refuses_whoever_lost_the_lease[sqlite]",
            )
        },
    ),
    Mutant(
        name="secret-in-other-spellings",
        harm="a key that an error quotes in JSON or in a URL gets into the journal",
        module="journal.redaction",
        changes=(("    yield json.dumps(secret)[1:-1]\n", ""),),
        killed_by={"security/test_redaction.py": ("test_a_secret_is_found_in_every_spelling",)},
    ),
    Mutant(
        name="secret-in-an-event",
        harm="a key that an error quotes is journaled for good",
        module="journal.stores.redacting",
        changes=(("self._redaction.fact(recorded)", "recorded"),),
        killed_by={"security/test_redaction.py": ("test_an_event_is_written_without_the_key",)},
    ),
)
