"""What is run, in which order: scenarios of acts, interleaved round by round.

Pure: it names commands and runs none.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.server import WeaviateServer

KILLED = -9


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A fresh folder, and a fresh server where one is wanted; both go after the scenario."""

    folder: Path
    server: WeaviateServer | None = None

    @property
    def store(self) -> str:
        """The store's URL as our settings have it."""
        return self.server.url if self.server else f"sqlite:///{self.folder / 'varity.db'}"

    @property
    def settings(self) -> dict[str, str]:
        """The environment in which our program finds the store."""
        port = {"WEAVIATE_GRPC_PORT": str(self.server.grpc_port)} if self.server else {}
        return {"VARITY_STORE": self.store, "NON_INTERACTIVE": "true", **port}


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One process, which must end with `code`.

    `is_measured`: else it only makes ready. `keeps` names what of its words is taken beside
    numbers, `outcome` what it must say it did ("" where it does not say).
    """

    name: str
    command: Sequence[str]
    environ: Mapping[str, str] = field(default_factory=dict)
    is_measured: bool = True
    code: int = 0
    keeps: tuple[str, ...] = ()
    outcome: str = ""
    seconds: int = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One way to do a thing: acts one after the other, in a place of its own."""

    part: str
    name: str
    acts: Callable[[Place], Sequence[Act]]
    needs_server: bool = True
    once: bool = False


def interleaved(scenarios: Sequence[Scenario], rounds: int) -> Iterator[tuple[int, Scenario]]:
    """Yield what to run: A B, A B, A B. What drifts meanwhile meets all sides alike."""
    for number in range(rounds):
        for scenario in scenarios:
            if number == 0 or not scenario.once:
                yield number, scenario
