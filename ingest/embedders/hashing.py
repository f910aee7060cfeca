"""Vectors without a model: words and pieces of words, hashed into a fixed number of places.

Deterministic on every machine; for tests, and for searches by spelling. Texts that share words
or stems are near each other, meaning is unknown to it. Loads nothing until the first text, so
that a start that finds everything done stays quick.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from anyio import CapacityLimiter, to_thread

if TYPE_CHECKING:
    from ingest.embedders import Matrix
    from ingest.embedders.hashed_words import HashedWords

_DIMENSION = 256


class HashingEmbedder:
    """A bag of hashed words and of their four-letter pieces."""

    name = "hashing"
    fingerprint = f"hashing:1:{_DIMENSION}:words+4-grams"

    def __init__(self) -> None:
        self._limiter = CapacityLimiter(1)

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
        from ingest.embedders.check import checked

        counts = self._words.counts(texts)
        return checked(counts, embedder=self.name, count=len(texts), dimension=_DIMENSION)

    @cached_property
    def _words(self) -> HashedWords:
        from ingest.embedders.hashed_words import HashedWords

        return HashedWords(_DIMENSION)
