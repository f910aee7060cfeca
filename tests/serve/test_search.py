"""What is found, in each mode, on both stores."""

from dataclasses import replace

import anyio
import httpx
import pytest

from ingest.serve.fusion import fused
from ingest.settings import Settings
from ingest.target import Hit
from ingest.wiring.serving import kept_open
from journal.events import Completed, StepCompleted, StepStarted
from tests.cli.builders import started
from tests.serve.running import append, got, labels, load, service
from tests.server import Weaviate

MODES = ("vector", "keyword", "hybrid")


def hit(uri: str, score: float = 0.5) -> Hit:
    return Hit(class_name="Skill", uri=uri, label=uri.upper(), score=score)


def ranked(**scores: float) -> list[Hit]:
    return [hit(uri, score) for uri, score in scores.items()]


def test_what_leads_both_rankings_scores_one_and_leads() -> None:
    both = fused(near=ranked(a=0.9, b=0.5, z=0.1), matching=ranked(a=8.0, c=4.0), limit=10)
    assert [(found.uri, found.label, found.score) for found in both] == [
        ("a", "A", 1.0),
        ("b", "B", pytest.approx(0.25)),  # half way between the last and the best, and no match
        ("c", "C", pytest.approx(0.25)),
        ("z", "Z", 0.0),
    ]


def test_a_word_that_is_everywhere_lifts_nothing() -> None:
    near = ranked(bike=0.7, wheel=0.6, far=0.1)
    matching = ranked(far=0.01, wheel=0.01)  # of "a"; nothing has the other words
    for matches in (matching, [*matching, hit("bike", 9.0)]):
        found = fused(near=near, matching=matches, limit=3)
        assert [(each.uri, round(each.score, 1)) for each in found[1:]] == [
            ("wheel", 0.4),
            ("far", 0.0),
        ]


def test_the_scale_of_the_keyword_scores_changes_nothing() -> None:
    near = ranked(a=0.9, b=0.8, c=0.2)
    small, large = ranked(c=4.0, b=2.0), ranked(c=40.0, b=20.0)
    assert fused(near=near, matching=small, limit=9) == fused(near=near, matching=large, limit=9)


def test_equal_scores_are_ordered_by_uri() -> None:
    assert [found.uri for found in fused(near=ranked(b=0.5), matching=ranked(a=3), limit=5)] == [
        "a",
        "b",
    ]
    assert fused(near=[], matching=[], limit=5) == []


@pytest.fixture(params=["sqlite", pytest.param("weaviate", marks=pytest.mark.weaviate)])
def filled(request: pytest.FixtureRequest) -> Settings:
    """Each store, with the sample in it; the setting names another embedder than filled it."""
    if request.param == "sqlite":
        settings: Settings = request.getfixturevalue("loaded")
    else:
        server: Weaviate = request.getfixturevalue("clean_weaviate")
        settings = Settings(store=server.url, grpc_port=server.grpc_port, embedder="hashing")
        anyio.run(load, settings)
    return replace(settings, embedder="local")


async def test_both_stores_find_in_every_mode_and_relate_in_both_directions(
    filled: Settings,
) -> None:
    async with service(filled) as client:
        await _check_modes(client)
        await _check_relations(client)


async def _check_modes(client: httpx.AsyncClient) -> None:
    status, ready = await got(client, "/ready")
    assert (status, ready["status"]["embedder"]) == (200, "hashing")
    near = await labels(client, "repair bicycle wheels")
    assert near[0] == "repair bicycle wheels"  # by its own label: no other embedder does that
    for mode in MODES:
        ten = await labels(client, "bicycle wheels", mode=mode)
        hundred = await labels(client, "bicycle wheels", mode=mode, limit=100)
        assert "repair bicycle wheels" in ten
        assert ten == hundred[: len(ten)]
    assert await labels(client, "bicycle mechanic", **{"class": "Occupation"}, limit=1) == [
        "bicycle mechanic"
    ]
    assert await labels(client, "¿?", mode="keyword") == []


