"""The word vectors inside the package `wordllama`, loaded and pooled.

Knows that package; imported when the first text is embedded, in a worker thread: the import
takes half a second. No file is fetched, no network is used.
"""

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.embedders import Matrix
from journal.errors import StepFailed

WORDS_KEPT = 1 << 17
LONGEST_KEPT = 64  # letters; what has no spaces is no vocabulary
SPACE = "\u2581"  # what the tokenizer writes for a space
ROWS_TYPE = "<u2"  # the vocabulary has 32,000 tokens


class WordVectors:
    """`weights` is float32, (vocabulary, dim); `tokenizer` gives a text's rows of it."""

    def __init__(self, weights: NDArray[np.float32], tokenizer: Any) -> None:
        self._weights = weights
        self._tokenizer = tokenizer
        self._known: dict[str, bytes] = {}  # the tokens of a word

    def means(self, texts: Sequence[str]) -> Matrix:
        """Return the mean of each text's words, float32, (texts, dim); zeros without words.

        Each text is pooled by itself. The package's own `embed` pads a batch to its longest
        text (one of 10,000 words takes 650 MB), and is half as fast.
        """
        # Half a surrogate pair is no text; the store refuses the record, with its key.
        readable = [text.encode("utf-8", "replace").decode() for text in texts]
        means = np.zeros((len(texts), self._weights.shape[1]), dtype=np.float32)
        for row, tokens in zip(means, self.tokens(readable), strict=True):
            if len(tokens):
                np.divide(self._weights.take(tokens, axis=0).sum(axis=0), len(tokens), out=row)
        return means

    def tokens(self, texts: Sequence[str]) -> list[NDArray[np.uint16]]:
        """Return the tokens of each text, as the tokenizer gives them for the whole of it.

        No token goes on behind a space, so each word has its own, and a vocabulary repeats itself:
        one look-up a word takes half the time. A text is taken whole where its spaces are more
        than what separates two words, or may be part of something else, and where its words are
        too long to come again.
        """
        found: dict[int, bytes] = {}
        worded: dict[int, list[str]] = {}
        for number, text in enumerate(texts):
            words = text.split(" ")
            is_odd = "" in words or "<" in text or SPACE in text
            if is_odd or max(map(len, words)) > LONGEST_KEPT:
                found[number] = self._encoded([text])[0]
            else:
                worded[number] = words
        if len(self._known) > WORDS_KEPT:
            self._known.clear()
        new = list({word for words in worded.values() for word in words if word not in self._known})
        self._known.update(zip(new, self._encoded(new), strict=True))
        for number, words in worded.items():
            found[number] = b"".join(map(self._known.__getitem__, words))
        return [np.frombuffer(found[number], dtype=ROWS_TYPE) for number in range(len(texts))]

    def _encoded(self, texts: Sequence[str]) -> list[bytes]:
        encodings = self._tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        return [np.array(encoding.ids, dtype=ROWS_TYPE).tobytes() for encoding in encodings]


def load_word_vectors() -> WordVectors:
    """Load the vectors from the package's own folder.

    Raises:
        StepFailed: the package is installed without them.
    """
    # A process that forks after tokenizing is warned of the tokenizer's threads otherwise.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    with _root_logger_left_alone():
        from wordllama import WordLlama
    try:
        with resources.as_file(resources.files("wordllama")) as folder:
            model = WordLlama.load(cache_dir=folder, disable_download=True)
    except (OSError, ValueError) as error:
        raise StepFailed(
            "embedder local: the installed wordllama package lacks its weights or its tokenizer; "
            "reinstall it, or choose another embedder"
        ) from error
    model.tokenizer.no_padding()
    return WordVectors(model.embedding, model.tokenizer)


@contextmanager
def _root_logger_left_alone() -> Iterator[None]:
    """Undo what an import does to the root logger: the package configures it."""
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    try:
        yield
    finally:
        root.setLevel(level)
        root.handlers[:] = handlers
