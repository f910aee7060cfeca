"""The embedder of the tests."""

from ingest.embedders.hashing import HashingEmbedder


async def test_vectors_stay_the_same_from_version_to_version() -> None:
    (vector,) = (await HashingEmbedder().embed(["weld"])).tolist()
    places = {place: round(number, 6) for place, number in enumerate(vector) if number}
    # "weld" three times as the word and once as a piece; "<wel" and "eld>" against.
    assert places == {140: 0.942809, 32: -0.235702, 176: -0.235702}


async def test_words_that_share_letters_are_near_each_other() -> None:
    vectors = await HashingEmbedder().embed(["welding pipes", "weld a pipe", "bake bread"])
    assert float(vectors[0] @ vectors[1]) > 0.2
    assert abs(float(vectors[0] @ vectors[2])) < 0.1


async def test_case_and_punctuation_change_nothing() -> None:
    one, other = await HashingEmbedder().embed(["Weld, PIPES!", "weld pipes"])
    assert one.tobytes() == other.tobytes()
