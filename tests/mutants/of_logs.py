"""Mutants of the log: what counts, what may follow what, what is read."""

from tests.mutants.mutant import Mutant

MUTANTS = (
    Mutant(
        name="no-fence-check",
        harm="what an owner writes after its successor looked decides the outcome",
        module="journal.fencing",
        changes=(("counting += epochs[epoch][: cuts.get(epoch)]", "counting += epochs[epoch]"),),
        killed_by={
            "journal/test_fencing.py": (
                "test_events_past_the_cut_do_not_count",
                "test_a_zombie_that_completes_after_the_cut_completes_nothing",
            )
        },
    ),
    Mutant(
        name="cut-of-one-epoch-only",
        harm="a late first event of an epoch that looked empty begins a run nobody knows of",
        module="journal.fencing",
        changes=(("for uncut in range(first, epoch)", "for uncut in range(epoch - 1, epoch)"),),
        killed_by={
            "journal/test_fencing.py": (
                "test_the_first_attempt_cuts_every_older_epoch_as_empty",
                "test_an_attempt_cuts_the_last_effective_one_and_all_after_it",
            )
        },
    ),
    Mutant(
        name="fenced-started-cuts",
        harm="a zombie that was cut off cuts off events of its successor's past",
        module="journal.fencing",
        changes=((" and not is_cut_off", ""),),
        killed_by={
            "journal/test_fencing.py": (
                "test_a_late_started_of_an_epoch_that_looked_empty_is_fenced_and_cuts_nothing",
                "test_an_attempt_that_a_fenced_one_had_fenced_counts",
            )
        },
    ),
    Mutant(
        name="last-cut-stands",
        harm="a later attempt takes events back in that an earlier one went on without",
        module="journal.fencing",
        changes=(("standing |= first.event.cuts", "standing = {**first.event.cuts, **standing}"),),
        killed_by={"journal/test_fencing.py": ("test_the_first_effective_cut_of_an_epoch_stands",)},
    ),
    Mutant(
        name="lost-events-unnoticed",
        harm="a log that lost events reads as a shorter history, and work is done again",
        module="journal.fencing",
        changes=(("if epoch >= oldest and cut > found:", "if False:"),),
        killed_by={
            "journal/test_fencing.py": ("test_an_event_that_a_cut_saw_and_that_is_gone_is_corrupt",)
        },
    ),
    Mutant(
        name="other-content-accepted",
        harm="two owners wrote one position, and the fold takes whichever it reads first",
        module="journal.fencing",
        changes=(("if known != recorded:", "if False:"),),
        killed_by={"journal/test_state.py": ("test_other_content_at_a_position_is_corrupt",)},
    ),
    Mutant(
        name="gap-accepted",
        harm="an event that a listing missed is taken for one that never was",
        module="journal.fencing",
        changes=(("if recorded.seq != len(logged) + 1:", "if False:"),),
        killed_by={"journal/test_state.py": ("test_a_gap_in_an_epoch_is_corrupt",)},
    ),
    Mutant(
        name="impossible-transition-accepted",
        harm="a log that no run can have written reads as a status all the same",
        module="journal.state",
        changes=(
            (
                "        case _:\n            raise CorruptJournal(",
                "        case _:\n            return after\n            raise CorruptJournal(",
            ),
        ),
        killed_by={
            "journal/test_state.py": ("test_an_impossible_event_is_corrupt_and_changes_nothing",),
            "journal/test_invariants.py": (
                "test_invariant_3_an_unknown_transition_is_corrupt_a_duplicate_is_not",
            ),
        },
    ),
    Mutant(
        name="completed-with-steps-open",
        harm="a run counts as completed though steps are missing",
        module="journal.state",
        changes=(
            (
                "Completed() as event if not state.step and state.steps_done == len(\n"
                "            state.steps\n        ):",
                "Completed() as event:",
            ),
        ),
        killed_by={
            "journal/test_state.py": ("test_an_impossible_event_is_corrupt_and_changes_nothing",)
        },
    ),
    Mutant(
        name="checkpoint-goes-back",
        harm="a late checkpoint moves the resume position back, past what was rejected since",
        module="journal.state",
        changes=(("state.step and event.settled >= state.settled", "state.step"),),
        killed_by={
            "journal/test_state.py": ("test_an_impossible_event_is_corrupt_and_changes_nothing",)
        },
    ),
    Mutant(
        name="rejections-counted-twice",
        harm="a record rejected in two attempts counts twice, and the load exits with code 3",
        module="journal.state",
        changes=(
            (
                "(event.step, record.key) for group",
                "(event.step, f'{record.key}{id(event)}') for group",
            ),
        ),
        killed_by={"journal/test_state.py": ("test_rejected_counts_by_step_and_key",)},
    ),
    Mutant(
        name="suspects-forgotten",
        harm="what an attempt left torn is never written twice, and stays invisible",
        module="journal.state",
        changes=(
            (
                "    return (*(suspect for suspect in open_ones",
                "    return ()\n    return (*(suspect for suspect in open_ones",
            ),
        ),
        killed_by={
            "journal/test_suspects.py": (
                "test_an_unfinished_attempt_leaves_its_window",
                "test_windows_of_several_attempts_are_kept_until_settled",
            ),
            "journal/test_invariants.py": (
                "test_invariant_7_what_is_unknown_is_suspect_to_whoever_goes_on",
            ),
        },
    ),
    Mutant(
        name="window-of-another-order-dropped",
        harm="what an unfinished run's own input does not have is no more in doubt, and stays torn",
        module="journal.state",
        changes=((" or suspect.fingerprint != state.fingerprint:\n", ":\n"),),
        killed_by={
            "journal/test_suspects.py": ("test_another_inputs_window_stays_until_a_run_completes",),
        },
    ),
    Mutant(
        name="what-was-seen-torn-dropped",
        harm="what a completed run named torn is forgotten by one that does not complete",
        module="journal.state",
        changes=(
            (
                " or suspect.fingerprint != state.fingerprint:\n",
                " or suspect.fingerprint not in ('', state.fingerprint):\n",
            ),
        ),
        killed_by={
            "journal/test_suspects.py": (
                "test_what_a_completed_run_saw_torn_stays_while_no_other_completes",
            ),
        },
    ),
    Mutant(
        name="summed-up-windows-of-its-own",
        harm="many doubts make a run forget what its own windows are, and resume beside them",
        module="journal.state",
        changes=(
            (
                "    if suspect.fingerprint == state.fingerprint:\n        return suspect\n",
                "",
            ),
        ),
        killed_by={
            "journal/test_suspects.py": ("test_a_window_of_the_run_itself_is_not_summed_up",),
        },
    ),
    Mutant(
        name="reading-ends-at-an-empty-epoch",
        harm="after a death before the first event the run before is forgotten, and done again",
        module="journal.log",
        changes=(
            (
                "        if any(begins_run(recorded) for recorded in effective(events)):\n",
                "        if not events or any(map(begins_run, effective(events))):\n",
            ),
        ),
        killed_by={"journal/test_log.py": ("test_empty_epochs_above_are_read_and_passed",)},
    ),
    Mutant(
        name="listing-believed",
        harm="an event that a replica's listing misses is missing in the history",
        module="journal.log",
        changes=(("if epoch == newest or not _is_whole(logged):", "if not logged:"),),
        killed_by={"journal/test_log.py": ("test_a_hole_of_the_listing_is_filled_by_position",)},
    ),
    Mutant(
        name="newer-format-read",
        harm="events of a newer program are read as what they are not",
        module="journal.codec",
        changes=(("if version > FORMAT_VERSION:", "if False:"),),
        killed_by={"journal/test_codec.py": ("test_a_row_of_a_newer_version_asks_for_an_upgrade",)},
    ),
)
