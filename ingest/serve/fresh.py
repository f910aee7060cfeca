"""A value that is read again when it is older than a moment; many askers make one reading."""

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import anyio

T = TypeVar("T")

KEPT_SECONDS = 1.0


class Fresh(Generic[T]):
    """Keeps what `read` returned for about a second, so that polls cost the store little."""

    def __init__(
        self,
        read: Callable[[], Awaitable[T]],
        *,
        elapsed: Callable[[], float],
        kept_seconds: float = KEPT_SECONDS,
    ) -> None:
        self._read = read
        self._elapsed = elapsed
        self._kept_seconds = kept_seconds
        self._lock = anyio.Lock()
        self._kept: tuple[float, T] | None = None  # when its reading began, and it

    async def value(self) -> T:
        """Return what was read a moment ago at most, counted from the reading's beginning."""
        return await self._newer_than(self._elapsed() - self._kept_seconds)

    async def new_value(self) -> T:
        """Return what is read from now on."""
        return await self._newer_than(self._elapsed())

    async def _newer_than(self, moment: float) -> T:
        async with self._lock:
            if self._kept is None or self._kept[0] < moment:
                began = self._elapsed()
                self._kept = (began, await self._read())
            return self._kept[1]
