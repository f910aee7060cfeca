"""Vectors without a model: words and pieces of words, hashed into a fixed number of places.

Pure and deterministic on every machine; for tests, and for searches by spelling. Texts that
share words or stems are near each other, meaning is unknown to it.
"""

import re
from collections.abc import Sequence
from zlib import crc32

import numpy as np
from anyio import CapacityLimiter, to_thread
from numpy.typing import NDArray

from ingest.embedders import Matrix
from ingest.embedders.check import checked

_DIMENSION = 256
_PIECE = 4  # letters
_WORD = re.compile(r"\w+")
_WORDS_KEPT = 1 << 17


class HashingEmbedder:
    """A bag of hashed words and of their four-letter pieces."""

    name = "hashing"
    fingerprint = f"hashing:1:{_DIMENSION}:words+{_PIECE}-grams"

    def __init__(self) -> None:
        self._limiter = CapacityLimiter(1)
        self._places = _Places()

    async def embed(self, texts: Sequence[str]) -> Matrix:
        """Embed in a worker thread, one call at a time."""
        return await to_thread.run_sync(self._embed, texts, limiter=self._limiter)

    async def embed_query(self, text: str) -> Matrix:
        """Embed the query as any text."""
        vector: Matrix = (await self.embed([text]))[0]
        return vector

    async def aclose(self) -> None:
        """Do nothing: memory is all it holds."""

    def _embed(self, texts: Sequence[str]) -> Matrix:
        # Whole numbers until the very end: their sums are exact in any order.
        counts = np.zeros((len(texts), _DIMENSION), dtype=np.int64)
        for row, text in zip(counts, texts, strict=True):
            row[:] = self._counts(text)
        return checked(counts, embedder=self.name, count=len(texts), dimension=_DIMENSION)

    def _counts(self, text: str) -> NDArray[np.int64]:
        words = _WORD.findall(text.casefold())
        places = np.frombuffer(b"".join(map(self._places.__getitem__, words)), dtype="<u2")
        # A place and its sign share a number: the even one counts for it, the odd against.
        found = np.bincount(places, minlength=2 * _DIMENSION)
        counts: NDArray[np.int64] = found[::2] - found[1::2]
        return counts


class _Places(dict[str, bytes]):
    """Where a word counts, "<u2" each: itself three times, each piece of it once.

    A vocabulary repeats itself, so words are hashed once, as long as they are not too many.
    """

    def __missing__(self, word: str) -> bytes:
        if len(self) >= _WORDS_KEPT:
            self.clear()
        framed = f"<{word}>"
        pieces = [framed[at : at + _PIECE] for at in range(max(1, len(framed) - _PIECE + 1))]
        places = [_hash(word)] * 3 + [_hash(piece) for piece in pieces]
        self[word] = np.array(places, dtype="<u2").tobytes()
        return self[word]


def _hash(piece: str) -> int:
    # "surrogatepass": a broken text is refused by the store, with its key; not here.
    return crc32(piece.encode("utf-8", "surrogatepass")) % (2 * _DIMENSION)
