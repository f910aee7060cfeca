"""Keeping secrets out of whatever leaves the process, by their value.

Pure. Foreign programs quote what they were sent: a proxy's error page repeats headers, an
exception its arguments. Who knows a secret scrubs such texts before they go anywhere.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar
from urllib.parse import quote

REDACTED = "[redacted]"
# What is shorter stands in ordinary words, too: to redact it would spoil every output.
SHORTEST = 8

T = TypeVar("T")


class Redaction:
    """Replaces the secrets it was made with, in whatever spelling a text may have them."""

    def __init__(self, *secrets: str | None) -> None:
        known = [secret for secret in secrets if secret and len(secret) >= SHORTEST]
        spellings = {spelling for secret in known for spelling in _spellings(secret)}
        # The longest first: one secret may be a part of another.
        self._spellings = sorted(spellings, key=lambda spelling: (-len(spelling), spelling))

    def __bool__(self) -> bool:
        """Whether there is anything to redact."""
        return bool(self._spellings)

    def text(self, text: str) -> str:
        """Return the text without the secrets."""
        for spelling in self._spellings:
            text = text.replace(spelling, REDACTED)
        return text

    def raw(self, content: bytes) -> bytes:
        """Return the bytes without the secrets, as UTF-8 has them."""
        for spelling in self._spellings:
            content = content.replace(spelling.encode(), REDACTED.encode())
        return content

    def fact(self, fact: T) -> T:
        """Return the dataclass, collection or value with every text in it redacted."""
        return self._within(fact) if self else fact

    def _within(self, value: Any) -> Any:
        if type(value) is str:  # an enum's text is ours
            return self.text(value)
        if is_dataclass(value) and not isinstance(value, type):
            names = (field.name for field in fields(value))
            return replace(value, **{name: self._within(getattr(value, name)) for name in names})
        if isinstance(value, Mapping):
            return {self._within(key): self._within(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(self._within(inner) for inner in value)
        return value


def _spellings(secret: str) -> Iterable[str]:
    yield secret
    yield json.dumps(secret)[1:-1]
    yield repr(secret)[1:-1]
    yield quote(secret, safe="")
