"""Words and pieces of words, hashed into a fixed number of places and counted there.

Pure and deterministic on every machine. Imported when the first text is embedded: numpy is
what a start that finds everything done does without.
"""

import re
from collections.abc import Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

PIECE = 4  # letters; the embedder's fingerprint says so
_WORD = re.compile(r"\w+")
_WORDS_KEPT = 1 << 17


class HashedWords:
    """A bag of hashed words and of their four-letter pieces."""

    def __init__(self, dimension: int) -> None:
        self._dimension = dimension
        self._places = _Places(2 * dimension)

    def counts(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """Return int64, (texts, dim)."""
        # Whole numbers until the very end: their sums are exact in any order.
        counts = np.zeros((len(texts), self._dimension), dtype=np.int64)
        for row, text in zip(counts, texts, strict=True):
            row[:] = self._counts(text)
        return counts

    def _counts(self, text: str) -> NDArray[np.int64]:
        words = _WORD.findall(text.casefold())
        places = np.frombuffer(b"".join(map(self._places.__getitem__, words)), dtype="<u2")
        # A place and its sign share a number: the even one counts for it, the odd against.
        found = np.bincount(places, minlength=2 * self._dimension)
        counts: NDArray[np.int64] = found[::2] - found[1::2]
        return counts


class _Places(dict[str, bytes]):
    """Where a word counts, "<u2" each: itself three times, each piece of it once.

    A vocabulary repeats itself, so words are hashed once, as long as they are not too many.
    """

    def __init__(self, count: int) -> None:
        super().__init__()
        self._count = count

    def __missing__(self, word: str) -> bytes:
        if len(self) >= _WORDS_KEPT:
            self.clear()
        framed = f"<{word}>"
        pieces = [framed[at : at + PIECE] for at in range(max(1, len(framed) - PIECE + 1))]
        places = [self._hash(word)] * 3 + [self._hash(piece) for piece in pieces]
        self[word] = np.array(places, dtype="<u2").tobytes()
        return self[word]

    def _hash(self, piece: str) -> int:
        # "surrogatepass": a broken text is refused by the store, with its key; not here.
        return crc32(piece.encode("utf-8", "surrogatepass")) % self._count
