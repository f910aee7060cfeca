"""The catalogue: the whole input, read once."""

from uuid import UUID

import pytest

from ingest.catalogue import Catalogue
from ingest.objects import content_hash, object_id
from ingest.records import Rejection, Relation
from ingest.spool import Spool
from tests.loading.sources import (
    EMBEDDER,
    HandMade,
    Read,
    fresh,
    grid,
    group,
    group_uri,
    member,
    needs,
    skill,
    skill_uri,
    with_cycles,
)


def skill_id(number: int) -> UUID:
    return object_id(skill_uri(number))


def references(catalogue: Catalogue, number: int, name: str) -> tuple[UUID, ...]:
    return catalogue.to_object("Skill", number).references[name]


def test_an_empty_input_has_all_classes_and_no_object(read: Read) -> None:
    catalogue = read(HandMade())
    assert {name: len(records) for name, records in catalogue.classes.items()} == {
        "ISCOGroup": 0,
        "SkillGroup": 0,
        "SkillCollection": 0,
        "Skill": 0,
        "Occupation": 0,
    }
    assert catalogue.reference_counts("Skill").total() == 0
    assert catalogue.classes["Skill"].order.levels == ()


def test_an_object_says_what_its_record_says(read: Read) -> None:
    catalogue = read(HandMade([skill(7, altLabels=("a", "b"), skillType="knowledge")]))
    whole = catalogue.to_object("Skill", 0)
    assert whole.id == skill_id(7)
    assert whole.properties["conceptUri"] == "http://example.org/skill/0007"
    assert whole.properties["preferredLabel"] == "label 0007"
    assert whole.properties["altLabels"] == ("a", "b")
    assert whole.properties["skillType"] == "knowledge"
    assert whole.properties["modifiedDate"] == ""
    assert set(whole.references) == {
        "memberOfSkillGroup",
        "broaderSkill",
        "memberOfSkillCollection",
        "hasEssentialSkill",
        "hasOptionalSkill",
    }


def test_an_objects_hash_covers_its_properties_and_its_references(read: Read) -> None:
    catalogue = read(with_cycles())
    for number in range(8):
        whole = catalogue.to_object("Skill", number)
        assert whole.content_hash == catalogue.content_hash("Skill", number)
        assert whole.content_hash == content_hash(
            "Skill", whole.properties, whole.references, embedder=EMBEDDER
        )
    without = catalogue.to_object("Skill", 3, without_cycles=True)
    assert without.content_hash == ""


def test_the_same_record_gives_the_same_object_again_and_again(read: Read) -> None:
    catalogue = read(with_cycles())
    for without_cycles in (False, True):
        one, other = (
            catalogue.to_object("Skill", 6, without_cycles=without_cycles) for _ in range(2)
        )
        assert (one.id, one.properties, one.references) == (
            other.id,
            other.properties,
            other.references,
        )


def test_references_ascend_by_id_whatever_the_order_of_the_file(read: Read) -> None:
    numbers = [5, 1, 4, 2, 3]
    source = HandMade(
        [skill(number) for number in range(6)], [needs(0, number) for number in numbers]
    )
    held = references(read(source), 0, "hasOptionalSkill")
    assert list(held) == sorted(skill_id(number) for number in numbers)
    assert list(held) != [skill_id(number) for number in sorted(numbers)]  # ids are not numbers


def test_a_relation_that_comes_twice_is_held_once(read: Read) -> None:
    source = HandMade([skill(0), skill(1)], [needs(0, 1), needs(0, 1)])
    catalogue = read(source)
    assert references(catalogue, 0, "hasOptionalSkill") == (skill_id(1),)
    assert catalogue.reference_counts("Skill")["Skill.hasOptionalSkill"] == 1


def test_the_same_two_ends_may_be_joined_by_two_names(read: Read) -> None:
    source = HandMade([skill(0), skill(1)], [needs(0, 1), needs(0, 1, name="hasEssentialSkill")])
    assert dict(+read(source).reference_counts("Skill")) == {
        "Skill.hasOptionalSkill": 1,
        "Skill.hasEssentialSkill": 1,
    }


def test_relations_without_an_end_are_counted_by_relation(read: Read) -> None:
    source = HandMade(
        [group(0), skill(0), skill(1)],
        [
            member(0, 0),
            member(0, 9),  # no such group
            member(9, 0),  # no such skill
            needs(0, 9),  # no such skill
            needs(8, 9),  # neither end
            needs(0, 1),
        ],
    )
    catalogue = read(source)
    assert dict(catalogue.dangling_counts("Skill")) == {
        "Skill.memberOfSkillGroup": 2,
        "Skill.hasOptionalSkill": 2,
    }
    assert dict(+catalogue.reference_counts("Skill")) == {
        "Skill.memberOfSkillGroup": 1,
        "Skill.hasOptionalSkill": 1,
    }


def rejection(class_name: str, key: str, line: int = 9) -> Rejection:
    return Rejection(
        class_name=class_name, file=f"{class_name}.csv", line=line, key=key, reason="bad"
    )


