"""The default embedder: real words, no network, nothing loaded before it is needed."""

import logging
import socket
import subprocess
import sys
from random import Random

import pytest

from ingest.embedders.local import LocalEmbedder
from ingest.embedders.word_vectors import load_word_vectors
from journal.errors import StepFailed


async def test_knows_which_words_are_near_each_other() -> None:
    vectors = await LocalEmbedder().embed(["bake bread", "make pastry", "repair car engines"])
    assert float(vectors[0] @ vectors[1]) > float(vectors[0] @ vectors[2]) + 0.2


async def test_uses_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*args: object) -> None:
        raise AssertionError("a connection was attempted")

    monkeypatch.setattr(socket.socket, "connect", forbidden)
    monkeypatch.setattr(socket.socket, "connect_ex", forbidden)
    monkeypatch.setattr(socket, "getaddrinfo", forbidden)
    assert (await LocalEmbedder().embed(["bread"])).shape == (1, 256)


async def test_leaves_the_root_logger_alone() -> None:
    code = (
        "import logging, anyio\n"
        "from ingest.embedders.local import LocalEmbedder\n"
        "anyio.run(LocalEmbedder().embed, ['bread'])\n"
        "print(logging.getLogger().handlers, logging.getLogger().level)\n"
    )
    assert _python(code) == f"[] {logging.WARNING}"


def test_its_fingerprint_loads_neither_the_model_nor_numpy() -> None:
    code = (
        "import sys\n"
        "from ingest.embedders.local import LocalEmbedder\n"
        "print(LocalEmbedder().fingerprint, 'wordllama' in sys.modules, 'numpy' in sys.modules)\n"
    )
    fingerprint, model, numpy = _python(code).split()
    assert fingerprint.startswith("local:wordllama-")
    assert fingerprint.endswith(":l2_supercat:256:mean")
    assert (model, numpy) == ("False", "False")


async def test_a_package_without_weights_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import wordllama

    def without_weights(**options: object) -> None:
        raise FileNotFoundError("weights")

    monkeypatch.setattr(wordllama.WordLlama, "load", without_weights)
    with pytest.raises(StepFailed, match="wordllama package lacks its weights"):
        await LocalEmbedder().embed(["bread"])


def _python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.strip()


PARTS = (
    *("a", "b", "cheese", "Cheese", "cheesemaker's", "naïve", "Ärzte", "乳酪", "\U0001f9c0", "1,5"),
    *(" ", " ", " ", "  ", "   ", "\n", "\t", "\u00a0", "\u2003", "\u2581", "\u2581\u2581"),
    *("<", "<s>", "</s>", "<unk>", "<0x0A>", "\x00", "\ufffd", "e\u0301"),
)


def test_words_looked_up_are_the_tokens_of_the_whole_text() -> None:
    words = load_word_vectors()
    chance = Random(7)
    texts = ["", " ", "cheese", " cheese", "cheese ", "a <s> b", "a\u2581 b"]
    texts += ["".join(chance.choices(PARTS, k=chance.randrange(1, 12))) for _ in range(3_000)]
    whole = words._tokenizer.encode_batch_fast(texts, add_special_tokens=False)
    for _ in range(2):  # words that are new, and words that are known
        found = words.tokens(texts)
        differing = [
            text
            for text, tokens, each in zip(texts, found, whole, strict=True)
            if list(tokens) != each.ids
        ]
        assert differing[:3] == []


def test_no_more_words_are_kept_than_a_vocabulary_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.embedders.word_vectors.WORDS_KEPT", 10)
    words = load_word_vectors()
    for number in range(50):
        words.tokens([f"word{number} and some more"])
        assert len(words._known) <= 10 + 4
    words.tokens(["x" * 65, "x" * 64])
    assert {len(word) for word in words._known if word.startswith("x")} == {64}
