"""Which input lies in the folder where people put theirs."""

from pathlib import Path

import pytest

from ingest.data_folder import data_in, input_named
from ingest.records import InputError
from tests.ingest.esco_builder import tiny, write_folder


def zipped(path: Path) -> Path:
    path.write_bytes(b"PK")
    return path


def test_nothing_named_and_no_folder_mean_none(tmp_path: Path) -> None:
    assert data_in(None) is None
    assert data_in(str(tmp_path / "data")) is None


def test_an_empty_folder_means_none_and_hidden_files_do_not_count(tmp_path: Path) -> None:
    assert data_in(str(tmp_path)) is None
    (tmp_path / ".gitkeep").touch()
    zipped(tmp_path / ".esco.zip.part.zip")
    assert data_in(str(tmp_path)) is None


@pytest.mark.parametrize("name", ["esco.zip", "ESCO.ZIP"])
def test_the_one_zip_in_the_folder_is_the_input(name: str, tmp_path: Path) -> None:
    zipped(tmp_path / name)
    (tmp_path / "notes.txt").touch()
    assert data_in(str(tmp_path)) == str(tmp_path / name)


def test_the_one_folder_of_csv_files_in_it_is_the_input(tmp_path: Path) -> None:
    write_folder(tmp_path / "ESCO dataset", tiny())
    (tmp_path / "empty").mkdir()
    assert data_in(str(tmp_path)) == str(tmp_path / "ESCO dataset")


@pytest.mark.parametrize("name", ["skills_de.csv", "occupations_en.csv"])
def test_a_folder_that_holds_the_files_itself_is_the_input(name: str, tmp_path: Path) -> None:
    (tmp_path / name).touch()
    zipped(tmp_path / "older.zip")
    assert data_in(str(tmp_path)) == str(tmp_path)


def test_a_file_is_the_input_and_a_zip_also_if_it_is_not_there(tmp_path: Path) -> None:
    file = zipped(tmp_path / "download")
    assert data_in(str(file)) == str(file)
    assert data_in(str(tmp_path / "gone.zip")) == str(tmp_path / "gone.zip")


def test_more_than_one_input_is_named_and_refused(tmp_path: Path) -> None:
    zipped(tmp_path / "b.zip")
    zipped(tmp_path / "a.zip")
    write_folder(tmp_path / "c", tiny())
    with pytest.raises(InputError, match=r"more than one input, a\.zip, b\.zip, c: "):
        data_in(str(tmp_path))


def test_things_that_are_no_input_are_named_and_never_taken_for_nothing(tmp_path: Path) -> None:
    for name in ("1.rar", "2.rar", "3.rar", "4.rar", "5.rar", "6.rar"):
        (tmp_path / name).touch()
    with pytest.raises(
        InputError, match=r"holds 1\.rar, 2\.rar, 3\.rar, 4\.rar, 5\.rar and 1 more, and neither"
    ):
        data_in(str(tmp_path))


def test_a_loop_of_links_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").symlink_to(tmp_path / "data")
    assert data_in(str(tmp_path / "data")) is None
    (tmp_path / "long").symlink_to("n" * 300)
    with pytest.raises(InputError, match="can not be read: File name too long"):
        data_in(str(tmp_path / "long"))


def test_a_setting_names_what_lies_in_its_folder(tmp_path: Path) -> None:
    """Whatever `init` has loaded, `repair` and `validate` must find by the same setting."""
    folder = tmp_path / "data"
    assert input_named(None) is None
    assert input_named(str(folder)) == str(folder)  # not there: the reader says so
    folder.mkdir()
    assert input_named(str(folder)) is None
    inside = zipped(folder / "esco.zip")
    assert input_named(str(folder)) == str(inside)
    assert input_named(str(inside)) == str(inside)
