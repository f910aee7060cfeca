"""Which input a call means: the one that it names, the recorded one, or the sample.

Knows paths and what the journal recorded; nothing of stores.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.data_folder import is_there
from ingest.records import InputError
from ingest.seal import is_sealed, seal
from journal.state import RunState, Status

if TYPE_CHECKING:
    from ingest.esco import EscoSource

SAMPLE_LABEL = "sample"
SAMPLE_LANGUAGE = "en"

# Attributes of a run: by them the next start knows the same bytes again without unpacking them.
SEAL = "seal"
CONTENT = "content"  # the fingerprint of the records alone


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenSource:
    """An input that was looked at. `label` is what the journal records: a path, or "sample".

    `language` is that of its files; `path` is None for the generated sample.
    """

    records: "EscoSource"
    label: str
    is_sample: bool
    language: str
    path: Path | None = None

    def sealed(self) -> str:
        """Return the seal of the bytes whose fingerprint the records have, "" if there is none.

        Raises:
            InputError: they changed since they were opened.
        """
        if self.path is None:
            return ""
        found = seal(self.path, language=self.language)
        self.records.check_unchanged()
        return found


@contextmanager
def chosen_source(data: str | None, last: RunState, *, language: str) -> Iterator[ChosenSource]:
    """Open the input: `data`, else what the last run recorded, else the generated sample.

    Raises:
        InputError: it can not be used, or the recorded one is gone.
    """
    from ingest.esco import open_esco

    label = data or recorded_path(last)
    if label is None:
        from tempfile import TemporaryDirectory

        from ingest.sample import write_sample

        with TemporaryDirectory(prefix="varity-sample-") as folder:
            sample = Path(folder) / "sample.zip"
            write_sample(sample)
            yield ChosenSource(
                records=open_esco(sample, language=SAMPLE_LANGUAGE),
                label=SAMPLE_LABEL,
                is_sample=True,
                language=SAMPLE_LANGUAGE,
            )
        return
    if "\0" in label:
        raise InputError(f"{label!r} is no name of a file: take the NUL out")
    try:
        path = Path(label).resolve()
    except (OSError, RuntimeError) as error:  # a link that leads to itself
        raise InputError(f"{label} can not be followed to a file: name it without links") from error
    if not _is_text(str(path)):
        raise InputError(f"the name of {str(path)!r} is not Unicode text; rename the file")
    if data is None and not is_there(path):
        raise InputError(f"the input of the last run, {path}, is not there any more; name DATA")
    yield ChosenSource(
        records=open_esco(path, language=language),
        label=str(path),
        is_sample=False,
        language=language,
        path=path,
    )


def known_content(data: str | None, last: RunState, *, language: str) -> tuple[str, str] | None:
    """Return label and content fingerprint of an input whose very bytes the last run loaded.

    None where that can not be told so quickly; nothing is said against the input by that.
    """
    label = data or recorded_path(last)
    known = last.attributes.get(SEAL)
    if label is None or not known or last.status is not Status.COMPLETED:
        return None
    try:
        path = Path(label).resolve()
    except (OSError, ValueError, RuntimeError):
        return None
    if not is_sealed(path, str(known), language=language):
        return None
    return str(path), str(last.attributes[CONTENT])


def recorded_path(last: RunState) -> str | None:
    """Return the path that the last run recorded, None if there is none or it was the sample."""
    if last.status is Status.NOT_STARTED or last.attributes.get("sample"):
        return None
    return last.source or None


def _is_text(path: str) -> bool:
    """Whether the path can be journaled: file names may be any bytes."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
