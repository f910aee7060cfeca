"""Mutants of the sending: what an answer is taken for, and what is sent after it."""

from tests.mutants.mutant import Mutant

MUTANTS = (
    Mutant(
        name="unknown-taken-as-written",
        harm="an object whose request got no answer is never sent again",
        module="ingest.sending",
        changes=(("                    left.append(replace(parcel, twice=True))\n", ""),),
        killed_by={
            "loading/test_unknown_outcomes.py": (
                "test_what_is_unknown_is_written_blank_and_then_whole",
            )
        },
    ),
    Mutant(
        name="equal-upsert-after-an-unknown-outcome",
        harm="a torn object is written as it was: acknowledged, and still invisible",
        module="ingest.sending",
        changes=(("left.append(replace(parcel, twice=True))", "left.append(parcel)"),),
        killed_by={
            "loading/test_unknown_outcomes.py": (
                "test_what_is_unknown_is_written_blank_and_then_whole",
            )
        },
    ),
    Mutant(
        name="lost-blank-write-taken-as-done",
        harm="the whole write follows no blank one, and mends nothing",
        module="ingest.sending",
        changes=(
            (
                "                if outcome.verdict is Verdict.ACKNOWLEDGED:\n"
                "                    ready.append(parcel)\n",
                "                if outcome.verdict is not Verdict.REFUSED:\n"
                "                    ready.append(parcel)\n",
            ),
        ),
        killed_by={
            "loading/test_unknown_outcomes.py": (
                "test_a_lost_blank_write_is_repeated_before_the_whole_one",
            )
        },
    ),
    Mutant(
        name="blank-write-with-a-vector",
        harm="the vector does not change between the two writes: a torn object stays torn",
        module="ingest.target",
        changes=(
            (
                "properties=properties, references={}, vector=None)",
                "properties=properties, references={})",
            ),
        ),
        killed_by={
            "contract/test_target.py": (
                "test_a_blank_write_takes_vector_references_and_hash[memory]",
            )
        },
    ),
    Mutant(
        name="blank-write-with-the-hash",
        harm="a kill between the two writes leaves a blank object that counts as whole",
        module="ingest.target",
        changes=(
            (
                'properties = {**whole.properties, "contentHash": ""}',
                "properties = whole.properties",
            ),
        ),
        killed_by={
            "contract/test_target.py": (
                "test_a_blank_write_takes_vector_references_and_hash[memory]",
            )
        },
    ),
    Mutant(
        name="delete-instead-of-a-blank-write",
        harm="a delete that lands late loses an object that was acknowledged",
        module="ingest.targets.memory",
        changes=(
            (
                "        held.objects[offered.id] = offered\n",
                "        if offered.vector is None:\n"
                "            held.objects.pop(offered.id, None)\n"
                "            return _ACKNOWLEDGED\n"
                "        held.objects[offered.id] = offered\n",
            ),
        ),
        killed_by={
            "contract/test_target.py": (
                "test_a_blank_write_takes_vector_references_and_hash[memory]",
            )
        },
    ),
    Mutant(
        name="refusal-swallowed",
        harm="a record that was refused counts as loaded, and no line says why it is missing",
        module="ingest.sending",
        changes=(("        if refused:\n            await self._run.reject(refused)\n", ""),),
        killed_by={
            "loading/test_batches.py": ("test_an_object_that_alone_is_too_large_is_rejected",)
        },
    ),
    Mutant(
        name="too-large-taken-as-refused",
        harm="a batch that is too large rejects good records",
        module="ingest.sending",
        changes=(
            (
                "        if len(objects) == 1:\n            return (TOO_LARGE,)\n",
                "        return (TOO_LARGE,) * len(objects)\n",
            ),
        ),
        killed_by={
            "loading/test_batches.py": ("test_a_batch_that_is_too_large_is_cut_until_it_fits",)
        },
    ),
    Mutant(
        name="stall-unnoticed",
        harm="a target that takes nothing holds the load up for ever",
        module="ingest.sending",
        changes=(("elif self._clock.elapsed() - progressed_at > STALL_SECONDS:", "elif False:"),),
        killed_by={
            "loading/test_stall.py": (
                "test_a_target_that_acknowledges_nothing_for_a_minute_is_unavailable",
            )
        },
    ),
)
