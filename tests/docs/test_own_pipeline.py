"""docs/own-pipeline.md, run as it stands."""

import re
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

PAGE = Path(__file__).parents[2] / "docs" / "own-pipeline.md"
RECORDS = [
    {"kind": "team", "key": "a", "value": "Team A"},
    {"kind": "team", "key": "b", "value": "Team B"},
    {"kind": "person", "key": "eva", "value": "Eva"},
    {"kind": "person", "key": "ali", "value": "Ali"},
]


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """The page's program, in a folder of its own with its input."""
    [code] = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    path = tmp_path / "crew.py"
    path.write_text(code, encoding="utf-8")
    rows = b"".join(orjson.dumps(record) + b"\n" for record in RECORDS)
    (tmp_path / "crew.jsonl").write_bytes(rows)
    return path


def run(program: Path, *, sabotage: str = "") -> subprocess.CompletedProcess[str]:
    """Run the program; `sabotage` is code that runs in its place of `put`."""
    code = program.read_text(encoding="utf-8").replace(
        "    await (anyio.Path", f"    {sabotage}\n    await (anyio.Path"
    )
    return subprocess.run(
        [sys.executable, "-c", code, "crew.jsonl"],
        cwd=program.parent,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_it_has_fewer_than_forty_lines(program: Path) -> None:
    lines = [line for line in program.read_text(encoding="utf-8").splitlines() if line.strip()]
    assert len(lines) < 40


def test_it_loads_and_then_skips(program: Path) -> None:
    first, second = run(program), run(program)
    assert first.stdout == "begin completed [('person', 2), ('team', 2)]\n"
    assert second.stdout == "skip completed [('person', 2), ('team', 2)]\n"
    assert (program.parent / "person" / "eva").read_text() == "Eva"


def test_killed_in_the_second_step_it_resumes_there(program: Path) -> None:
    killed = run(
        program,
        sabotage="import os; row['key'] == 'ali' and os.kill(os.getpid(), 9)",
    )
    assert killed.returncode == -9
    (program.parent / "team" / "a").unlink()  # if it were written again, it would be back

    resumed = run(program)
    assert resumed.stdout == "resume completed [('person', 2), ('team', 2)]\n"
    assert not (program.parent / "team" / "a").exists()
    assert (program.parent / "person" / "ali").read_text() == "Ali"
