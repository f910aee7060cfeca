"""The spool: what was put in comes out, wherever it lies meanwhile."""

from pathlib import Path
from random import Random

import pytest

from ingest.spool import Spool


def test_gives_back_what_it_got_in_any_order() -> None:
    texts = [b"", b"one", b"\x00\xff", b"x" * 5000, b"last"]
    with Spool() as spool:
        assert [spool.append(text) for text in texts] == [0, 1, 2, 3, 4]
        assert len(spool) == 5
        assert [spool[number] for number in (4, 0, 3, 3, 2, 1)] == [
            b"last",
            b"",
            b"x" * 5000,
            b"x" * 5000,
            b"\x00\xff",
            b"one",
        ]


@pytest.mark.parametrize("memory_bytes", [1, 50, 1_000_000])
def test_appends_and_reads_may_alternate_across_the_move_to_disk(memory_bytes: int) -> None:
    random = Random(7)
    kept: list[bytes] = []
    with Spool(memory_bytes=memory_bytes) as spool:
        for number in range(300):
            kept.append(random.randbytes(random.randrange(30)))
            assert spool.append(kept[-1]) == number
            if random.random() < 0.5:
                sought = random.randrange(len(kept))
                assert spool[sought] == kept[sought]
        assert [spool[number] for number in range(300)] == kept


def test_a_closed_spool_leaves_no_file_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with Spool(memory_bytes=1) as spool:
        spool.append(b"too much for memory")
        assert spool[0] == b"too much for memory"
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="closed"):
        spool[0]
