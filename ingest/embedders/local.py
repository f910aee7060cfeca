"""The default embedder: real word vectors that ship inside a package, so nothing is fetched.

Loads nothing until the first text: the fingerprint needs the package's version only, so that
a start that finds everything done stays quick.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from importlib import metadata
from typing import TYPE_CHECKING

from anyio import CapacityLimiter, to_thread

if TYPE_CHECKING:
    from ingest.embedders import Matrix
    from ingest.embedders.word_vectors import WordVectors

_DIMENSION = 256


class LocalEmbedder:
    """The mean of the words' vectors."""

    name = "local"

    def __init__(self) -> None:
        self._limiter = CapacityLimiter(1)

    @cached_property
    def fingerprint(self) -> str:
        """Package version, model, dimension, pooling."""
        return f"local:wordllama-{metadata.version('wordllama')}:l2_supercat:{_DIMENSION}:mean"

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

        means = self._vectors.means(texts)
        return checked(means, embedder=self.name, count=len(texts), dimension=_DIMENSION)

    @cached_property
    def _vectors(self) -> WordVectors:
        from ingest.embedders.word_vectors import load_word_vectors

        return load_word_vectors()
