"""What lies in the folder where people put their data: one input, or nothing yet.

Knows names of files only: whether an input can be used is seen when it is opened.
"""

from pathlib import Path

from ingest.records import InputError

ZIP = ".zip"
NAMES_SHOWN = 5


def data_in(place: str | None) -> str | None:
    """Return the one input at `place`: that itself, or the zip or folder of CSV files in it.

    None where nobody put any: no place, no such folder, an empty one. Hidden files do not count.

    Raises:
        InputError: more than one lies there, or only things that are no input.
    """
    if place is None:
        return None
    path = Path(place)
    try:
        if path.suffix.lower() == ZIP or path.is_file() or _is_esco_folder(path):
            return place
        if not path.is_dir():
            return None
        return _only_one(path)
    except OSError as error:
        raise InputError(f"{place} can not be read: {error.strerror}") from error


def input_named(place: str | None) -> str | None:
    """Return what the setting names: a folder may hold the input, an empty one names none.

    Unlike for `data_in`, what is not there stays named: whoever wrote it must hear of it.

    Raises:
        InputError: as `data_in`.
    """
    is_folder = place is not None and is_there(place) and Path(place).is_dir()
    return data_in(place) if is_folder else place


def is_there(place: str | Path) -> bool:
    """Whether anything lies at `place`; nothing does under a name that no file can have."""
    try:
        return Path(place).exists()
    except OSError:
        return False


def _only_one(folder: Path) -> str | None:
    entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    inputs = [entry for entry in entries if _is_input(entry)]
    match inputs:
        case [single]:
            return str(single)
        case []:
            if entries:
                raise InputError(
                    f"{folder} holds {_shown(entries)}, and neither a zip nor a folder of ESCO's"
                    " CSV files: put one there, or leave it empty for the generated sample"
                )
            return None
        case _:
            raise InputError(
                f"{folder} holds more than one input, {_shown(inputs)}: leave the one to load, or"
                " name it by VARITY_DATA"
            )


def _is_input(path: Path) -> bool:
    return (path.is_file() and path.suffix.lower() == ZIP) or _is_esco_folder(path)


def _is_esco_folder(path: Path) -> bool:
    """Whether a file is in it that is named as one of ESCO's, in whatever language."""
    from ingest.esco.files import FILES  # comes with the reader, which a zip's name needs not

    return path.is_dir() and any(
        entry.suffix == ".csv" and entry.stem.partition("_")[0] in FILES for entry in path.iterdir()
    )


def _shown(entries: list[Path]) -> str:
    names = ", ".join(entry.name for entry in entries[:NAMES_SHOWN])
    more = len(entries) - NAMES_SHOWN
    return f"{names} and {more} more" if more > 0 else names
