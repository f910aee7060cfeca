"""Query parameters: declared once, for the parser and for the OpenAPI document.

Pure. A value that can not be used is refused by name, and so is a parameter that there is not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ingest.serve.errors import BadRequest

Value = str | int


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text; without a default it must be given. `longest` counts characters."""

    name: str
    about: str
    default: str | None = None
    longest: int = 100
    choices: Sequence[str] = ()

    def parsed(self, value: str) -> Value:
        """Return the value.

        Raises:
            BadRequest: it is empty, too long, or none of the choices.
        """
        if self.choices and value not in self.choices:
            raise BadRequest(f"{self.name} must be one of: {', '.join(self.choices)}")
        if not value.strip():
            raise BadRequest(f"{self.name} must not be empty")
        if len(value) > self.longest:
            raise BadRequest(
                f"{self.name} must be {self.longest} characters or fewer, not {len(value)}"
            )
        return value

    @property
    def schema(self) -> dict[str, Any]:
        """Its JSON schema."""
        described: dict[str, Any] = {"type": "string"}
        if self.choices:
            described["enum"] = list(self.choices)
        else:
            described |= {"minLength": 1, "maxLength": self.longest}
        return described if self.default is None else {**described, "default": self.default}


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A whole number within bounds, both inclusive."""

    name: str
    about: str
    default: int
    least: int
    most: int

    def parsed(self, value: str) -> Value:
        """Return the value.

        Raises:
            BadRequest: it is no whole number, or out of bounds.
        """
        # Digits as we print them: `int` also takes "1_0", " 1" and other scripts' digits.
        is_plain = value.isascii() and value.isdigit() and len(value) <= 9
        if not is_plain or not self.least <= int(value) <= self.most:
            raise BadRequest(f"{self.name} must be a whole number from {self.least} to {self.most}")
        return int(value)

    @property
    def schema(self) -> dict[str, Any]:
        """Its JSON schema."""
        return {
            "type": "integer",
            "minimum": self.least,
            "maximum": self.most,
            "default": self.default,
        }


Parameter = Text | Whole


def parsed(given: Sequence[tuple[str, str]], parameters: Sequence[Parameter]) -> dict[str, Value]:
    """Return each parameter's value, or its default.

    Raises:
        BadRequest: one is unknown, repeated, missing or can not be used.
    """
    known = {parameter.name: parameter for parameter in parameters}
    values: dict[str, Value] = {}
    for name, value in given:
        if name not in known:
            raise BadRequest(f"there is no parameter {_shown(name)}{_choice(known)}")
        if name in values:
            raise BadRequest(f"{name} must be given once")
        values[name] = known[name].parsed(value)
    for parameter in parameters:
        if parameter.name not in values:
            if parameter.default is None:
                raise BadRequest(f"{parameter.name} is missing")
            values[parameter.name] = parameter.default
    return values


def _choice(known: Mapping[str, Parameter]) -> str:
    return f"; there are: {', '.join(known)}" if known else " here"


def _shown(name: str) -> str:
    return name if len(name) <= 40 else f"{name[:40]}…"
