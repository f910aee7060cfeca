"""Mutants of what is looked at before a run counts as completed, and of what is decided."""

from tests.mutants.mutant import Mutant

MUTANTS = (
    Mutant(
        name="completed-before-verify",
        harm="a run is completed before anybody looked whether the target equals the input",
        module="ingest.esco_pipeline",
        changes=(
            (
                '            Step("verify", partial(_verify, workshop=workshop), is_wide=True),\n',
                "",
            ),
        ),
        killed_by={"loading/test_verify.py": ("test_a_missing_object_is_written_again",)},
    ),
    Mutant(
        name="hashes-only",
        harm="references that were lost or doubled under the right hash are not seen",
        module="ingest.comparison",
        changes=(
            (
                "!= catalogue.content_hash(class_name, index) or any(",
                "!= catalogue.content_hash(class_name, index) or False and any(",
            ),
        ),
        killed_by={
            "loading/test_verify.py": (
                "test_lost_references_under_the_right_hash_are_found_by_their_number",
                "test_doubled_references_under_the_right_hash_are_mended",
            )
        },
    ),
    Mutant(
        name="neighbours-left-alone",
        harm="an object that no way in the vector index leads to stays so, and no load completes",
        module="ingest.mending",
        changes=(("NEIGHBOURS = (0, 2, 4, 4, 8)", "NEIGHBOURS = (0, 0, 0, 0, 0)"),),
        killed_by={
            "loading/test_verify.py": (
                "test_an_object_that_nothing_leads_to_is_written_anew_after_its_neighbours",
            )
        },
    ),
    Mutant(
        name="torn-extras-forgotten",
        harm="what an abandoned input left torn stays so when it is loaded again",
        module="journal.state",
        changes=(('state.summary.get(UNSETTLED, "")', '""'),),
        killed_by={
            "loading/test_resuming.py": (
                "test_what_an_abandoned_input_left_torn_is_mended_once_it_is_an_input_again",
            )
        },
    ),
    Mutant(
        name="torn-extras-forgotten-at-the-end",
        harm="what a run saw torn is forgotten if it is killed right before `completed`",
        module="journal.state",
        changes=(
            (
                "    open_ones = (*open_ones, *(suspect for suspect in found if suspect not in"
                " open_ones))\n",
                "",
            ),
        ),
        killed_by={
            "journal/test_suspects.py": (
                "test_a_run_that_only_lacks_completed_leaves_what_it_saw_torn",
            )
        },
    ),
    Mutant(
        name="repair-looks-at-what-it-wrote-only",
        harm="what a mended object pushed out of the vector index stays so",
        module="ingest.repair",
        changes=(("        if target.tears:\n", "        if False:\n"),),
        killed_by={
            "loading/test_repair.py": ("test_what_a_mended_object_took_the_place_of_is_mended_too",)
        },
    ),
    Mutant(
        name="indexes-not-looked-at",
        harm="an object that no search finds counts as loaded",
        module="ingest.verify",
        changes=(("        if not self._is_in_doubt():\n", "        if True:\n"),),
        killed_by={
            "loading/test_verify.py": (
                "test_an_object_of_unknown_outcome_that_an_index_misses_is_mended",
            )
        },
    ),
    Mutant(
        name="doubts-of-earlier-attempts-forgotten",
        harm="what a killed attempt tore in a step that it completed stays invisible",
        module="ingest.verify",
        changes=(
            (
                "bool(self._shop.unsure or state.suspects) or state.attempt > 1",
                "bool(self._shop.unsure)",
            ),
        ),
        killed_by={
            "loading/test_verify.py": (
                "test_what_a_killed_attempt_was_unsure_of_in_a_completed_step_is_looked_up",
            )
        },
    ),
    Mutant(
        name="repeated-beside-what-was-given-up",
        harm="a late write lands between the blank and the whole one, and a checkpoint hides it",
        module="ingest.sending",
        changes=(("            await self._run.let_settle()\n", ""),),
        killed_by={
            "loading/test_repeated_writes.py": (
                "test_a_write_that_is_repeated_does_not_meet_the_one_that_was_given_up",
            )
        },
    ),
    Mutant(
        name="compared-too-early",
        harm="a write that lands after the comparison changes what was found right",
        module="ingest.verify",
        changes=(("            await self._run.let_settle()\n", ""),),
        killed_by={"loading/test_verify.py": ("test_what_lands_late_is_compared_too",)},
    ),
    Mutant(
        name="mended-once",
        harm="an object that was found wrong is written as it was, and a torn one stays torn",
        module="ingest.mending",
        changes=(("            twice=True,\n", "            twice=False,\n"),),
        killed_by={
            "loading/test_verify.py": (
                "test_an_object_of_unknown_outcome_that_an_index_misses_is_mended",
            )
        },
    ),
    Mutant(
        name="vector-index-not-swept",
        harm="an object that only the vector index lost is reported as found",
        module="ingest.visibility",
        changes=(("strict=True) if not is_found}", "strict=True) if False}"),),
        killed_by={
            "loading/test_visibility.py": (
                "test_what_only_the_vector_index_lost_is_unindexed_and_not_unfiltered",
            )
        },
    ),
    Mutant(
        name="deep-look-trusts-the-hash",
        harm="an object that was changed under its old hash is reported as whole",
        module="ingest.scrutiny",
        changes=(
            (
                "not (is_same(there, whole) and _is_near(there, whole))",
                "not _is_near(there, whole)",
            ),
        ),
        killed_by={
            "loading/test_validation.py": (
                "test_only_a_deep_look_sees_a_change_under_the_old_hash",
            )
        },
    ),
    Mutant(
        name="embedders-mixed",
        harm="vectors of two embedders lie side by side, and no distance means anything",
        module="ingest.decision",
        changes=(
            (
                "return filled_by is not None and filled_by != situation.embedder",
                "return False",
            ),
        ),
        killed_by={
            "cli/test_decision.py": (
                "test_refuses_a_target_filled_by_another_embedder",
                "test_force_drops_what_another_embedder_filled",
            )
        },
    ),
    Mutant(
        name="existing-objects-overwritten",
        harm="objects that no journal explains, somebody's work perhaps, are written over",
        module="ingest.decision",
        changes=(
            (
                "return _existing_data() if situation.has_objects else _begin(situation)",
                "return _begin(situation)",
            ),
        ),
        killed_by={"cli/test_decision.py": ("test_objects_without_a_journal_ask_else_skip",)},
    ),
    Mutant(
        name="young-load-taken-for-existing-data",
        harm="a starter that is slow skips what another one is loading, and calls it done",
        module="ingest.wiring.ingesting",
        changes=(
            (
                "self._check_unmoved(await read_state(self._store, self._settings.pipeline))",
                "pass",
            ),
        ),
        killed_by={
            "loading/test_ingest_outcomes.py": (
                "test_objects_that_another_process_loads_meanwhile_are_explained_by_its_journal",
            )
        },
    ),
    Mutant(
        name="owed-drop-forgotten",
        harm="a drop that was cut short is never done: objects of the sample stay for ever",
        module="ingest.decision",
        changes=(
            (
                "_is_other_embedder(situation) or _owes_drop(situation.state)",
                "_is_other_embedder(situation)",
            ),
        ),
        killed_by={
            "cli/test_decision.py": ("test_a_drop_that_the_replaced_run_may_not_have_done_is_done",)
        },
    ),
)
