"""`scripts/bench` names its parts, and makes the page of a result."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.__main__ import main
from tests.bench.catalogue import PARTS

STORED = Path(__file__).with_name("stored.json")
CHECKOUT = Path(__file__).parents[2]


def test_help_lists_every_part(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    told = capsys.readouterr().out.splitlines()
    listed = [line.split()[0] for line in told if line.startswith("  ") and line.split()]
    assert [name for name in listed if name in PARTS] == list(PARTS)
    assert list(PARTS) == [
        *("floor", "ours", "peers", "warm", "import", "crash", "growth", "sqlite", "fold"),
        *("profile", "schema"),
    ]


def test_an_unknown_part_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["flor"])
    assert ended.value.code == 2
    assert "there is no part flor; there are floor, ours," in capsys.readouterr().err


def test_without_the_real_files_it_says_what_it_needs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["floor", "--data", str(tmp_path)]) == 2
    assert "name the folder of esco-1.2.0-en.zip" in capsys.readouterr().err


def test_report_writes_the_page(tmp_path: Path) -> None:
    assert main(["report", str(STORED), "--docs", str(tmp_path)]) == 0
    assert (tmp_path / "performance.md").read_text().startswith("# Performance\n")
    assert (tmp_path / "performance" / "cold.svg").is_file()


def test_peers_need_nothing_of_ours() -> None:
    code = (
        "import sys, tests.bench.peers.reading;"
        "ours = {'ingest', 'journal', 'schemas', 'httpx', 'anyio'};"
        "raise SystemExit(bool(ours & {name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, timeout=60, check=False)
    assert done.returncode == 0
