"""How much to send at once: additive increase, multiplicative decrease.

Pure. Batches grow while the target answers quickly and shrink when it pushes back; so does
the number of requests in flight.
"""

SMALLEST_BATCH = 8
FIRST_BATCH = 128
LARGEST_BATCH = 512
BATCH_STEP = 32
MOST_IN_FLIGHT = 4
COMFORTABLE_SECONDS = 1.0


class Pace:
    """The batch size in records and the number of requests that may be in flight."""

    def __init__(self, *, longest_batch: int = LARGEST_BATCH, in_flight: int = 2) -> None:
        self._longest = max(1, longest_batch)
        self.batch = min(FIRST_BATCH, self._longest)
        self.in_flight = in_flight

    def answered(self, seconds: float) -> None:
        """Note a request that was answered in `seconds`."""
        if seconds < COMFORTABLE_SECONDS:
            self.batch = min(self._longest, self.batch + BATCH_STEP)
            self.in_flight = min(MOST_IN_FLIGHT, self.in_flight + 1)
        elif seconds > 4 * COMFORTABLE_SECONDS:
            self.batch = max(min(SMALLEST_BATCH, self._longest), self.batch * 3 // 4)

    def pushed_back(self) -> None:
        """Note that the target asked for less, or did not answer in time."""
        self.batch = max(min(SMALLEST_BATCH, self._longest), self.batch // 2)
        self.in_flight = max(1, self.in_flight // 2)
