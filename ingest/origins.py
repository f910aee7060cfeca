"""Where each setting came from, in the words in which a person would change it.

Pure. Follows the order of `ingest.settings`: a flag wins over the environment, that over the
file. A secret's origin is told, the secret never.
"""

from collections.abc import Mapping

from ingest.settings import (
    API_KEY_FILE_VARIABLE,
    API_KEY_VARIABLE,
    SOURCES,
    SettingValue,
    Source,
)

DEFAULT = "default"


def origins(
    flags: Mapping[str, SettingValue | None],
    environ: Mapping[str, str],
    from_file: Mapping[str, SettingValue],
    *,
    file: str,
) -> dict[str, str]:
    """Return by field name "--store", "VARITY_STORE", the file's name or "default".

    `api_key` is among them only if there is one.
    """
    found = {source.name: _origin(source, flags, environ, from_file, file) for source in SOURCES}
    key = next((n for n in (API_KEY_VARIABLE, API_KEY_FILE_VARIABLE) if environ.get(n)), None)
    return found | ({"api_key": key} if key else {})


def _origin(
    source: Source,
    flags: Mapping[str, SettingValue | None],
    environ: Mapping[str, str],
    from_file: Mapping[str, SettingValue],
    file: str,
) -> str:
    if flags.get(source.name) is not None:
        return f"--{source.key.replace('_', '-')}"
    variable = next((name for name in source.variables if environ.get(name)), None)
    if variable is not None:
        return variable
    return file if source.name in from_file else DEFAULT
