"""`status`, `history`, `rejected`, `export`, `replay` over a real journal in SQLite."""

from pathlib import Path

import orjson
import pytest

from journal.events import Recorded
from tests.cli.builders import (
    OTHER_RUN,
    RUN,
    SKILLS_REJECTED,
    SKILLS_STARTED,
    WHOLE_RUN,
    history,
    started,
)
from tests.cli.conftest import Fill, Varity

FIRST = history(*WHOLE_RUN)
SECOND = history(started(cuts={1: 8}), SKILLS_STARTED, SKILLS_REJECTED, epoch=2, run_id=OTHER_RUN)


def test_status_before_the_first_run(varity: Varity) -> None:
    said = varity("status", "--json")
    assert (said.code, said.document["status"]) == (0, "not_started")
    assert not Path("varity.db").exists()  # looking leaves nothing behind


def test_status_of_a_completed_run(varity: Varity, fill: Fill) -> None:
    fill(FIRST)
    document = varity("status", "--json").document
    assert (document["status"], document["run_id"], document["progress"]) == (
        "completed",
        RUN,
        "2/2",
    )


def test_a_run_whose_process_is_gone_reads_interrupted(varity: Varity, fill: Fill) -> None:
    fill(FIRST + SECOND)
    assert varity("status", "--json").document["status"] == "interrupted"
    assert [run["status"] for run in varity("history", "--json").document] == [
        "interrupted",
        "completed",
    ]


@pytest.mark.parametrize(
    ("events", "code"), [([], 2), (FIRST, 0), (FIRST + SECOND, 2)], ids=["none", "done", "dead"]
)
def test_status_tells_by_its_exit_code_whether_ingestion_is_needed(
    events: list[Recorded], code: int, varity: Varity, fill: Fill
) -> None:
    if events:
        fill(events)
    assert varity("status", "--exit-code").code == code
    assert varity("status").code == 0


@pytest.mark.parametrize("flags", [(), ("--exit-code",)])
def test_an_unreachable_store_reads_unknown_and_exits_69(
    flags: tuple[str, ...], varity: Varity
) -> None:
    store = "http://127.0.0.1:9"  # nothing listens at the discard port
    said = varity("status", "--json", "--store", store, *flags)
    assert (said.code, said.document["status"], said.document["store"]) == (69, "unknown", store)
    assert said.document["error"]
    plain = varity("status", "--store", store, *flags)
    assert plain.code == 69
    assert "unknown" in plain.out
    assert "Traceback" not in plain.out + plain.err


def test_history_lists_the_newest_run_first(varity: Varity, fill: Fill) -> None:
    fill(FIRST + SECOND)
    assert [run["run_id"] for run in varity("history", "--json").document] == [OTHER_RUN, RUN]
    assert [run["run_id"] for run in varity("history", "3f", "--json").document] == [RUN]


def test_events_are_lines_of_the_newest_or_the_named_run(varity: Varity, fill: Fill) -> None:
    fill(FIRST + SECOND)
    shown = varity("history", "--events", "--json").out.splitlines()
    newest = [orjson.loads(line) for line in shown]
    named = [orjson.loads(line) for line in varity("export", "3f2a").out.splitlines()]
    assert [(line["epoch"], line["seq"]) for line in newest] == [(2, 1), (2, 2), (2, 3)]
    assert [(line["run_id"], line["seq"]) for line in named] == [(RUN, n) for n in range(1, 9)]


def test_all_events_are_those_of_every_run(varity: Varity, fill: Fill) -> None:
    fill(FIRST + SECOND)
    assert len(varity("export", "--all").out.splitlines()) == 11


def test_following_a_run_that_is_over_shows_it_and_ends(varity: Varity, fill: Fill) -> None:
    fill(FIRST)
    followed = varity("history", "3f2a", "--follow", "--json")
    assert followed.out == varity("export").out
    lines = varity("history", "--follow").out.splitlines()
    assert lines[0] == (
        "1:1       2026-03-04 12:00:00  started         attempt 1 by loader (pid 4711)"
    )
    assert len(lines) == 8


