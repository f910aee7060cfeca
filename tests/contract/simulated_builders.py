"""The simulated server as a store and as a target, without faults, for the contract suites.

Knows how to build one; whether the model is right is what the suites say.
"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from random import Random
from typing import Any

from ingest.target import Target
from journal.codec import event_id, to_row
from journal.events import Recorded
from journal.store import Store
from schemas import ClassSchema
from tests.contract.store_builders import LEGACY
from tests.contract.target_builders import SCHEMAS
from tests.simulation.dice import Dice, Fault
from tests.simulation.network import Network
from tests.simulation.rest import SimulatedStore
from tests.simulation.server import Server
from tests.simulation.target import SimulatedTarget

METADATA = "Metadata"


class SimulatedKind:
    """A server with nothing in it, on a network that is quick and loses nothing."""

    fences = False

    def __init__(self) -> None:
        self.dice = Dice(0, off=frozenset(Fault))
        self.server = Server(Random(0))
        self.network = Network(self.dice, Random(0), lambda line: None, typical_seconds=0.0)

    @asynccontextmanager
    async def open(self) -> Any:
        """Open the store as one process would."""
        store: Store = SimulatedStore(self.server, self.network, self.dice)
        yield store
        await store.aclose()

    def leave_legacy_row(self) -> None:
        """Write `LEGACY` as a program before events did."""
        properties = {
            "metaType": "ingestion_status",
            "status": LEGACY.status,
            "timestamp": LEGACY.timestamp,
            "details": LEGACY.details,
        }
        self._put("00000000-0000-4000-8000-000000000001", properties)

    def fill(self, events: Sequence[Recorded]) -> None:
        """Write very many events past the port."""
        for event in events:
            place = event_id(event.pipeline, event.epoch, event.seq)
            self._put(str(place), dict(to_row(event)))

    def is_there(self) -> bool:
        """Whether anything has been created."""
        return bool(self.server.collections)

    def _put(self, key: str, properties: dict[str, Any]) -> None:
        body = {"class": METADATA, "id": key, "properties": properties}
        self.server.collections[METADATA].objects[key] = body


class SimulatedTargetStore:
    """The same server, as the store of objects."""

    fences = False

    def __init__(self) -> None:
        self.kind = SimulatedKind()

    def open(
        self,
        *,
        pipeline: str = "esco",
        prefix: str = "",
        schemas: Sequence[ClassSchema] = SCHEMAS,
    ) -> AbstractAsyncContextManager[Target]:
        """Open a target on the server."""
        return self._opened(
            SimulatedTarget(
                self.kind.server,
                self.kind.network,
                self.kind.dice,
                pipeline=pipeline,
                prefix=prefix,
                schemas=schemas,
            )
        )

    @asynccontextmanager
    async def _opened(self, target: SimulatedTarget) -> Any:
        yield target
        await target.aclose()

    def lease(self, epoch: int, *, pipeline: str = "esco") -> None:
        """Nothing to do: the server knows no epochs."""
