"""What a bad network does to connections, and what one connection through the proxy is."""

import asyncio
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum

RESETS = struct.pack("ii", 1, 0)  # SO_LINGER: closing the socket is a reset


class Fault(Enum):
    """What happens to the connections while it lasts."""

    DELAY = "delay"  # every part arrives late, in both directions
    DROPPED_REPLIES = "dropped replies"  # requests arrive; their connection stays silent for good
    RESET = "reset"  # requests arrive; then the connection is reset
    BLACK_HOLE = "black hole"  # nothing arrives in any direction; when it is over, all of it does
    REFUSED = "refused"  # all connections are reset, new ones refused
    HALF_OPEN = "half-open"  # the server's ends are closed; ours hear nothing of it, ever


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A fault that begins with the client's `part`-th part (from 1) and lasts `seconds`."""

    fault: Fault
    part: int
    seconds: float
    delay_seconds: float = 0.3


class Link:
    """One connection: the client's end and the server's."""

    def __init__(self, near: asyncio.StreamWriter, far: asyncio.StreamWriter) -> None:
        self.near = near
        self.far = far
        self.is_mute = False  # the client hears nothing of it any more, not even its end
        self.is_forgotten = False  # the server hears nothing of it any more

    def reset(self) -> None:
        """Reset both ends at once."""
        for end in (self.near, self.far):
            _reset(end)

    def forget_the_server(self) -> None:
        """Reset the server's end; the client's stays open, and nothing ever comes of it."""
        self.is_mute = self.is_forgotten = True
        _reset(self.far)


def _reset(end: asyncio.StreamWriter) -> None:
    plain = end.get_extra_info("socket")
    with suppress(OSError):  # it is closed already
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESETS)
    end.transport.abort()
