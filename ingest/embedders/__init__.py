"""Texts to vectors: the port, what every embedder's output must be, and how to open one.

Knows nothing of records or stores. An embedder is imported when it is opened: a start that
finds nothing to do needs its fingerprint at most, which loads no model.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Protocol, TypeAlias

import anyio

from ingest.records import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Matrix: TypeAlias = "NDArray[np.float32]"

EMBEDDERS = ("local", "t2v", "hashing")
T2V_URL = "http://localhost:8080"


class Embedder(Protocol):
    """Makes vectors of texts. The same text gives the same bits, in whatever company.

    A text without any word, the empty one too, gives the first basis vector (1, 0, 0, ...):
    cosine needs a direction, and this one is fixed.
    """

    @property
    def name(self) -> str:
        """The name that opens it."""
        ...

    @property
    def fingerprint(self) -> str:
        """A text that changes when the vectors would: model, version, dimension, pooling."""
        ...

    async def embed(self, texts: Sequence[str]) -> Matrix:
        """Return float32, (texts, dim), unit length, finite: one row a text, in order.

        Raises:
            StepFailed: what the model returned can not be used.
            StoreUnavailable: the service behind it does not answer.
        """
        ...

    async def embed_query(self, text: str) -> Matrix:
        """Return the vector of a search query, float32, (dim,), unit length."""
        ...

    async def aclose(self) -> None:
        """Release everything. May be called twice."""
        ...


@asynccontextmanager
async def open_embedder(name: str, *, t2v_url: str | None = None) -> AsyncIterator[Embedder]:
    """Open the embedder of that name; `t2v_url` is where the service of `t2v` listens.

    Raises:
        InputError: there is no embedder of that name.
        StoreUnavailable: the service behind it does not answer.
    """
    embedder = await _opened(name, t2v_url or T2V_URL)
    try:
        yield embedder
    finally:
        with anyio.CancelScope(shield=True):
            await embedder.aclose()


async def _opened(name: str, t2v_url: str) -> Embedder:
    match name:
        case "local":
            from ingest.embedders.local import LocalEmbedder

            return LocalEmbedder()
        case "t2v":
            from ingest.embedders.t2v import connect_t2v

            return await connect_t2v(t2v_url)
        case "hashing":
            from ingest.embedders.hashing import HashingEmbedder

            return HashingEmbedder()
        case _:
            known = ", ".join(EMBEDDERS)
            raise InputError(f"there is no embedder named {name!r}; choose one of: {known}")
