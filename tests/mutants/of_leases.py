"""Mutants of the lease that is held: how it ages, and how it ends."""

from tests.mutants.mutant import Mutant

MUTANTS = (
    Mutant(
        name="own-epoch-taken-up-again",
        harm="an owner whose lease ran out takes its epoch again while another succeeds it",
        module="journal.runner",
        changes=(("                above=owned,\n", "                above=0,\n"),),
        killed_by={
            "journal/test_expiry.py": (
                "test_an_epoch_of_ours_that_ran_out_is_not_taken_up_again_by_an_old_list",
            )
        },
    ),
    Mutant(
        name="age-from-the-acknowledgement",
        harm="a slow answer lengthens the lease beyond what others grant it",
        module="journal.lease",
        changes=(
            ("self._confirmed_at = sent_at\n", "self._confirmed_at = self._clock.elapsed()\n"),
        ),
        killed_by={
            "journal/test_keep.py": (
                "test_age_counts_from_the_sending_of_the_heartbeat_not_from_its_answer",
            )
        },
    ),
    Mutant(
        name="late-answer-confirms",
        harm="an answer that comes after expiry raises a lease from the dead",
        module="journal.lease",
        changes=(("self.check()  # an acknowledgement", "# an acknowledgement"),),
        killed_by={"journal/test_keep.py": ("test_an_answer_after_expiry_confirms_nothing",)},
    ),
    Mutant(
        name="time-out-left-out",
        harm="a request that begins just before the lease ends lands under the next owner",
        module="journal.lease",
        changes=(("self.age_seconds + timeout_seconds < self", "self.age_seconds < self"),),
        killed_by={
            "journal/test_keep.py": (
                "test_a_request_begins_only_if_it_ends_before_the_lease_does",
            ),
            "journal/test_invariants.py": (
                "test_invariant_4_no_request_begins_that_could_outlive_the_lease",
            ),
        },
    ),
    Mutant(
        name="higher-epoch-ignored",
        harm="who was overtaken goes on sending until its lease runs out",
        module="journal.lease",
        changes=(("if highest > self.epoch:", "if False:"),),
        killed_by={
            "journal/test_keep.py": ("test_a_higher_epoch_loses_the_lease",),
            "journal/test_expiry.py": (
                "test_a_higher_epoch_stops_the_owner_before_its_lease_runs_out",
            ),
        },
    ),
    Mutant(
        name="expiry-by-wall-clock",
        harm="a corrected clock ends a lease that is kept, or keeps one that is over",
        module="journal.lease",
        changes=(
            (
                "        self._beat = 0\n",
                "        self._beat = 0\n"
                "        self._zero = clock.now().timestamp() - clock.elapsed()\n",
            ),
            (
                "return self._clock.elapsed() - self._confirmed_at",
                "return self._clock.now().timestamp() - self._zero - self._confirmed_at",
            ),
        ),
        killed_by={
            "journal/test_keep.py": ("test_a_wall_clock_that_jumps_ends_no_lease_and_keeps_none",)
        },
    ),
    Mutant(
        name="suspension-not-counted",
        harm="a laptop that was closed for an hour believes its lease to be seconds old",
        module="journal.clock",
        changes=(("time.clock_gettime(_SUSPENSION_COUNTS)", "time.monotonic()"),),
        killed_by={"journal/test_clock.py": ("test_elapsed_time_counts_suspension",)},
    ),
    Mutant(
        name="newest-lease-dropped",
        harm="the lease of the owner before goes too early: nobody can tell whether it lives",
        module="journal.lease",
        changes=(("KEPT_LEASES = 2", "KEPT_LEASES = 1"),),
        killed_by={"journal/test_keep.py": ("test_the_two_highest_leases_stay",)},
    ),
)
