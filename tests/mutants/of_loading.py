"""Mutants of the load: which objects are made and in which order they are sent."""

from tests.mutants.mutant import Mutant

MUTANTS = (
    Mutant(
        name="drop-outside-the-lease",
        harm="a process that stood still drops the classes that the next owner has filled",
        module="ingest.class_changes",
        changes=(
            (
                "        async with request(request_seconds):\n            await target.drop(",
                "        if True:\n            await target.drop(",
            ),
        ),
        killed_by={
            "loading/test_class_changes.py": (
                "test_no_class_is_dropped_once_the_lease_permits_no_request[1]",
                "test_a_drop_without_an_answer_is_a_lost_request",
            ),
        },
    ),
    Mutant(
        name="classes-trusted-to-be-there",
        harm="a server makes a class that somebody dropped by itself, and no load can use it",
        module="ingest.esco_pipeline",
        changes=(
            (
                "    await prepare_classes(run, workshop.target)\n    result = await verify(",
                "    result = await verify(",
            ),
        ),
        killed_by={
            "loading/test_class_changes.py": (
                "test_a_class_that_somebody_drops_before_verify_is_made_and_filled_again",
            )
        },
    ),
    Mutant(
        name="acknowledged-before-written",
        harm="a checkpoint covers records that the target has not acknowledged",
        module="ingest.loader",
        changes=(
            (
                "                await sender.settle(wholes)\n",
                "                await self._note([parcel.position for parcel in batch])\n"
                "                await sender.settle(wholes)\n",
            ),
        ),
        killed_by={
            "loading/test_unknown_outcomes.py": (
                "test_nothing_is_settled_before_the_target_acknowledged_it",
            )
        },
    ),
    Mutant(
        name="last-checkpoint-skipped",
        harm="the end of a step is written twice by whoever resumes after it",
        module="ingest.loader",
        changes=(
            (
                "    loading.mark_absent()\n    await run.checkpoint()\n",
                "    loading.mark_absent()\n",
            ),
        ),
        killed_by={
            "loading/test_resuming.py": (
                "test_a_kill_right_before_the_end_of_a_step_costs_nothing_of_it",
            )
        },
    ),
    Mutant(
        name="no-barrier-between-levels",
        harm="an object is sent before what it refers to is there",
        module="ingest.loader",
        changes=(
            (
                "            await self._level(start, start + len(level))\n",
                "",
            ),
            (
                "        await self._level(self._second_pass, len(self._indices))\n",
                "        await self._level(0, self._second_pass)\n"
                "        await self._level(self._second_pass, len(self._indices))\n",
            ),
        ),
        killed_by={
            "loading/test_batches.py": ("test_a_level_opens_only_when_the_one_before_is_settled",)
        },
    ),
    Mutant(
        name="second-pass-written-once",
        harm="a create on a cycle that was torn is not indexed by the equal vector of the whole",
        module="ingest.loader",
        changes=(("twice=suspect or position >= self._second_pass,", "twice=suspect,"),),
        killed_by={
            "loading/test_batches.py": (
                "test_records_on_cycles_are_created_first_and_written_whole_at_the_end",
            )
        },
    ),
    Mutant(
        name="what-verify-was-writing-forgotten",
        harm="what verify left torn when it died is written once and equal, and called settled",
        module="journal.step",
        changes=(("suspect.step in self._wide or ", ""),),
        killed_by={
            "loading/test_resuming.py": (
                "test_what_verify_was_writing_when_it_died_is_in_doubt_in_every_step",
            )
        },
    ),
    Mutant(
        name="no-flush-of-a-resumed-step",
        harm="a step is called done whose end a kill of the server takes back",
        module="ingest.loader",
        changes=(("if not self._tail and self._is_resumed:", "if False:"),),
        killed_by={
            "loading/test_resuming.py": (
                "test_a_resumed_step_with_nothing_left_to_send_has_the_index_written_out",
            )
        },
    ),
    Mutant(
        name="first-pass-with-the-hash",
        harm="a kill between the passes leaves half an object that counts as whole",
        module="ingest.catalogue",
        changes=(('"" if without_cycles else self._hash(', "self._hash("),),
        killed_by={
            "loading/test_catalogue.py": (
                "test_the_first_pass_of_a_cycle_lacks_its_cyclic_references_and_its_hash",
            )
        },
    ),
    Mutant(
        name="references-to-the-rejected",
        harm="an object refers to one that was refused, and waits for it until the load gives up",
        module="ingest.catalogue",
        changes=(("targets = [target for target in targets if target not in absent]", "pass"),),
        killed_by={"loading/test_catalogue.py": ("test_absent_records_leave_no_reference_behind",)},
    ),
    Mutant(
        name="suspect-skipped-as-unchanged",
        harm="a torn object with the right hash is not written at all",
        module="ingest.loader",
        changes=(("if self._unchanged and not suspect:", "if self._unchanged:"),),
        killed_by={
            "loading/test_resuming.py": (
                "test_a_suspect_is_written_twice_even_if_its_hash_is_right",
            )
        },
    ),
    Mutant(
        name="silent-death-unnoticed",
        harm="what a server that died between two requests had in memory stays invisible",
        module="ingest.loader",
        changes=(("if await self._shop.incarnation() != incarnation:", "if False:"),),
        killed_by={
            "loading/test_silent_death.py": ("test_what_a_silent_death_took_is_found_and_mended",)
        },
    ),
    Mutant(
        name="no-flush-at-the-end",
        harm="a server killed after the step loses the end of its index, though all was answered",
        module="ingest.loader",
        changes=(("        await self._flush()\n", ""),),
        killed_by={"loading/test_silent_death.py": ("test_a_death_after_the_load_takes_nothing",)},
    ),
    Mutant(
        name="no-flush-after-verify",
        harm="what a late write made the step's own flush index is lost with the server's memory",
        module="ingest.verify",
        changes=(
            (
                "            await write_out(self._run, self._shop, self._class_name, there)\n",
                "",
            ),
        ),
        killed_by={
            "loading/test_silent_death.py": (
                "test_what_a_late_blank_made_the_flush_index_outlives_a_death_too",
            )
        },
    ),
    Mutant(
        name="death-while-verify-looks-unnoticed",
        harm="a server that died between verify's look and its flush took what was looked at",
        module="ingest.verify",
        changes=(("if await self._shop.incarnation() == incarnation:", "if True:"),),
        killed_by={
            "loading/test_silent_death.py": (
                "test_a_death_right_after_verify_has_looked_makes_it_look_again",
            )
        },
    ),
    Mutant(
        name="no-flush-after-a-resumed-repair",
        harm="what a repair that was killed had mended is lost with the server's memory",
        module="ingest.repair",
        changes=(
            (
                "            await write_out(self._run, self._shop, self._class_name, there)\n",
                "",
            ),
        ),
        killed_by={
            "loading/test_repair.py": (
                "test_what_a_repair_that_was_killed_had_mended_outlives_a_death",
            )
        },
    ),
    Mutant(
        name="references-not-in-the-hash",
        harm="a changed reference is skipped as unchanged, and never found by its hash",
        module="ingest.objects",
        changes=(("[class_name, said, ids, embedder]", "[class_name, said, embedder]"),),
        killed_by={
            "loading/test_objects.py": ("test_the_hash_changes_with_whatever_makes_the_object",)
        },
    ),
    Mutant(
        name="attempt-in-the-hash",
        harm="each process makes other objects of the same input: everything is sent every time",
        module="ingest.objects",
        changes=(
            (
                "[class_name, said, ids, embedder]",
                "[class_name, said, ids, embedder, object().__hash__()]",
            ),
        ),
        killed_by={"loading/test_objects.py": ("test_the_hash_is_the_same_in_every_version",)},
    ),
    Mutant(
        name="hash-kept-though-a-reference-is-gone",
        harm="an object whose reference was dropped with a rejected record is told by its old hash",
        module="ingest.catalogue",
        changes=(("            self._hashes.clear()\n", "            pass\n"),),
        killed_by={"loading/test_catalogue.py": ("test_absent_records_leave_no_reference_behind",)},
    ),
)
