"""Mutants of an attempt: what it begins with, in which order it writes, how it ends."""

from tests.mutants.mutant import Mutant

MUTANTS = (
    Mutant(
        name="completed-steps-run-again",
        harm="a resume does everything again",
        module="journal.attempt",
        changes=(
            (
                "self._pipeline.steps[recorder.state.steps_done :]:",
                "self._pipeline.steps:",
            ),
        ),
        killed_by={
            "journal/test_invariants.py": (
                "test_invariant_8_completed_steps_are_not_run_again_and_a_window_at_most",
            )
        },
    ),
    Mutant(
        name="terminal-event-with-requests-in-flight",
        harm="the next owner begins at once, and a late write of ours follows its own",
        module="journal.attempt",
        changes=(
            (
                "                await self._cut_off()\n"
                "                await self._requests.let_settle()\n",
                "                pass\n",
            ),
            (
                "            await self._requests.let_settle()\n            return",
                "            return",
            ),
        ),
        killed_by={
            "journal/test_invariants.py": (
                "test_invariant_9_a_terminal_event_waits_until_no_request_can_be_on_its_way",
            ),
            "journal/test_stop.py": (
                "test_completed_waits_until_a_lost_request_can_not_arrive_any_more",
            ),
        },
    ),
    Mutant(
        name="connection-kept-at-the-end",
        harm="what a failed attempt had on its way is not cut off before it says that it ended",
        module="journal.attempt",
        changes=(
            (
                "                await self._cut_off()\n                await self._requests",
                "                await self._requests",
            ),
        ),
        killed_by={
            "journal/test_stop.py": (
                "test_a_lost_request_is_cut_off_and_settles_before_failed_is_written",
            )
        },
    ),
    Mutant(
        name="requests-of-one-attempt-alone",
        harm="what an attempt gave up lands, blank, after the next one of the process completed",
        module="journal.attempt",
        changes=(
            (
                "        try:\n            await recorder.record(started)\n",
                "        self._requests = Requests(self._clock)\n"
                "        try:\n            await recorder.record(started)\n",
            ),
        ),
        killed_by={
            "journal/test_settling.py": (
                "test_completed_waits_for_what_the_attempt_before_gave_up",
            ),
            "loading/test_settling.py": (
                "test_a_blank_write_of_the_attempt_before_does_not_outlive_the_run",
            ),
        },
    ),
    Mutant(
        name="steps-before-the-last-attempts-requests-are-over",
        harm="a late blank write undoes what a checkpoint of the next attempt covers",
        module="journal.attempt",
        changes=(
            (
                "            await self._requests.let_settle()\n            await guarded(",
                "            await guarded(",
            ),
        ),
        killed_by={
            "journal/test_settling.py": ("test_steps_wait_for_what_the_attempt_before_gave_up",)
        },
    ),
    Mutant(
        name="older-leases-dropped-before-started",
        harm="who reads a list of before takes the dropped epoch for the next one, and is not told"
        " otherwise by any event",
        module="journal.attempt",
        changes=(
            (
                "            await recorder.record(started)\n"
                "            self._written_epoch = lease.epoch\n"
                "            await lease.drop_older()\n",
                "            await lease.drop_older()\n"
                "            await recorder.record(started)\n"
                "            self._written_epoch = lease.epoch\n",
            ),
        ),
        killed_by={"journal/test_execute.py": ("test_older_leases_are_dropped_after_started",)},
    ),
    Mutant(
        name="skip-unchanged-after-a-broken-run",
        harm="an equal hash hides an object that the broken run left torn",
        module="journal.attempt",
        changes=(("before.trusted if resumes else self._is_trustworthy(before)", "True"),),
        killed_by={
            "journal/test_execute.py": ("test_a_new_run_after_a_failed_one_trusts_nothing",),
            "loading/test_resuming.py": ("test_a_run_after_an_unfinished_one_skips_nothing",),
        },
    ),
    Mutant(
        name="skip-unchanged-after-a-repair",
        harm="a run after one of other steps trusts hashes that nobody vouched for",
        module="journal.attempt",
        changes=(
            (
                "is_alike = before.steps == self._pipeline.step_names",
                "is_alike = True",
            ),
        ),
        killed_by={
            "journal/test_execute.py": ("test_a_new_run_after_one_of_other_steps_trusts_nothing",)
        },
    ),
    Mutant(
        name="resume-with-another-fingerprint",
        harm="positions of one input are gone on with in another",
        module="journal.plan",
        changes=(
            (
                "(state.fingerprint, state.steps) != (pipeline.fingerprint, pipeline.step_names)",
                "state.steps != pipeline.step_names",
            ),
        ),
        killed_by={
            "journal/test_execute.py": (
                "test_a_resume_with_another_input_is_refused_and_frees_the_epoch",
            )
        },
    ),
    Mutant(
        name="stranger-s-run-taken-for-ours",
        harm="who was overtaken while its lease was out goes on with the other's run",
        module="journal.attempt",
        changes=(("if before.owner is not None and before.owner.id != owner.id:", "if False:"),),
        killed_by={
            "journal/test_expiry.py": (
                "test_a_run_that_another_process_went_on_with_and_completed_is_lost",
                "test_a_run_that_another_process_went_on_with_and_left_is_lost",
            )
        },
    ),
    Mutant(
        name="foreign-words-in-the-journal",
        harm="the text of a foreign error, record content perhaps, is journaled for good",
        module="journal.attempt",
        changes=(("str(error) if isinstance(error, JournalError) else", "str(error) or"),),
        killed_by={
            "journal/test_failures.py": (
                "test_a_foreign_exception_keeps_its_type_and_its_text_stays_out_of_the_journal",
            ),
            "journal/test_invariants.py": (
                "test_invariant_11_no_record_content_gets_into_an_event",
            ),
        },
    ),
    Mutant(
        name="last-checkpoint-of-a-stop-skipped",
        harm="what was settled before a signal is sent again",
        module="journal.attempt",
        changes=(("            await run.checkpoint()\n", "            pass\n"),),
        killed_by={
            "journal/test_stop.py": (
                "test_a_request_in_flight_is_answered_and_what_is_settled_is_recorded",
            )
        },
    ),
    Mutant(
        name="silent-target-ends-the-run",
        harm="a target that is away for a moment ends a load whose caller said that it waits",
        module="journal.attempt",
        changes=(
            ("        if left_seconds < self", "        if left_seconds < wait_seconds + self"),
        ),
        killed_by={
            "journal/test_expiry.py": (
                "test_a_step_whose_target_fell_silent_is_tried_again_while_the_caller_waits",
            )
        },
    ),
    Mutant(
        name="waits-as-long-as-it-takes",
        harm="a load that comes no farther never says so",
        module="journal.attempt",
        changes=(
            (
                "        if left_seconds < self._settings.ttl_seconds",
                "        if wait_seconds < self._settings.ttl_seconds",
            ),
        ),
        killed_by={
            "journal/test_expiry.py": (
                "test_a_target_that_stays_silent_is_waited_for_as_long_as_was_said",
            )
        },
    ),
    Mutant(
        name="waiting-counted-from-the-first-silence",
        harm="a long load ends at its tenth short outage, though each time it had gone on",
        module="journal.attempt",
        changes=(
            ("        if self._stuck_at != self._reached:", "        if self._stuck_at is None:"),
        ),
        killed_by={
            "journal/test_expiry.py": (
                "test_the_time_to_wait_counts_from_the_last_record_that_went_through",
            )
        },
    ),
    Mutant(
        name="waits-for-its-own-lease",
        harm="who waits for less than a lease is told that another process owns the pipeline",
        module="journal.attempt",
        changes=(
            (
                "        if left_seconds < self._settings.ttl_seconds + ",
                "        if left_seconds < ",
            ),
        ),
        killed_by={
            "journal/test_expiry.py": (
                "test_who_waits_for_less_than_a_lease_is_told_at_once_that_the_target_is_silent",
            )
        },
    ),
)