def test_rejections_go_to_their_class_those_of_relations_too(read: Read) -> None:
    of_skill, of_group = rejection("Skill", "Skill.csv:9"), rejection("SkillGroup", "x")
    of_relation = rejection("Skill", "relations.csv:4")
    catalogue = read(HandMade([of_group, skill(0), of_skill], [of_relation]))
    assert catalogue.classes["Skill"].rejections == [of_skill, of_relation]
    assert catalogue.classes["SkillGroup"].rejections == [of_group]
    assert len(catalogue.classes["Skill"]) == 1


@pytest.mark.parametrize("is_first", [True, False])
def test_a_rejected_row_does_not_share_its_key_with_a_record(is_first: bool, read: Read) -> None:
    """Else the good record would be taken for the rejected one, and left out."""
    bad = rejection("Skill", skill_uri(0), line=5)
    catalogue = read(HandMade([bad, skill(0)] if is_first else [skill(0), bad]))
    assert [read.key for read in catalogue.classes["Skill"].rejections] == ["Skill.csv:5"]


def test_absent_records_leave_no_reference_behind(read: Read) -> None:
    catalogue = read(
        HandMade(
            [group(0), *(skill(number) for number in range(4))],
            [member(0, 0), member(1, 0), needs(0, 1), needs(1, 2), needs(3, 1), needs(3, 2)],
        )
    )
    before = catalogue.to_object("Skill", 3).content_hash
    catalogue.absent["Skill"].add(1)
    assert references(catalogue, 0, "hasOptionalSkill") == ()
    assert references(catalogue, 3, "hasOptionalSkill") == (skill_id(2),)
    assert catalogue.to_object("Skill", 3).content_hash != before
    # Lost: 0-1, 3-1 by their target; 1-2 and 1's group by their source.
    assert dict(+catalogue.reference_counts("Skill")) == {
        "Skill.memberOfSkillGroup": 1,
        "Skill.hasOptionalSkill": 1,
    }
    assert dict(catalogue.dangling_counts("Skill")) == {
        "Skill.memberOfSkillGroup": 1,
        "Skill.hasOptionalSkill": 3,
    }


def test_an_absent_group_counts_as_dangling_in_the_class_that_refers_to_it(read: Read) -> None:
    catalogue = read(HandMade([group(0), skill(0)], [member(0, 0)]))
    catalogue.absent["SkillGroup"].add(0)
    assert references(catalogue, 0, "memberOfSkillGroup") == ()
    assert dict(catalogue.dangling_counts("Skill")) == {"Skill.memberOfSkillGroup": 1}
    assert +catalogue.reference_counts("Skill") == {}


def test_the_first_pass_of_a_cycle_lacks_its_cyclic_references_and_its_hash(read: Read) -> None:
    catalogue = read(with_cycles())
    first = catalogue.to_object("Skill", 7, without_cycles=True)
    assert first.properties["contentHash"] == ""
    assert first.references["hasOptionalSkill"] == (skill_id(20),)  # 7-9 is on the cycle
    assert first.references["memberOfSkillGroup"] == (object_id(group_uri(1)),)
    whole = catalogue.to_object("Skill", 7)
    assert set(whole.references["hasOptionalSkill"]) == {skill_id(9), skill_id(20)}
    assert whole.content_hash != ""
    itself = catalogue.to_object("Skill", 3, without_cycles=True)
    assert itself.references["hasOptionalSkill"] == ()
    assert catalogue.to_object("Skill", 3).references["hasOptionalSkill"] == (skill_id(3),)


def test_what_is_absent_in_one_reading_is_not_in_another(read: Read) -> None:
    catalogue = read(grid(3))
    catalogue.absent["Skill"].add(1)
    assert fresh(catalogue).absent["Skill"] == set()


def test_relations_of_the_sample_are_all_there(sample: Catalogue) -> None:
    """The sample's shape is written down in its own tests; here: what the catalogue makes of it."""
    assert {name: len(records) for name, records in sample.classes.items()} == {
        "ISCOGroup": 30,
        "SkillGroup": 30,
        "SkillCollection": 6,
        "Skill": 180,
        "Occupation": 54,
    }
    assert dict(sample.dangling_counts("Skill")) == {
        "Skill.memberOfSkillGroup": 1,
        "Skill.broaderSkill": 1,
    }
    assert dict(sample.dangling_counts("Occupation")) == {
        "Occupation.hasEssentialSkill": 2,
        "Occupation.hasOptionalSkill": 1,
    }
    assert sample.reference_counts("Occupation")["Occupation.memberOfISCOGroup"] == 54
    assert len(sample.classes["Skill"].order.cyclic) == 4


def test_the_counts_are_those_of_the_objects(sample: Catalogue) -> None:
    for name, records in sample.classes.items():
        counted: dict[str, int] = {}
        for index in range(len(records)):
            for held, targets in sample.to_object(name, index).references.items():
                assert list(targets) == sorted(set(targets))
                counted[f"{name}.{held}"] = counted.get(f"{name}.{held}", 0) + len(targets)
        assert counted == dict(sample.reference_counts(name))


def test_an_unreadable_source_leaves_no_spool_open(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = []
    close = Spool.close

    def noted_close(spool: Spool) -> None:
        closed.append(len(spool))
        close(spool)

    monkeypatch.setattr("ingest.catalogue.Spool.close", noted_close)
    stray = Relation(
        source_class="Nothing", name="x", source_uri="a", target_class="Skill", target_uri="b"
    )
    with pytest.raises(KeyError):
        read(HandMade([skill(0)], [stray]))
    assert closed == [1]
