"""Mutants of a step and its recorder: what reaches the log, when, and how far senders may go."""

from tests.mutants.mutant import Mutant

MUTANTS = (
    Mutant(
        name="state-before-the-append",
        harm="a step acts on an event that is not in the log, and a crash forgets it",
        module="journal.recorder",
        changes=(
            (
                "after = evolve(self.state, recorded)",
                "after = self.state = evolve(self.state, recorded)",
            ),
        ),
        killed_by={
            "journal/test_invariants.py": (
                "test_invariant_6_the_state_moves_only_with_an_event_that_is_in_the_log",
            )
        },
    ),
    Mutant(
        name="other-bytes-at-a-cancelled-seq",
        harm="a position whose first bytes may be on their way gets other bytes",
        module="journal.recorder",
        changes=(
            (
                "            with anyio.CancelScope(shield=True):\n"
                "                await self._append(recorded)\n",
                "            try:\n"
                "                await self._append(recorded)\n"
                "            finally:\n"
                "                self._broken = None\n",
            ),
        ),
        killed_by={
            "journal/test_failures.py": (
                "test_a_cancellation_while_an_append_is_on_its_way_lets_it_arrive",
                "test_a_task_cancelled_by_asyncio_itself_writes_nothing_at_an_unknown_position",
                "test_a_store_with_a_bug_gets_no_second_event_at_the_position",
            )
        },
    ),
    Mutant(
        name="times-go-back",
        harm="a clock that was set back lets the plain query of old find the wrong status",
        module="journal.recorder",
        changes=(("max(now, self._latest)", "now"),),
        killed_by={"journal/test_execute.py": ("test_times_never_go_back_though_the_clock_does",)},
    ),
    Mutant(
        name="event-after-the-lease",
        harm="an owner whose lease is over still writes events",
        module="journal.recorder",
        changes=(("await self._lease.admit(self._timeout_seconds)\n", "pass\n"),),
        killed_by={
            "journal/test_failures.py": ("test_no_event_is_sent_under_a_lease_that_is_over",),
        },
    ),
    Mutant(
        name="window-ignored",
        harm="a crash leaves more records in doubt than the next attempt writes twice",
        module="journal.step",
        changes=(("if position < self._checkpointed + self.state.window:", "if True:"),),
        killed_by={
            "journal/test_step_run.py": (
                "test_no_sender_is_let_past_the_window_of_the_last_checkpoint",
            ),
            "loading/test_batches.py": ("test_no_request_lies_beyond_the_window[0-7]",),
        },
    ),
    Mutant(
        name="suspects-of-another-input-by-position",
        harm="after a change of the input the wrong records are written twice",
        module="journal.step",
        changes=(("if suspect.fingerprint != self.state.fingerprint:", "if False:"),),
        killed_by={
            "journal/test_step_run.py": ("test_with_another_input_the_whole_step_is_suspect",),
            "loading/test_resuming.py": (
                "test_another_input_after_an_unfinished_one_writes_the_whole_step_twice",
            ),
        },
    ),
    Mutant(
        name="lost-request-unnoted",
        harm="an attempt ends as if every request had been answered",
        module="journal.step",
        changes=(
            (
                "        except BaseException:\n            self._requests.lose()\n",
                "        except BaseException:\n",
            ),
        ),
        killed_by={
            "journal/test_stop.py": (
                "test_a_lost_request_is_cut_off_and_settles_before_failed_is_written",
            )
        },
    ),
    Mutant(
        name="rejected-after-its-checkpoint",
        harm="a crash between the two loses the rejection for good",
        module="journal.step",
        changes=(
            (
                "await self._recorder.record(Rejected(step=self.name, groups=groups))",
                "self.__dict__.setdefault('late', []).append(groups)",
            ),
            (
                "            self._checkpointed = settled\n",
                "            for groups in self.__dict__.pop('late', []):\n"
                "                late = Rejected(step=self.name, groups=groups)\n"
                "                await self._recorder.record(late)\n"
                "            self._checkpointed = settled\n",
            ),
        ),
        killed_by={
            "journal/test_step_run.py": (
                "test_a_rejection_is_in_the_log_before_the_checkpoint_that_covers_it",
            ),
            "loading/test_refusals.py": ("test_a_rejection_is_journaled_before_what_hangs_on_it",),
        },
    ),
    Mutant(
        name="rejection-only-in-memory",
        harm="who resumes does not know what was rejected, and refers to what is not there",
        module="journal.step",
        changes=(("await self._recorder.record(Rejected(step=self.name, groups=groups))", "pass"),),
        killed_by={
            "journal/test_step_run.py": (
                "test_a_rejection_is_in_the_log_before_the_checkpoint_that_covers_it",
            ),
        },
    ),
    Mutant(
        name="unanswered-event-ends-the-run",
        harm="an outage as long as a lease ends a load that nobody contests",
        module="journal.runner",
        changes=((" or lease.has_run_out:", ":"),),
        killed_by={
            "journal/test_expiry.py": (
                "test_an_event_that_gets_no_answer_for_a_lease_ends_the_lease_and_not_the_run",
                "test_a_request_without_an_answer_after_the_lease_tells_who_took_it",
            ),
        },
    ),
)
