"""What `ingest/target.py` promises, claim by claim, over every store that has a target."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TypeVar
from uuid import UUID

import numpy as np
import pytest

from ingest.target import Reply, Target, TargetObject, Verdict, blank
from journal.errors import LeaseLost, StoreRefused
from schemas import PropertySchema, ReferenceSchema, load_schema
from tests.contract.target_builders import (
    SCHEMAS,
    SECONDS,
    TargetStore,
    direction,
    drop_all,
    facts,
    group,
    group_uri,
    id_of,
    skill,
    skill_uri,
)

T = TypeVar("T")
REFERENCES = {
    "memberOfSkillGroup": 0,
    "broaderSkill": 0,
    "memberOfSkillCollection": 0,
    "hasEssentialSkill": 0,
    "hasOptionalSkill": 0,
}


async def everything(stream: AsyncIterator[T]) -> list[T]:
    return [entry async for entry in stream]


async def write(target: Target, *objects: TargetObject) -> Reply:
    return await target.upsert(objects, timeout_seconds=SECONDS)


async def load(target: Target, *objects: TargetObject) -> None:
    reply = await write(target, *objects)
    assert verdicts(reply) == [Verdict.ACKNOWLEDGED] * len(objects), reply


def verdicts(reply: Reply) -> list[Verdict]:
    return [outcome.verdict for outcome in reply.outcomes]


async def stored(target: Target, expected: TargetObject) -> tuple[object, ...]:
    return facts(await target.read(expected.class_name, expected.id))


async def hashes(target: Target, class_name: str) -> dict[UUID, str]:
    return dict(await everything(target.hashes(class_name)))


def uris(hits: object) -> list[str]:
    return [hit.uri for hit in hits]  # type: ignore[attr-defined]


# Whole writes


@pytest.mark.parametrize(
    "properties",
    [
        {},
        {"altLabels": ("one", "two", "one"), "hiddenLabels": ("",)},
        {"description": 'two\nlines, "quoted", a\ttab and a backslash \\'},
        {"preferredLabel": "Überprüfung – 技能 🛠 e\u0301", "altLabels": ("naïve", "ſ")},
        {"modifiedDate": "2024-05-15T09:30:00.25Z"},
        {"definition": "x" * 40_000},
        {"preferredLabel": ""},
    ],
    ids=["plain", "lists", "escapes", "unicode", "date", "long", "empty"],
)
async def test_an_object_is_read_exactly_as_it_was_written(
    target: Target, properties: dict[str, str | tuple[str, ...]]
) -> None:
    written = skill(1, properties=properties)
    await load(target, written)
    assert await stored(target, written) == facts(written)
    assert [facts(each) for each in await everything(target.objects("Skill"))] == [facts(written)]


async def test_a_vector_is_read_bit_for_bit(target: Target) -> None:
    vector = np.random.default_rng(7).standard_normal(384).astype(np.float32)
    vector /= np.linalg.norm(vector)
    vector[:3] = (1e-30, -0.0, 1 / 3)
    await load(target, skill(1, vector=vector))
    found = await target.read("Skill", skill(1).id)
    assert found is not None
    assert found.vector is not None
    assert found.vector.dtype == np.float32
    assert found.vector.tobytes() == vector.tobytes()


async def test_objects_come_without_vectors_when_they_are_not_wanted(target: Target) -> None:
    await load(target, skill(1))
    assert [each.vector for each in await everything(target.objects("Skill", vectors=False))] == [
        None
    ]


async def test_a_whole_write_replaces_everything(target: Target) -> None:
    await load(target, group(1), group(2))
    await load(
        target,
        skill(
            1,
            description="old",
            altLabels=("old",),
            modifiedDate="2024-05-15T00:00:00Z",
            references={"memberOfSkillGroup": tuple(sorted((group(1).id, group(2).id)))},
        ),
    )
    after = skill(1, preferredLabel="new", contentHash="new", vector=direction(1, 1, 0, 0))
    await load(target, after)
    assert await stored(target, after) == facts(after)
    assert await target.count("Skill") == 1
    assert await target.reference_counts("Skill") == REFERENCES


async def test_a_repeated_write_changes_nothing(target: Target) -> None:
    await load(target, group(1))
    written = skill(1, references={"memberOfSkillGroup": (group(1).id,)})
    for _ in range(3):
        await load(target, written)
    assert await stored(target, written) == facts(written)
    assert await target.count("Skill") == 1
    assert await target.reference_counts("Skill") == {**REFERENCES, "memberOfSkillGroup": 1}


@pytest.mark.parametrize("there", [False, True])
async def test_of_one_id_twice_in_a_request_the_last_is_left_and_no_other_is_touched(
    target: Target, there: bool
) -> None:
    await load(target, group(1), group(2))
    if there:
        await load(target, skill(1), skill(2))
    first = skill(1, contentHash="first", references={"memberOfSkillGroup": (group(1).id,)})
    last = skill(1, contentHash="last", references={"memberOfSkillGroup": (group(2).id,)})
    await load(target, first, skill(2), last, skill(3))

    found = {each.id: facts(each) for each in await everything(target.objects("Skill"))}
    assert found == {each.id: facts(each) for each in (last, skill(2), skill(3))}
    assert await target.count("Skill") == 3
    assert await target.reference_counts("Skill") == {**REFERENCES, "memberOfSkillGroup": 1}
    for number, uris_there in ((1, []), (2, [skill_uri(1)])):
        hits = await target.referring("Skill", "memberOfSkillGroup", group(number).id, limit=9)
        assert uris(hits) == uris_there
    # What comes next is given a place of its own.
    await load(target, skill(4))
    await target.flush([skill(4)], timeout_seconds=SECONDS)
    for each in (last, skill(2), skill(3), skill(4)):
        assert await stored(target, each) == facts(each)
        assert await target.found_by_filter("Skill", each.uri)
    assert await target.count("Skill") == 4


@pytest.mark.parametrize("bare_first", [False, True])
async def test_of_a_whole_and_a_blank_write_in_a_request_the_last_is_left(
    target: Target, bare_first: bool
) -> None:
    whole = skill(1)
    sent = [blank(whole), whole] if bare_first else [whole, blank(whole)]
    await load(target, *sent, skill(2))
    found = await target.read("Skill", whole.id)
    assert found is not None
    assert (found.content_hash, found.vector is None) == (
        ("hash 1", False) if bare_first else ("", True)
    )
    assert await stored(target, skill(2)) == facts(skill(2))


async def test_a_listing_tells_objects_apart_at_a_glance(target: Target) -> None:
    await load(target, group(1), group(2))
    both = tuple(sorted((group(1).id, group(2).id)))
    await load(target, skill(1, references={"memberOfSkillGroup": both}), skill(2))
    listed = {found.id: found for found in await everything(target.listing("Skill"))}
    assert set(listed) == {skill(1).id, skill(2).id}
    assert listed[skill(1).id].uri == skill(1).uri
    assert listed[skill(1).id].content_hash == skill(1).content_hash
    assert listed[skill(1).id].references == {**REFERENCES, "memberOfSkillGroup": 2}
    assert listed[skill(2).id].references == REFERENCES
    assert await everything(target.listing("SkillGroup")) != []


async def test_a_filter_finds_those_of_many_uris_that_are_there(target: Target) -> None:
    await load(target, skill(1), skill(2), skill(3))
    uris = [skill(1).uri, skill(3).uri, skill(4).uri]
    assert await target.filtered("Skill", uris) == {skill(1).id, skill(3).id}
    many = [skill(number).uri for number in range(1000)]
    assert await target.filtered("Skill", many) == {skill(1).id, skill(2).id, skill(3).id}
    assert await target.filtered("Occupation", uris) == set()


async def test_the_nearest_are_found_from_both_sides(target: Target) -> None:
    east, north = direction(1, 0, 0, 0), direction(0, 1, 0, 0)
    await load(target, skill(1, vector=east), skill(2, vector=north))
    assert await target.nearest("Skill", east, limit=1) == {skill(1).id}
    assert await target.nearest("Skill", -east, limit=1) == {skill(2).id}
    assert await target.nearest("Skill", east, limit=10_000) == {skill(1).id, skill(2).id}
    assert await target.nearest("Occupation", east, limit=10) == set()


async def test_a_blank_write_takes_vector_references_and_hash(target: Target) -> None:
    await load(target, group(1))
    whole = skill(1, references={"memberOfSkillGroup": (group(1).id,)})
    await load(target, whole)
    await load(target, blank(whole))

    assert await hashes(target, "Skill") == {whole.id: ""}
    bare = await target.read("Skill", whole.id)
    assert bare is not None
    assert bare.vector is None
    assert bare.properties == {**whole.properties, "contentHash": ""}
    assert set(bare.references.values()) == {()}

    await load(target, whole)
    assert await stored(target, whole) == facts(whole)
    assert await target.found_by_vector(whole)


async def test_an_empty_request_is_answered_by_an_empty_reply(target: Target) -> None:
    assert await write(target) == Reply(outcomes=())


async def test_a_large_request_is_acknowledged_object_by_object(target: Target) -> None:
    await load(target, group(1))
    sent = [
        skill(number, references={"memberOfSkillGroup": (group(1).id,)}) for number in range(2_000)
    ]
    await load(target, *sent)
    assert await target.count("Skill") == 2_000
    assert await hashes(target, "Skill") == {
        each.id: f"hash {number}" for number, each in enumerate(sent)
    }
    found = {each.id: facts(each) for each in await everything(target.objects("Skill"))}
    assert found == {each.id: facts(each) for each in sent}
    referring = await target.referring("Skill", "memberOfSkillGroup", group(1).id, limit=3_000)
    assert len(referring) == 2_000


async def test_an_object_may_refer_to_thousands(target: Target) -> None:
    await load(target, *(skill(number) for number in range(1, 1_501)))
    ids = tuple(sorted(skill(number).id for number in range(1, 1_501)))
    written = skill(0, references={"hasOptionalSkill": ids})
    await load(target, written)
    assert await stored(target, written) == facts(written)


# References


async def test_references_are_read_in_ascending_order(target: Target) -> None:
    numbers = range(1, 40)
    await load(target, *(skill(number) for number in numbers))
    ascending = tuple(sorted(skill(number).id for number in numbers))
    written = skill(
        0, references={"hasEssentialSkill": ascending, "hasOptionalSkill": ascending[:2]}
    )
    await load(target, written)
    await load(target, written)
    assert await stored(target, written) == facts(written)
    listed = {each.id: facts(each) for each in await everything(target.objects("Skill"))}
    assert listed[written.id] == facts(written)


async def test_a_reference_to_a_missing_object_is_unknown_and_nothing_is_stored(
    target: Target,
) -> None:
    await load(target, group(1))
    reply = await write(
        target,
        skill(1),
        skill(2, references={"memberOfSkillGroup": (group(9).id,)}),
        skill(3, references={"memberOfSkillGroup": (group(1).id,)}),
    )
    assert verdicts(reply) == [Verdict.ACKNOWLEDGED, Verdict.UNKNOWN, Verdict.ACKNOWLEDGED]
    assert await target.read("Skill", skill(2).id) is None
    assert sorted((await hashes(target, "Skill")).values()) == ["hash 1", "hash 3"]


async def test_a_reference_to_a_missing_object_leaves_the_older_version(target: Target) -> None:
    before = skill(1)
    await load(target, before)
    reply = await write(
        target, skill(1, contentHash="new", references={"broaderSkill": (_no_id(),)})
    )
    assert verdicts(reply) == [Verdict.UNKNOWN]
    assert await stored(target, before) == facts(before)


async def test_a_reference_looks_in_the_class_that_the_schema_names(target: Target) -> None:
    await load(target, group(1))
    reply = await write(target, skill(1, references={"broaderSkill": (group(1).id,)}))
    assert verdicts(reply) == [Verdict.UNKNOWN]


async def test_a_cycle_is_written_by_a_create_and_a_whole_write(target: Target) -> None:
    loop = skill(1, references={"broaderSkill": (skill(1).id,)})
    assert verdicts(await write(target, loop)) == [Verdict.UNKNOWN]
    reply = await target.create(blank(loop), timeout_seconds=SECONDS)
    assert verdicts(reply) == [Verdict.ACKNOWLEDGED]
    await load(target, loop)
    assert await stored(target, loop) == facts(loop)


async def test_references_are_counted_by_property(target: Target) -> None:
    await load(target, group(1), group(2))
    both = tuple(sorted((group(1).id, group(2).id)))
    await load(
        target,
        skill(1, references={"memberOfSkillGroup": both}),
        skill(2, references={"memberOfSkillGroup": both[:1]}),
        skill(3),
    )
    await load(target, skill(4, references={"broaderSkill": (skill(1).id,)}))
    assert await target.reference_counts("Skill") == {
        **REFERENCES,
        "memberOfSkillGroup": 3,
        "broaderSkill": 1,
    }
    assert await target.reference_counts("SkillGroup") == {"broaderSkillGroup": 0}


async def test_the_referring_objects_are_found(target: Target) -> None:
    await load(target, group(1), group(2))
    await load(
        target,
        skill(1, references={"memberOfSkillGroup": (group(1).id,)}),
        skill(2, references={"memberOfSkillGroup": (group(1).id,)}),
        skill(3, references={"memberOfSkillGroup": (group(2).id,)}),
    )
    hits = await target.referring("Skill", "memberOfSkillGroup", group(1).id, limit=10)
    assert {(hit.class_name, hit.uri, hit.label, hit.score) for hit in hits} == {
        ("Skill", skill_uri(1), "skill 1", 1.0),
        ("Skill", skill_uri(2), "skill 2", 1.0),
    }
    assert len(await target.referring("Skill", "memberOfSkillGroup", group(1).id, limit=1)) == 1
    assert len(await target.referring("Skill", "memberOfSkillGroup", group(9).id, limit=1)) == 0
    assert len(await target.referring("Skill", "broaderSkill", group(1).id, limit=1)) == 0


# Refusals


async def test_a_wrong_dimension_refuses_its_object_alone(target: Target) -> None:
    await load(target, skill(1, vector=direction(1, 0, 0)))
    reply = await write(
        target,
        skill(2, vector=direction(0, 1, 0)),
        skill(3, vector=direction(0, 1)),
        skill(4, vector=direction(0, 0, 1)),
    )
    assert verdicts(reply) == [Verdict.ACKNOWLEDGED, Verdict.REFUSED, Verdict.ACKNOWLEDGED]
    assert reply.outcomes[1].reason
    assert await target.read("Skill", skill(3).id) is None
    assert await target.count("Skill") == 3


async def test_a_request_refused_whole_is_answered_object_by_object(target: Target) -> None:
    await load(target, skill(1, vector=direction(1, 0, 0)))
    reply = await write(target, skill(2, vector=direction(0, 1)), skill(3, vector=direction(0, 1)))
    assert verdicts(reply) == [Verdict.REFUSED, Verdict.REFUSED]
    assert (await hashes(target, "Skill")).keys() == {skill(1).id}


async def test_each_class_has_a_dimension_of_its_own(target: Target) -> None:
    await load(target, skill(1, vector=direction(1, 0, 0)))
    await load(target, group(1))
    assert await target.count("SkillGroup") == 1


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
async def test_a_vector_that_is_not_finite_is_refused(target: Target, number: float) -> None:
    broken = direction(1, 0, 0)
    broken[1] = number
    reply = await write(target, skill(1, vector=broken), skill(2, vector=direction(1, 0, 0)))
    assert verdicts(reply) == [Verdict.REFUSED, Verdict.ACKNOWLEDGED]
    assert await target.read("Skill", skill(1).id) is None


@pytest.mark.parametrize(
    "properties",
    [
        {"description": "half a pair: \ud83d"},
        {"altLabels": ("good", "\udc00")},
        {"modifiedDate": "2024-05-15T00:00:00"},
        {"modifiedDate": "yesterday"},
    ],
    ids=["surrogate", "surrogate in a list", "date without zone", "no date"],
)
async def test_a_value_that_no_store_can_hold_refuses_its_object_alone(
    target: Target, properties: dict[str, str | tuple[str, ...]]
) -> None:
    reply = await write(target, skill(1), skill(2, properties=properties), skill(3))
    assert verdicts(reply) == [Verdict.ACKNOWLEDGED, Verdict.REFUSED, Verdict.ACKNOWLEDGED]
    assert await target.read("Skill", skill(2).id) is None


async def test_a_reason_holds_no_record_content(target: Target) -> None:
    reply = await write(target, skill(1, preferredLabel="tell nobody", description="\ud83d"))
    assert "tell nobody" not in reply.outcomes[0].reason


# Create


async def test_create_stores_what_was_not_there(target: Target) -> None:
    written = skill(1)
    reply = await target.create(written, timeout_seconds=SECONDS)
    assert verdicts(reply) == [Verdict.ACKNOWLEDGED]
    assert await stored(target, written) == facts(written)


async def test_create_leaves_an_existing_object_alone(target: Target) -> None:
    await load(target, group(1))
    before = skill(1, references={"memberOfSkillGroup": (group(1).id,)})
    await load(target, before)
    other = skill(1, preferredLabel="other", contentHash="", vector=direction(1, 1, 1, 1))
    reply = await target.create(other, timeout_seconds=SECONDS)
    assert verdicts(reply) == [Verdict.ACKNOWLEDGED]
    assert await stored(target, before) == facts(before)
    assert await target.reference_counts("Skill") == {**REFERENCES, "memberOfSkillGroup": 1}


async def test_create_does_not_know_a_missing_reference(target: Target) -> None:
    reply = await target.create(
        skill(1, references={"broaderSkill": (_no_id(),)}), timeout_seconds=SECONDS
    )
    assert verdicts(reply) == [Verdict.UNKNOWN]
    assert await target.count("Skill") == 0


# Reads


async def test_what_is_not_there_reads_as_nothing(target: Target) -> None:
    assert await target.count("Skill") == 0
    assert await everything(target.hashes("Skill")) == []
    assert await everything(target.objects("Skill")) == []
    assert await target.read("Skill", skill(1).id) is None
    assert await target.reference_counts("Skill") == REFERENCES
    assert not await target.found_by_filter("Skill", skill_uri(1))
    assert not await target.found_by_vector(skill(1))
    assert list(await target.search("Skill", direction(1, 0, 0, 0), limit=5)) == []
    assert list(await target.search_text("Skill", "skill", limit=5)) == []


async def test_reading_neither_needs_nor_makes_classes(target_store: TargetStore) -> None:
    async with target_store.open() as reader:
        assert await reader.existing_classes() == ()
        assert await reader.count("Skill") == 0
        assert await everything(reader.hashes("Skill")) == []
        assert await reader.read("Skill", skill(1).id) is None
        assert await reader.existing_classes() == ()


async def test_a_reader_sees_what_a_writer_adds(target: Target, target_store: TargetStore) -> None:
    async with target_store.open() as reader:
        near = direction(1, 0, 0, 0)
        for number in (1, 2, 3):
            await load(target, skill(number, vector=direction(1, 0, 0, number)))
            assert await reader.count("Skill") == number
            assert len(await reader.search("Skill", near, limit=9)) == number
            assert len(await reader.search_text("Skill", "skill", limit=9)) == number


async def test_a_listing_goes_on_while_objects_are_written(target: Target) -> None:
    await load(target, *(skill(number) for number in range(1_000)))
    seen: set[UUID] = set()
    async for object_id, _ in target.hashes("Skill"):
        if not seen:
            await load(target, *(skill(number) for number in range(1_000, 1_100)))
        seen.add(object_id)
    assert seen >= {skill(number).id for number in range(1_000)}


async def test_a_long_listing_has_every_object_once(target: Target) -> None:
    written = {skill(number).id for number in range(1_234)}
    await load(target, *(skill(number) for number in range(1_234)))
    hashed = [key for key, _ in await everything(target.hashes("Skill"))]
    listed = [each.id for each in await everything(target.listing("Skill"))]
    whole = [each.id for each in await everything(target.objects("Skill"))]
    for found in (hashed, listed, whole):
        assert (len(found), set(found)) == (len(written), written)


async def test_a_filter_finds_an_object_by_its_uri(target: Target) -> None:
    await load(target, skill(1))
    await load(target, group(2))
    assert await target.found_by_filter("Skill", skill_uri(1))
    assert not await target.found_by_filter("Skill", skill_uri(2))
    assert not await target.found_by_filter("Skill", skill_uri(1).upper())
    assert not await target.found_by_filter("Skill", group_uri(2))


async def test_an_object_is_found_by_its_own_vector(target: Target) -> None:
    await load(target, *(skill(number, vector=direction(1, number, 0, 1)) for number in range(50)))
    assert await target.found_by_vector(skill(31, vector=direction(1, 31, 0, 1)))
    assert not await target.found_by_vector(skill(51, vector=direction(1, 31, 0, 1)))
    await load(target, blank(skill(31)))
    assert not await target.found_by_vector(skill(31, vector=direction(1, 31, 0, 1)))


async def test_an_object_is_not_found_by_a_vector_that_others_have_instead(target: Target) -> None:
    east, north = direction(1, 0), direction(0, 1)
    await load(target, *(skill(number, vector=east) for number in range(1, 60)))
    await load(target, skill(0, vector=north))
    assert not await target.found_by_vector(skill(0, vector=east))
    assert await target.found_by_vector(skill(0, vector=north))


async def test_an_object_is_found_by_its_own_vector_among_many_equal_ones(target: Target) -> None:
    same = direction(1, 1, 0, 0)
    await load(target, *(skill(number, vector=same) for number in range(60)))
    for number in range(60):
        assert await target.found_by_vector(skill(number, vector=same))


# Search


async def test_search_returns_the_nearest_by_cosine_best_first(target: Target) -> None:
    await load(
        target,
        skill(1, vector=direction(1, 0, 0)),
        skill(2, vector=direction(3, 4, 0)),
        skill(3, vector=direction(-1, 0, 0)),
        skill(4, vector=direction(0, 0, 1)),
        skill(5, vector=direction(4, 3, 0)),
    )
    hits = await target.search("Skill", direction(1, 0, 0), limit=4)
    assert uris(hits) == [skill_uri(1), skill_uri(5), skill_uri(2), skill_uri(4)]
    assert [hit.label for hit in hits] == ["skill 1", "skill 5", "skill 2", "skill 4"]
    assert [hit.score for hit in hits] == pytest.approx([1.0, 0.8, 0.6, 0.0], abs=1e-6)
    last = await target.search("Skill", direction(1, 0, 0), limit=9)
    assert last[-1].score == pytest.approx(-1.0, abs=1e-6)


async def test_search_does_not_depend_on_the_length_of_the_query(target: Target) -> None:
    await load(target, skill(1, vector=direction(1, 0, 0)), skill(2, vector=direction(0, 1, 0)))
    hits = await target.search("Skill", direction(1, 0, 0) * np.float32(250), limit=1)
    assert uris(hits) == [skill_uri(1)]
    assert hits[0].score == pytest.approx(1.0, abs=1e-6)


async def test_search_lists_ties_by_uri(target: Target) -> None:
    tied = direction(3, 1, 2, -1, 5, 0, 2)
    numbers = [17, 3, 11, 8, 2, 14, 5, 20, 1, 9]
    await load(target, skill(99, vector=direction(0, 0, 0, 0, 0, 1, 0)))
    await load(target, *(skill(number, vector=tied) for number in numbers))
    hits = await target.search("Skill", tied, limit=10)
    assert uris(hits) == [skill_uri(number) for number in sorted(numbers)]
    assert len({hit.score for hit in hits}) == 1


async def test_search_is_exact_among_close_vectors(target: Target) -> None:
    generator = np.random.default_rng(3)
    cloud = generator.standard_normal((300, 16)) * 0.05 + 1.0
    vectors = [direction(*row) for row in cloud]
    await load(target, *(skill(number, vector=vector) for number, vector in enumerate(vectors)))
    query = direction(*(generator.standard_normal(16) * 0.05 + 1.0))
    cosines = [float(vector.astype(np.float64) @ query.astype(np.float64)) for vector in vectors]
    nearest = sorted(range(300), key=lambda number: -cosines[number])[:10]
    hits = await target.search("Skill", query, limit=10)
    assert uris(hits) == [skill_uri(number) for number in nearest]


async def test_search_leaves_out_blank_objects(target: Target) -> None:
    await load(target, skill(1, vector=direction(1, 0)))
    await load(target, blank(skill(2)))
    assert uris(await target.search("Skill", direction(1, 0), limit=5)) == [skill_uri(1)]


async def test_search_sees_a_changed_vector(target: Target) -> None:
    east, north = direction(1, 0), direction(0, 1)
    await load(target, skill(1, vector=east), skill(2, vector=direction(1, 1)))
    assert uris(await target.search("Skill", east, limit=1)) == [skill_uri(1)]
    await load(target, skill(1, vector=north))
    assert uris(await target.search("Skill", east, limit=1)) == [skill_uri(2)]


async def test_a_query_of_another_dimension_is_refused(target: Target) -> None:
    await load(target, skill(1, vector=direction(1, 0, 0)))
    with pytest.raises(StoreRefused):
        await target.search("Skill", direction(1, 0), limit=5)


async def test_text_search_finds_words_in_every_searchable_property(target: Target) -> None:
    await load(
        target,
        skill(1, preferredLabel="weld steel pipes"),
        skill(2, altLabels=("bake bread", "knead dough")),
        skill(3, description="Drives a tram\nthrough the city."),
        skill(4, hiddenLabels=("cobbling",)),
        skill(5, definition="hidden away"),
    )
    for words, number in {"STEEL": 1, "dough": 2, "city": 3, "cobbling": 4}.items():
        hits = await target.search_text("Skill", words, limit=5)
        assert uris(hits) == [skill_uri(number)], words
        assert hits[0].class_name == "Skill"
        assert hits[0].score > 0
    assert list(await target.search_text("Skill", "away", limit=5)) == []
    assert list(await target.search_text("Skill", "nowhere", limit=5)) == []


async def test_text_search_puts_the_better_match_first(target: Target) -> None:
    await load(
        target,
        skill(1, preferredLabel="repair engines"),
        skill(2, preferredLabel="repair wooden furniture"),
        *(skill(number, preferredLabel=f"unrelated {number}") for number in range(3, 20)),
    )
    hits = await target.search_text("Skill", "furniture repair", limit=5)
    assert uris(hits) == [skill_uri(2), skill_uri(1)]
    assert hits[0].score > hits[1].score
    assert uris(await target.search_text("Skill", "furniture repair", limit=1)) == [skill_uri(2)]


@pytest.mark.parametrize("words", ["", "   ", "***", '"', "(", "'; --"])
async def test_text_search_for_no_word_finds_nothing(target: Target, words: str) -> None:
    await load(target, skill(1))
    assert list(await target.search_text("Skill", words, limit=5)) == []


@pytest.mark.parametrize(
    "words", ['"weld', "weld*)", "weld AND", "NEAR(weld", "label:weld", "-weld", "weld^2"]
)
async def test_text_search_reads_words_and_no_query_language(target: Target, words: str) -> None:
    await load(target, skill(1, preferredLabel="weld"), skill(2, preferredLabel="sew"))
    assert uris(await target.search_text("Skill", words, limit=5)) == [skill_uri(1)]


# Classes


async def test_a_store_that_was_not_started_anew_says_the_same_of_itself(target: Target) -> None:
    before = await target.incarnation()
    await load(target, group(1))
    assert await target.incarnation() == before


async def test_prepare_makes_the_classes_and_may_be_repeated(target: Target) -> None:
    assert await target.existing_classes() == ("SkillGroup", "SkillCollection", "Skill")
    await load(target, skill(1))
    await target.prepare()
    assert await target.existing_classes() == ("SkillGroup", "SkillCollection", "Skill")
    assert await stored(target, skill(1)) == facts(skill(1))


async def test_prepare_completes_a_half_made_class(target_store: TargetStore) -> None:
    whole = load_schema("Skill")
    half = replace(
        whole,
        properties=tuple(entry for entry in whole.properties if entry.name != "hiddenLabels"),
        references=whole.references[:1],
    )
    async with target_store.open(schemas=(SCHEMAS[0], half)) as early:
        await early.own(1)
        await early.prepare()
        bare = replace(
            skill(1),
            properties={
                name: value for name, value in skill(1).properties.items() if name != "hiddenLabels"
            },
            references={"memberOfSkillGroup": ()},
        )
        await load(early, bare)
    async with target_store.open() as target:
        await target.own(1)
        await target.prepare()
        assert await target.existing_classes() == ("SkillGroup", "SkillCollection", "Skill")
        assert await stored(target, skill(1)) == facts(skill(1))
        after = skill(2, hiddenLabels=("now there",), references={"broaderSkill": (skill(1).id,)})
        await load(target, after)
        assert await stored(target, after) == facts(after)
        assert await target.reference_counts("Skill") == {**REFERENCES, "broaderSkill": 1}

    other = PropertySchema(name="hiddenLabels", type="text", tokenization="word", searchable=True)
    late = replace(whole, properties=_with_property(other))
    async with target_store.open(schemas=(SCHEMAS[0], SCHEMAS[1], late)) as third:
        await third.own(1)
        with pytest.raises(StoreRefused, match="hiddenLabels"):
            await third.prepare()


def _with_property(changed: PropertySchema) -> tuple[PropertySchema, ...]:
    return tuple(
        changed if entry.name == changed.name else entry
        for entry in load_schema("Skill").properties
    )


OTHER_SHAPES = {
    "another type": {
        "properties": _with_property(
            PropertySchema(name="altLabels", type="text", tokenization="word", searchable=True)
        )
    },
    "another tokenization": {
        "properties": _with_property(
            PropertySchema(name="conceptUri", type="text", tokenization="word", filterable=True)
        )
    },
    "another reference target": {
        "references": (ReferenceSchema(name="broaderSkill", target="SkillGroup"),)
    },
    "a property too many": {
        "properties": (
            *load_schema("Skill").properties,
            PropertySchema(name="extra", type="text", tokenization="field"),
        )
    },
}


@pytest.mark.parametrize("shape", OTHER_SHAPES)
async def test_prepare_refuses_a_class_of_another_shape(
    target_store: TargetStore, shape: str
) -> None:
    other = replace(load_schema("Skill"), **OTHER_SHAPES[shape])  # type: ignore[arg-type]
    async with target_store.open(schemas=(SCHEMAS[0], SCHEMAS[1], other)) as early:
        await early.own(1)
        await early.prepare()
    async with target_store.open() as target:
        await target.own(1)
        with pytest.raises(StoreRefused, match="Skill"):
            await target.prepare()


async def test_prepare_refuses_the_class_of_another_pipeline(
    target: Target, target_store: TargetStore
) -> None:
    await load(target, skill(1))
    target_store.lease(1, pipeline="other")
    async with target_store.open(pipeline="other") as intruder:
        assert await intruder.existing_classes() == ()
        await intruder.own(1)
        with pytest.raises(StoreRefused, match="esco"):
            await intruder.prepare()
        assert await intruder.foreign_classes() == ("SkillGroup", "SkillCollection", "Skill")
        await intruder.drop("Skill", timeout_seconds=SECONDS)
    assert await target.foreign_classes() == ()
    assert await target.existing_classes() == ("SkillGroup", "SkillCollection", "Skill")
    assert await target.count("Skill") == 1


async def test_a_prefix_keeps_classes_apart(target: Target, target_store: TargetStore) -> None:
    await load(target, skill(1))
    async with target_store.open(prefix="Test") as apart:
        assert await apart.existing_classes() == ()
        await apart.own(1)
        await apart.prepare()
        assert await apart.count("Skill") == 0
        await load(apart, skill(1, preferredLabel="apart"), skill(2))
        await load(apart, skill(3, references={"broaderSkill": (skill(2).id,)}))
        assert [each.class_name for each in await everything(apart.objects("Skill"))] == [
            "Skill"
        ] * 3
        hits = await apart.search_text("Skill", "apart", limit=5)
        assert [(hit.class_name, hit.uri) for hit in hits] == [("Skill", skill_uri(1))]
        await drop_all(apart)
        assert await apart.existing_classes() == ()
    assert await target.count("Skill") == 1
    assert await stored(target, skill(1)) == facts(skill(1))


async def test_drop_takes_classes_objects_and_references(target: Target) -> None:
    await load(target, group(1))
    await load(target, skill(1, references={"memberOfSkillGroup": (group(1).id,)}))
    await drop_all(target)
    assert await target.existing_classes() == ()
    assert await target.count("Skill") == 0
    await drop_all(target)

    await target.prepare()
    assert await target.count("Skill") == 0
    assert await target.reference_counts("Skill") == REFERENCES
    # The dimension is free again, and nothing old is found in memory.
    await load(target, skill(2, vector=direction(1, 0)))
    assert uris(await target.search("Skill", direction(1, 0), limit=5)) == [skill_uri(2)]


async def test_a_reader_forgets_what_was_dropped(target: Target, target_store: TargetStore) -> None:
    east = direction(1, 0)
    async with target_store.open() as reader:
        for number in (1, 2):
            await load(target, skill(number, vector=east))
            assert uris(await reader.search("Skill", east, limit=5)) == [skill_uri(number)]
            assert uris(await reader.search_text("Skill", "skill", limit=5)) == [skill_uri(number)]
            await drop_all(target)
            await target.prepare()


# Ownership and connections


async def test_a_fencing_store_refuses_whoever_lost_the_lease(
    target: Target, target_store: TargetStore
) -> None:
    if not target_store.fences:
        await target.own(2)
        await load(target, skill(1))
        return
    await load(target, skill(1))
    target_store.lease(2)
    with pytest.raises(LeaseLost):
        await write(target, skill(2))
    with pytest.raises(LeaseLost):
        await target.create(skill(2), timeout_seconds=SECONDS)
    with pytest.raises(LeaseLost):
        await target.prepare()
    with pytest.raises(LeaseLost):
        await target.drop("Skill", timeout_seconds=SECONDS)
    with pytest.raises(LeaseLost):
        await target.own(1)
    assert (await hashes(target, "Skill")).keys() == {skill(1).id}
    await target.own(2)
    await load(target, skill(2))


async def test_another_pipelines_lease_changes_nothing(
    target: Target, target_store: TargetStore
) -> None:
    target_store.lease(7, pipeline="other")
    await load(target, skill(1))


async def test_goes_on_after_a_disconnect(target: Target) -> None:
    await load(target, skill(1))
    await target.disconnect()
    assert await target.count("Skill") == 1
    await target.own(1)
    await load(target, skill(2))
    assert await target.count("Skill") == 2


async def test_may_be_closed_twice(target: Target) -> None:
    await target.aclose()
    await target.aclose()


def _no_id() -> UUID:
    return id_of("http://example.org/skill/nowhere")
