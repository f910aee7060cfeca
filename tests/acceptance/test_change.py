"""One thing changes in the input: one thing changes in the target."""

from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import pytest

from tests.acceptance.data import with_label
from tests.acceptance.digest import differing, digest, objects, written_at
from tests.acceptance.place import Place

pytestmark = pytest.mark.esco

URI = "http://data.europa.eu/esco/skill/000f1d3d-220f-4789-9c0a-cc742521fb02"
OLD = b"sector-specific,Haskell,Haskell techniques"
NEW = b"sector-specific,Haskell programming,Haskell techniques"


async def test_one_changed_label_changes_one_object_and_touches_no_other(
    place: Place, small: Path, tmp_path: Path
) -> None:
    changed = with_label(small, tmp_path / "label.zip", file="skills_en.csv", old=OLD, new=NEW)
    name = f"Skill/{uuid5(NAMESPACE_URL, URI)}"
    place.ingest(small)
    before, was = await digest(place.settings), await _haskell(place)
    written_before = written_at(place.server) if place.server else {}

    assert place.ingest(changed).outcome == "skipped_other_input"
    assert await digest(place.settings) == before
    assert place.ingest(changed, "--force-reingest").outcome == "ran"

    assert differing(await digest(place.settings), before) == [name]
    label, vector, content_hash = await _haskell(place)
    assert (was[0], label) == ("Haskell", "Haskell programming")
    assert vector != was[1]
    assert content_hash != was[2]
    if place.server:
        written = written_at(place.server)
        assert [one for one in written if written[one] != written_before[one]] == [name]


async def _haskell(place: Place) -> tuple[str, bytes, str]:
    (held,) = [one for one in await objects(place.settings) if one.uri == URI]
    assert held.vector is not None
    return str(held.properties["preferredLabel"]), held.vector.tobytes(), held.content_hash
