"""How often Python looks for cycles while a load runs: a setting of the whole process."""

import gc

# Nearly everything that a load makes lives for a while and is in no cycle: looking for cycles as
# often as Python does by itself takes a tenth of its time.
THRESHOLDS = (20_000, 20, 50)


def collect_seldom() -> None:
    """Look for cycles seldom from now on; for a process that does nothing but a load."""
    gc.set_threshold(*THRESHOLDS)
