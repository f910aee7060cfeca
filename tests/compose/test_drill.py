"""The drill as a test: every scene holds, on a real engine. It takes minutes."""

from collections.abc import Iterator

import pytest

from tests.compose.drill import FAILED, drill
from tests.compose.engine import Engine, open_engine
from tests.compose.scenes import SCENES

pytestmark = pytest.mark.compose


@pytest.fixture
def engine() -> Iterator[Engine]:
    opened = open_engine()
    yield opened
    opened.close()


def test_every_scene_holds(engine: Engine) -> None:
    rows = list(drill(engine))
    assert [row.scene for row in rows] == [name for name, _ in SCENES]
    assert [(row.scene, row.wrong) for row in rows if row.result == FAILED] == []
