"""Mutants of the target's adapters: what a server's words are taken for, what is stored."""

from tests.mutants.mutant import Mutant

MUTANTS = (
    Mutant(
        name="absence-of-an-object-believed-at-once",
        harm="right after a start of the server a whole class reads as missing",
        module="ingest.targets.weaviate_connection",
        changes=(("            await self.check_ready()\n", ""),),
        killed_by={
            "targets/test_weaviate_absence.py": (
                "test_nothing_is_absent_from_a_server_that_is_not_ready",
            )
        },
    ),
    Mutant(
        name="listing-goes-past-its-range",
        harm="an object at the end of a range is listed twice, and counted twice",
        module="ingest.targets.weaviate_reading",
        changes=((" for entry in entries if id_of(entry) <= end]", " for entry in entries]"),),
        killed_by={
            "targets/test_weaviate_listing.py": ("test_each_object_is_listed_once[many]",),
        },
    ),
    Mutant(
        name="listing-ends-at-a-short-page",
        harm="a listing with a hole lacks all that follows, which is then written again",
        module="ingest.targets.weaviate_reading",
        changes=(
            (
                "if entries and len(within) == len(entries)",
                "if len(entries) == limit and len(within) == len(entries)",
            ),
        ),
        killed_by={
            "targets/test_weaviate_listing.py": ("test_a_page_that_is_cut_short_ends_nothing",),
        },
    ),
    Mutant(
        name="silent-wire-kept",
        harm="after a firewall forgot the connection a load gives up, with the server in reach",
        module="ingest.targets.weaviate_connection",
        changes=(("        if self._silences == SILENCES:\n", "        if False:\n"),),
        killed_by={
            "targets/test_weaviate_connection.py": (
                "test_a_wire_that_stays_silent_is_cut_and_another_one_opened",
            )
        },
    ),
    Mutant(
        name="call-without-a-message-answered",
        harm="a server that ends a call at its deadline, without a message, ends the run",
        module="ingest.targets.weaviate_wire",
        changes=(("    if reply is None:\n", "    if False:\n"),),
        killed_by={
            "targets/test_weaviate_connection.py": (
                "test_a_batch_that_ends_well_without_a_message_is_lost[ended_without_a_message]",
                "test_a_query_that_ends_well_without_a_message_got_no_answer",
                "test_a_grpc_port_without_a_word_on_its_health_is_named",
            )
        },
    ),
    Mutant(
        name="silences-at-once-counted-one-by-one",
        harm="a server that stands still once has every request on its way cut off",
        module="ingest.targets.weaviate_connection",
        changes=(("        if began_at < self._heard_at:\n            return\n", ""),),
        killed_by={
            "targets/test_weaviate_connection.py": (
                "test_requests_that_were_silent_at_once_are_silent_once",
            )
        },
    ),
    Mutant(
        name="word-split-beside-a-special-token",
        harm="the same text has another vector, by what was embedded before it",
        module="ingest.embedders.word_vectors",
        changes=((' or "<" in text', ""),),
        killed_by={
            "embedders/test_local.py": ("test_words_looked_up_are_the_tokens_of_the_whole_text",)
        },
    ),
    Mutant(
        name="partial-error-swallowed",
        harm="an object that the server refused inside a batch counts as acknowledged",
        module="ingest.targets.weaviate_errors",
        changes=(
            (
                "refusals[index].outcome if index in refusals else ACKNOWLEDGED for",
                "ACKNOWLEDGED for",
            ),
        ),
        killed_by={
            "targets/test_weaviate_connection.py": (
                "test_what_the_server_says_of_one_object_is_said_of_that_one_alone",
            )
        },
    ),
    Mutant(
        name="missing-target-taken-as-a-rejection",
        harm="a good record is dropped for good because what it refers to came a moment later",
        module="ingest.targets.weaviate_errors",
        changes=(
            (
                'return Refusal(_unknown(f"{missing[1]} {REFERS_TO_NOTHING}"))',
                'return Refusal(Outcome(verdict=Verdict.REFUSED, reason=f"{missing[1]}"))',
            ),
        ),
        killed_by={"targets/test_weaviate_errors.py": ("test_anything_else_is_unknown",)},
    ),
    Mutant(
        name="sqlite-missing-target-taken-as-a-rejection",
        harm="the same in the default store",
        module="ingest.targets.sqlite_write",
        changes=(
            ("verdict=Verdict.UNKNOWN, reason=reason", "verdict=Verdict.REFUSED, reason=reason"),
        ),
        killed_by={
            "contract/test_target.py": (
                "test_a_reference_to_a_missing_object_is_unknown_and_nothing_is_stored[sqlite]",
            )
        },
    ),
    Mutant(
        name="unknown-wording-taken-as-a-rejection",
        harm="a message of a newer server that nobody foresaw drops good records",
        module="ingest.targets.weaviate_errors",
        changes=(
            (
                "    return Refusal(_unknown(words))\n",
                "    return Refusal(Outcome(verdict=Verdict.REFUSED, reason=words))\n",
            ),
        ),
        killed_by={"targets/test_weaviate_errors.py": ("test_anything_else_is_unknown",)},
    ),
    Mutant(
        name="lost-request-answered",
        harm="a request that timed out is not waited for: it lands after the end of the run",
        module="ingest.targets.weaviate_errors",
        changes=(("lost=code in _LOSING and not never_sent,", "lost=False,"),),
        killed_by={
            "targets/test_weaviate_connection.py": (
                "test_a_failed_request_is_sent_once_and_tells_what_is_known",
            )
        },
    ),
    Mutant(
        name="content-in-a-reason",
        harm="what the server quotes of a record gets into the journal and the logs",
        module="ingest.targets.weaviate_errors",
        changes=(('_RECORD_CONTENT.sub("…", message)', "message"),),
        killed_by={
            "targets/test_weaviate_errors.py": ("test_a_message_loses_what_may_be_content",)
        },
    ),
    Mutant(
        name="references-appended",
        harm="each repetition of a write adds its references once more",
        module="ingest.targets.sqlite_write",
        changes=(
            (
                '_NO_REFERENCE = "DELETE FROM refs WHERE source',
                '_NO_REFERENCE = "DELETE FROM refs WHERE 0 AND source',
            ),
        ),
        killed_by={"contract/test_target.py": ("test_a_whole_write_replaces_everything[sqlite]",)},
    ),
    Mutant(
        name="create-overwrites",
        harm="the first pass of a record on a cycle wipes what the second had written",
        module="ingest.targets.memory",
        changes=(("if created.id in self._objects(created.class_name):", "if False:"),),
        killed_by={
            "contract/test_target.py": ("test_create_leaves_an_existing_object_alone[memory]",)
        },
    ),
    Mutant(
        name="not-a-number-stored",
        harm="an object whose vector holds NaN is stored and never found again",
        module="ingest.targets.weaviate_requests",
        changes=(("if not np.isfinite(vector).all():", "if False:"),),
        killed_by={
            "targets/test_weaviate_connection.py": (
                "test_a_vector_that_is_not_finite_is_refused_and_never_sent",
            )
        },
    ),
)
