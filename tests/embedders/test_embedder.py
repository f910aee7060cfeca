"""What every embedder promises."""

import numpy as np
import pytest

from ingest.embedders import EMBEDDERS, Embedder, open_embedder
from ingest.records import InputError

WORDY = ["install heating boilers", "a\nb", "Überprüfung – 技能 🛠", "word " * 3_000]


async def test_vectors_are_finite_float32_rows_of_unit_length(embedder: Embedder) -> None:
    vectors = await embedder.embed(WORDY)
    assert vectors.dtype == np.float32
    assert vectors.shape[0] == 4
    assert vectors.shape[1] == {"local": 256, "hashing": 256, "t2v": 8}[embedder.name]
    assert np.isfinite(vectors).all()
    assert np.linalg.norm(vectors.astype(np.float64), axis=1) == pytest.approx(1.0, abs=1e-6)


async def test_a_text_has_the_same_bits_in_any_company(embedder: Embedder) -> None:
    together = await embedder.embed(WORDY)
    alone = [await embedder.embed([text]) for text in WORDY]
    backwards = (await embedder.embed(WORDY[::-1]))[::-1]
    assert together.tobytes() == np.concatenate(alone).tobytes()
    assert together.tobytes() == backwards.tobytes()


async def test_different_texts_have_different_vectors(embedder: Embedder) -> None:
    vectors = await embedder.embed(["weld pipes", "bake bread"])
    assert vectors[0].tobytes() != vectors[1].tobytes()


async def test_a_text_without_words_is_the_first_basis_vector(embedder: Embedder) -> None:
    (empty,) = (await embedder.embed([""])).tolist()
    assert empty == [1.0] + [0.0] * (len(empty) - 1)
    assert (await embedder.embed_query("")).tolist() == empty


async def test_no_texts_give_no_vectors(embedder: Embedder) -> None:
    assert (await embedder.embed([])).shape[0] == 0


async def test_a_query_is_one_unit_vector_of_the_same_dimension(embedder: Embedder) -> None:
    query = await embedder.embed_query("weld pipes")
    assert query.shape == (await embedder.embed(["weld pipes"])).shape[1:]
    assert query.dtype == np.float32
    assert float(np.linalg.norm(query)) == pytest.approx(1.0, abs=1e-6)


async def test_half_a_surrogate_pair_is_left_to_the_store_to_refuse(embedder: Embedder) -> None:
    vectors = await embedder.embed(["good", "half a pair \ud83d"])
    assert vectors.shape[0] == 2
    assert vectors[0].tobytes() == (await embedder.embed(["good"]))[0].tobytes()


async def test_is_named_as_it_is_opened_and_may_be_closed_twice(embedder: Embedder) -> None:
    assert embedder.name in EMBEDDERS
    assert embedder.fingerprint.startswith(embedder.name)
    await embedder.aclose()
    await embedder.aclose()


async def test_an_unknown_name_is_refused_with_the_names_that_there_are() -> None:
    with pytest.raises(InputError, match=r"'word2vec'.*local, t2v, hashing"):
        async with open_embedder("word2vec"):
            pass
