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


class WordVectors:
    """`weights` is float32, (vocabulary, dim); `tokenizer` gives a text's rows of it."""

    def __init__(self, weights: NDArray[np.float32], tokenizer: Any) -> None:
        self._weights = weights
        self._tokenizer = tokenizer

    def means(self, texts: Sequence[str]) -> Matrix:
        """Return the mean of each text's words, float32, (texts, dim); zeros without words.

        Each text is pooled by itself. The package's own `embed` pads a batch to its longest
        text (one of 10,000 words takes 650 MB), and is half as fast.
        """
        # Half a surrogate pair is no text; the store refuses the record, with its key.
        readable = [text.encode("utf-8", "replace").decode() for text in texts]
        encodings = self._tokenizer.encode_batch_fast(readable, add_special_tokens=False)
        means = np.zeros((len(texts), self._weights.shape[1]), dtype=np.float32)
        for row, encoding in zip(means, encodings, strict=True):
            if ids := encoding.ids:
                np.divide(self._weights[ids].sum(axis=0), len(ids), out=row)
        return means


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