def test_rejected_names_file_line_key_and_reason(varity: Varity, fill: Fill) -> None:
    fill(FIRST)
    assert varity("rejected", "--json").document == [
        {
            "step": "skills",
            "file": "skills_en.csv",
            "line": 7,
            "key": "skills_en.csv:7",
            "reason": "no URI",
        }
    ]


def test_an_unknown_run_is_one_sentence_and_exit_2(varity: Varity, fill: Fill) -> None:
    fill(FIRST)
    said = varity("history", "zz")
    assert (said.code, said.out, said.err) == (
        2,
        "",
        "varity-journal: there is no run 'zz'; `varity-journal history` lists them\n",
    )


def test_an_export_folds_again_to_the_same_end(varity: Varity, fill: Fill) -> None:
    fill(FIRST + SECOND)
    Path("all.jsonl").write_text(varity("export", "--all").out)
    replayed = varity("replay", "all.jsonl", "--json")
    assert (replayed.code, replayed.document["sound"], replayed.document["events"]) == (0, True, 11)
    assert replayed.document["states"][7]["status"] == "completed"
    until = varity("replay", "all.jsonl", "--until", "1:8", "--json").document
    assert (until["events"], until["states"][-1]["status"]) == (8, "completed")


def test_a_log_that_is_not_sound_exits_1(varity: Varity, fill: Fill) -> None:
    fill(FIRST)
    lines = varity("export").out.splitlines()
    Path("hole.jsonl").write_text("\n".join(lines[:3] + lines[4:]))
    said = varity("replay", "hole.jsonl")
    assert said.code == 1
    assert "not sound: epoch 1 of esco: expected seq 4, found 5" in said.out


@pytest.mark.parametrize("position", ["1", "1:x", "-1:2", "1:2:3"])
def test_a_position_is_an_epoch_and_a_seq(position: str, varity: Varity) -> None:
    Path("run.jsonl").write_text("")
    assert varity("replay", "run.jsonl", f"--until={position}").code == 2


# --- as people see it ---------------------------------------------------------------------------


def test_piped_tables_are_plain_aligned_and_never_cut(varity: Varity, fill: Fill) -> None:
    fill(FIRST + SECOND)
    assert varity("history").out == (
        "Run       Status       Attempts  Started (UTC)        Took  Steps"
        "  Objects  Relations  Rejected\n"
        "9b1c0000  interrupted  1         2026-03-04 12:00:00  2.0s  0/2"
        "          0          0         1\n"
        "3f2a0000  completed    1         2026-03-04 12:00:00  7.0s  2/2"
        "          4          3         1\n"
    )


def test_the_events_of_a_run_as_a_table(varity: Varity, fill: Fill) -> None:
    fill(FIRST)
    assert varity("history", "--events").out == (
        "Position  At (UTC)             Event           What\n"
        "1:1       2026-03-04 12:00:00  started         attempt 1 by loader (pid 4711)\n"
        "1:2       2026-03-04 12:00:01  step_started    skills\n"
        "1:3       2026-03-04 12:00:02  rejected        skills: 1 record\n"
        "1:4       2026-03-04 12:00:03  checkpoint      skills: 3 settled\n"
        "1:5       2026-03-04 12:00:04  step_completed  skills: step 1 of 2, 4 objects\n"
        "1:6       2026-03-04 12:00:05  step_started    verify\n"
        "1:7       2026-03-04 12:00:06  step_completed  verify: step 2 of 2\n"
        "1:8       2026-03-04 12:00:07  completed       4 objects, 3 relations\n"
    )


def test_the_status_of_a_run_as_a_list(varity: Varity, fill: Fill) -> None:
    fill(FIRST)
    assert varity("status").out == (
        "Pipeline   esco\n"
        "Status     completed\n"
        f"Run        {RUN}, attempt 1, epoch 1\n"
        "Steps      2/2\n"
        "Objects    Skill  4\n"
        "Relations  Skill.broaderSkill  3\n"
        "Rejected   1\n"
        "Dangling   1\n"
        "Extra      5\n"
        "Owner      loader (pid 4711), not running\n"
        "Started    2026-03-04 12:00:00 UTC\n"
        "Updated    2026-03-04 12:00:07 UTC\n"
        "Source     esco-small-en.zip\n"
        "Store      sqlite:///varity.db\n"
        "Embedder   hashing\n"
    )