async def _check_relations(client: httpx.AsyncClient) -> None:
    _, found = await got(client, "/search", q="bicycle mechanic", limit=1, **OCCUPATION)
    _, mechanic = await got(client, concept_path(found["results"][0]["concept_uri"]))
    assert (mechanic["class"], mechanic["label"]) == ("Occupation", "bicycle mechanic")
    assert mechanic["properties"]["altLabels"] == ["bicycle repair specialist"]
    assert "contentHash" not in mechanic["properties"]
    outgoing = {relation["relation"]: relation for relation in mechanic["relations"]}
    assert set(outgoing) == {"memberOfISCOGroup", "hasEssentialSkill", "hasOptionalSkill"}
    assert len(outgoing["hasEssentialSkill"]["concepts"]) == 4

    for name in outgoing:
        assert (outgoing[name]["truncated"], outgoing[name]["total"]) == (
            False,
            len(outgoing[name]["concepts"]),
        )
        for other in outgoing[name]["concepts"]:
            _, seen = await got(client, concept_path(other["concept_uri"]))
            assert (seen["label"], seen["class"]) == (other["label"], other["class"])
            back = [
                concept["concept_uri"]
                for relation in seen["inverse_relations"]
                if (relation["relation"], relation["class"]) == (name, "Occupation")
                for concept in relation["concepts"]
            ]
            assert mechanic["concept_uri"] in back


async def test_a_uri_can_also_be_written_without_encoding(loaded: Settings) -> None:
    async with service(loaded) as client:
        _, found = await got(client, "/search", q="bicycle", limit=1)
        uri = found["results"][0]["concept_uri"]
        assert (await client.get(f"/concepts/{uri}")).json()["concept_uri"] == uri


async def test_a_relation_of_many_is_cut_and_says_so(
    loaded: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.serve.concepts.MOST_RELATED", 3)
    async with service(loaded) as client:
        _, found = await got(client, "/search", q="bicycle mechanic", limit=1, **OCCUPATION)
        _, mechanic = await got(client, concept_path(found["results"][0]["concept_uri"]))
        [essential] = [
            relation
            for relation in mechanic["relations"]
            if relation["relation"] == "hasEssentialSkill"
        ]
        assert (len(essential["concepts"]), essential["total"], essential["truncated"]) == (
            3,
            4,
            True,
        )
        _, groups = await got(client, "/search", q="bicycle", **{"class": "SkillCollection"})
        _, collection = await got(client, concept_path(groups["results"][0]["concept_uri"]))
        [members] = collection["inverse_relations"]
        assert (len(members["concepts"]), members["total"], members["truncated"]) == (3, None, True)


async def test_the_embedder_is_opened_once(loaded: Settings) -> None:
    async with kept_open(loaded) as backing:
        assert await backing.embedder("hashing") is await backing.embedder("hashing")


async def test_an_embedder_of_another_version_is_not_searched_with(loaded: Settings) -> None:
    other = {"embedder": "hashing:0", "embedder_name": "hashing"}
    counts = {"Skill": 180}
    await append(
        loaded,
        2,
        "other",
        replace(started(), steps=("skills",), attributes=other),
        StepStarted(step="skills"),
        StepCompleted(step="skills", position=1, of=1, counts=counts),
        Completed(totals=counts),
    )
    async with service(loaded) as client:
        assert (await got(client, "/ready"))[0] == 200
        status, found = await got(client, "/search", q="repair")
        assert status == 503
        assert found["error"].startswith(
            "the classes were filled by another version of the embedder hashing"
        )
        assert (await got(client, "/search", q="repair", mode="keyword"))[0] == 200


OCCUPATION = {"class": "Occupation"}


def concept_path(uri: str) -> str:
    return "/concepts/" + uri.replace(":", "%3A").replace("/", "%2F")
