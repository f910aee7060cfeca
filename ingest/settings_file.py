"""The YAML configuration file: defaults at the top, profiles that override them.

Pure: text in, checked values by field name out. A value is accepted only with the type that
its setting has; a typing error in a file must not become a silent default.

    store: http://localhost:8080
    profiles:
      staging: {store: https://weaviate.example, wait: 600}
"""

from collections.abc import Mapping
from typing import Any

import yaml

from ingest.records import InputError
from ingest.settings import API_KEY_FILE_VARIABLE, API_KEY_VARIABLE, SOURCES, SettingValue, Source

PROFILES = "profiles"
SECRETS = frozenset({"api_key", "weaviate_api_key", "token", "password"})

_BY_KEY = {source.key: source for source in SOURCES}


def settings_in(text: str, *, file: str, profile: str | None) -> dict[str, SettingValue]:
    """Return the file's values by field name, the profile's over the top level's.

    Raises:
        InputError: the file is no such configuration, or has no such profile.
    """
    top = _mapping(_loaded(text, file), where=file)
    profiles = _mapping(top.pop(PROFILES, None), where=f"{file}: {PROFILES}")
    values = _checked(top, where=file)
    checked = {
        name: _checked(
            _mapping(found, where=f"{file}: profile {name}"), where=f"{file}: profile {name}"
        )
        for name, found in profiles.items()
    }
    if profile is None:
        return values
    if profile not in checked:
        known = ", ".join(sorted(checked)) or "none"
        raise InputError(f"{file}: there is no profile {profile!r}; it has: {known}")
    return values | checked[profile]


def _checked(found: Mapping[str, Any], *, where: str) -> dict[str, SettingValue]:
    return {
        _source(key, where=where).name: _typed(value, _source(key, where=where), where=where)
        for key, value in found.items()
    }


def _source(key: str, *, where: str) -> Source:
    if key.lower() in SECRETS:
        raise InputError(
            f"{where}: {key} does not belong into a file that is shared; set {API_KEY_VARIABLE}"
            f" or {API_KEY_FILE_VARIABLE}"
        )
    if key not in _BY_KEY:
        raise InputError(f"{where}: {key!r} is no setting; known are: {', '.join(_BY_KEY)}")
    return _BY_KEY[key]


def _typed(value: Any, source: Source, *, where: str) -> SettingValue:
    # YAML's true is an int to Python, and 600 is meant where a float is wanted.
    fits = type(value) is source.type or (source.type is float and type(value) is int)
    if not fits:
        raise InputError(
            f"{where}: {source.key} must be {_KINDS[source.type]}, not {type(value).__name__}"
        )
    typed: SettingValue = source.type(value)
    return typed


_KINDS: Mapping[type, str] = {
    str: "text (in quotes)",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
}


def _mapping(found: Any, *, where: str) -> dict[str, Any]:
    if found is None:
        return {}
    if not isinstance(found, dict) or not all(isinstance(key, str) for key in found):
        raise InputError(f"{where} must hold 'key: value' lines")
    return dict(found)


def _loaded(text: str, file: str) -> Any:
    try:
        return yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - a SafeLoader, see below
    except _DuplicateKey as error:
        raise InputError(f"{file}: {error}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "it can not be read"
        raise InputError(f"{file}{line}: no valid YAML: {problem}") from error
    except RecursionError as error:
        raise InputError(f"{file}: no valid configuration: nested too deeply") from error
    except (ValueError, AttributeError, LookupError) as error:
        # What YAML's own conversions raise over a date such as 2024-13-45 or `!!int soon`.
        raise InputError(
            f"{file}: a value is none of its type (a date, a number); put text in quotes"
        ) from error


class _DuplicateKey(Exception):
    """A key stands twice in one mapping; plain YAML would let the last one win."""


class _StrictLoader(yaml.SafeLoader):
    """Builds plain values only, and no mapping with a key twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key_node, _ in node.value:
            key = str(key_node.value)
            if key in seen:
                raise _DuplicateKey(
                    f"line {key_node.start_mark.line + 1}: {key} stands there twice"
                )
            seen.add(key)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping
