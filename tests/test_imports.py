"""Who may import whom: docs/architecture.md's layer table, held against the code.

Imports are read from the source, those inside functions and `TYPE_CHECKING` blocks too.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("journal", "ingest", "schemas")

# A module's layer is the longest prefix that names it; a layer may import those listed.
# Third-party packages are listed by their top-level name; the standard library is free, but
# for the pure layers, which get none of what touches the world.
ALLOWED: dict[str, set[str]] = {
    # facts and pure core of the journal
    "journal.errors": set(),
    "journal.events": set(),
    "journal.fencing": {"journal.errors", "journal.events"},
    "journal.state": {"journal.errors", "journal.events", "journal.fencing"},
    "journal.codec": {"journal.errors", "journal.events", "orjson"},
    "journal.plan": {"journal.errors", "journal.events", "journal.state", "journal.step"},
    # its engine, over the port
    "journal.clock": set(),
    "journal.owner": {"journal.clock", "journal.events"},
    "journal.store": {"journal.events"},
    "journal.log": {
        "journal.errors",
        "journal.events",
        "journal.fencing",
        "journal.state",
        "journal.store",
    },
    "journal.lease": {
        "anyio",
        "journal.clock",
        "journal.errors",
        "journal.events",
        "journal.owner",
        "journal.store",
    },
    "journal.recorder": {
        "anyio",
        "journal.clock",
        "journal.errors",
        "journal.events",
        "journal.lease",
        "journal.state",
        "journal.store",
    },
    "journal.step": {
        "anyio",
        "journal.clock",
        "journal.errors",
        "journal.events",
        "journal.lease",
        "journal.recorder",
        "journal.state",
    },
    "journal.supervision": {"anyio", "journal.clock", "journal.errors", "journal.step"},
    "journal.attempt": {"anyio", "journal"},
    "journal.runner": {"journal"},
    "journal": {"journal"},
    # its adapters
    "journal.certificates": set(),
    "journal.small_files": set(),
    "journal.redaction": set(),
    "journal.stores": {"journal.errors", "journal.redaction", "journal.store", "journal.stores"},
    "journal.stores.redacting": {"journal.events", "journal.redaction", "journal.store"},
    "journal.stores.memory": {"journal.errors", "journal.events", "journal.store"},
    "journal.stores.sqlite": {
        "anyio",
        "orjson",
        "journal.clock",
        "journal.codec",
        "journal.errors",
        "journal.events",
        "journal.store",
    },
    "journal.stores.rest": {
        "anyio",
        "certifi",
        "httpcore",
        "orjson",
        "journal.certificates",
        "journal.errors",
        "journal.redaction",
        "journal.small_files",
    },
    "journal.stores.weaviate": {
        "anyio",
        "orjson",
        "journal.codec",
        "journal.errors",
        "journal.events",
        "journal.store",
        "journal.stores.rest",
        "schemas",
    },
    "schemas": {"yaml"},
    # records and input files
    "ingest.records": {"journal.errors"},
    "ingest": set(),
    "ingest.esco": {"ingest.esco", "ingest.records", "schemas"},
    "ingest.sample": {"ingest.esco.files", "ingest.records", "ingest.sample"},
    "ingest.data_folder": {"ingest.esco.files", "ingest.records"},
    "ingest.seal": {"ingest.esco.files"},
    "ingest.sources": {
        "ingest.data_folder",
        "ingest.esco",
        "ingest.records",
        "ingest.sample",
        "ingest.seal",
        "journal",
    },
    # the pure core of loading
    "ingest.order": {"numpy"},
    "ingest.pace": set(),
    "ingest.decision": {"ingest.records", "journal.plan", "journal.state"},
    "ingest.target": {"ingest.records", "numpy"},
    "ingest.objects": {"ingest.records", "ingest.target", "orjson"},
    # loading, over the ports
    "ingest.spool": set(),
    "ingest.catalogue": {
        "ingest.objects",
        "ingest.order",
        "ingest.records",
        "ingest.spool",
        "ingest.target",
        "numpy",
        "orjson",
        "schemas",
    },
    "ingest.sending": {"anyio", "ingest.pace", "ingest.target", "journal"},
    "ingest.looking": {"anyio", "journal.errors"},
    "ingest.comparison": {
        "ingest.catalogue",
        "ingest.looking",
        "ingest.objects",
        "ingest.target",
        "numpy",
    },
    "ingest.visibility": {"ingest.comparison", "ingest.looking", "ingest.target"},
    "ingest.wholes": {"ingest.catalogue", "ingest.embedders", "ingest.objects", "ingest.target"},
    "ingest.scrutiny": {
        "ingest.catalogue",
        "ingest.comparison",
        "ingest.embedders",
        "ingest.target",
        "ingest.visibility",
        "ingest.wholes",
        "numpy",
    },
    "ingest.inspection": {
        "ingest.catalogue",
        "ingest.comparison",
        "ingest.embedders",
        "ingest.scrutiny",
        "ingest.target",
        "ingest.visibility",
    },
    "ingest.mending": {
        "anyio",
        "ingest.comparison",
        "ingest.loader",
        "ingest.pace",
        "ingest.sending",
        "ingest.visibility",
        "ingest.wholes",
        "journal",
    },
    "ingest.repair": {
        "anyio",
        "ingest.class_changes",
        "ingest.comparison",
        "ingest.decision",
        "ingest.esco_classes",
        "ingest.inspection",
        "ingest.loader",
        "ingest.mending",
        "ingest.objects",
        "ingest.report",
        "ingest.validation",
        "journal",
    },
    "ingest.loader": {
        "anyio",
        "ingest.catalogue",
        "ingest.embedders",
        "ingest.objects",
        "ingest.pace",
        "ingest.records",
        "ingest.sending",
        "ingest.target",
        "journal",
    },
    "ingest.verify": {
        "anyio",
        "ingest.comparison",
        "ingest.loader",
        "ingest.mending",
        "ingest.objects",
        "ingest.visibility",
        "ingest.wholes",
        "journal",
    },
    "ingest.esco_classes": {"orjson", "schemas"},
    "ingest.class_changes": {"ingest.target", "journal"},
    "ingest.esco_pipeline": {
        "ingest.catalogue",
        "ingest.class_changes",
        "ingest.esco_classes",
        "ingest.loader",
        "ingest.target",
        "ingest.verify",
        "journal",
    },
    "ingest.validation": {
        "ingest.catalogue",
        "ingest.comparison",
        "ingest.decision",
        "ingest.embedders",
        "ingest.esco_classes",
        "ingest.inspection",
        "ingest.loader",
        "ingest.objects",
        "ingest.report",
        "ingest.target",
        "ingest.visibility",
        "journal",
    },
    # adapters
    "ingest.embedders": {"anyio", "ingest.embedders", "ingest.records", "numpy", "journal.errors"},
    "ingest.embedders.t2v": {
        "anyio",
        "httpx",
        "ingest.embedders",
        "ingest.records",
        "journal.errors",
        "numpy",
        "orjson",
        "tenacity",
    },
    "ingest.embedders.word_vectors": {"ingest.embedders", "numpy", "wordllama", "journal.errors"},
    "ingest.targets": {
        "anyio",
        "ingest.objects",
        "ingest.records",
        "ingest.target",
        "ingest.targets",
        "journal.errors",
        "numpy",
        "orjson",
        "schemas",
    },
    "ingest.targets.weaviate": {
        "anyio",
        "google",
        "grpc",
        "httpx",
        "ingest.looking",
        "ingest.objects",
        "ingest.records",
        "ingest.target",
        "ingest.targets",
        "journal.certificates",
        "journal.errors",
        "journal.redaction",
        "journal.small_files",
        "numpy",
        "orjson",
        "schemas",
        "weaviate",
    },
    # the service, over the ports
    "ingest.serve": {
        "anyio",
        "ingest.decision",
        "ingest.embedders",
        "ingest.esco_classes",
        "ingest.lines",
        "ingest.records",
        "ingest.report",
        "ingest.serve",
        "ingest.target",
        "journal",
        "orjson",
        "schemas",
        "starlette",
    },
    "ingest.serve.server": {"anyio", "ingest.records", "starlette", "uvicorn"},
    # wiring and face
    "ingest.wiring": {"anyio", "ingest", "journal"},
    "ingest.settings": {"ingest.plain_http", "ingest.records", "ingest.settings", "yaml"},
    "ingest.plain_http": set(),
    "ingest.rights": set(),
    "ingest.origins": {"ingest.settings"},
    "ingest.diagnosis": {"ingest.report"},
    "ingest.doctor": {
        "anyio",
        "ingest.data_folder",
        "ingest.diagnosis",
        "ingest.doctor",
        "ingest.embedders",
        "ingest.rights",
        "ingest.settings",
        "ingest.targets.weaviate_schema",
        "ingest.wording",
        "journal",
        "schemas",
    },
    "ingest.lines": {"ingest.records", "ingest.report", "journal", "orjson"},
    "ingest.report": {"ingest.decision", "ingest.target", "journal"},
    "ingest.replay": {"ingest.lines", "ingest.records", "ingest.report", "journal", "orjson"},
    "ingest.wording": {"journal.events"},
    "ingest.tables": {
        "ingest.diagnosis",
        "ingest.lines",
        "ingest.report",
        "ingest.replay",
        "ingest.tables",
        "ingest.target",
        "ingest.wiring",
        "ingest.wording",
        "journal",
        "rich",
    },
    "ingest.progress": {"ingest.wording", "journal", "rich"},
    "ingest.cli": {"anyio", "ingest", "journal", "orjson", "rich", "click"},
}
PURE = (
    "journal.errors",
    "journal.events",
    "journal.fencing",
    "journal.state",
    "journal.codec",
    "journal.redaction",
    "ingest.order",
    "ingest.objects",
    "ingest.pace",
    "ingest.decision",
)
WORLDLY = {"os", "io", "time", "random", "secrets", "socket", "subprocess", "pathlib", "asyncio"}


def modules() -> list[str]:
    """Return every module of the packages, dotted."""
    found = []
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found.append(".".join(part for part in parts if part != "__init__"))
    return found


def source(module: str) -> str:
    """Return the module's text."""
    path = ROOT / Path(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return file.read_text(encoding="utf-8")


def imported(text: str) -> Iterator[str]:
    """Yield the dotted names that the text imports."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide what they mean"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layer_of(module: str, layers: dict[str, set[str]]) -> str:
    """Return the longest entry that is `module`, a package of it, or the start of its name.

    "ingest.tables_findings" belongs to "ingest.tables": what shares a beginning is one layer.
    """
    fitting = [
        name for name in layers if module == name or module.startswith((f"{name}.", f"{name}_"))
    ]
    return max(fitting, key=len, default="")


def forbidden(module: str, text: str) -> list[str]:
    """Return what the module imports and its layer does not allow."""
    allowed = ALLOWED[layer_of(module, ALLOWED)]
    wrong = []
    for name in imported(text):
        top = name.partition(".")[0]
        if top in sys.stdlib_module_names:
            if module in PURE and top in WORLDLY:
                wrong.append(name)
        elif not any(
            name == entry or name.startswith((f"{entry}.", f"{entry}_")) for entry in allowed
        ):
            wrong.append(name)
    return wrong


@pytest.mark.parametrize("module", modules())
def test_every_module_stays_in_its_layer(module: str) -> None:
    assert layer_of(module, ALLOWED), f"{module} belongs to no layer: add it to the table"
    assert forbidden(module, source(module)) == []


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("journal.state", "import time"),
        ("journal.runner", "from ingest.records import Concept"),
        ("ingest.loader", "import weaviate"),
        ("ingest.targets.sqlite", "import httpx"),
        ("ingest.esco.rows", "from ingest.wiring import ingest"),
        ("ingest.cli.app", "import weaviate"),
    ],
)
def test_the_table_refuses_what_it_should(module: str, text: str) -> None:
    assert forbidden(module, text) != []
