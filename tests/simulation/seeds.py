"""Seeds that once failed, each with the reason, and which fresh ones a test run takes."""

# Every seed that ever found something, with what it was. A seed plays another story whenever the
# simulator draws otherwise, so these are no longer the stories that failed: what each of them found
# has a test of its own, and a planted fault (tests/mutants) that shows that the test finds it.
LOOKED_UP_TOO_LITTLE = (
    "after a server was killed and further attempts, verify looked up only what this attempt knew"
    " to be in doubt: an object stayed out of the vector index"
)
EQUAL_BY_CHANCE = (
    "until a record on a cycle was refused, another one that refers to it equalled what the other"
    " input says of it, sent or left alone; the check took it for an older object"
)
OWN_OLD_NAME = (
    "after a server's restart two old lists of classes in a row let a process take up an epoch that"
    " it had won, unanswered, before somebody won a higher one"
)
FLUSHED_TOO_EARLY = (
    "a write that was given up landed right before the flush at the step's end and blanked four"
    " objects; the flush indexed them anew, in memory only, and a kill after the load took that"
)
LEFT_BY_ANOTHER_INPUT = (
    "an input was abandoned and left an object torn that the next input did not have; that one"
    " completed, and when the first came again it found the object there with the right hash"
)
OWN_EPOCH_AGAIN = (
    "a process that had stood still for longer than its lease claimed anew by an old list, won its"
    " own epoch again and beat with numbers it had used, while another saw no change and took over"
)
FORGOTTEN_UNLOOKED = (
    "an input without the object that another one had left torn was loaded and died before it was"
    " compared; when the first came again, a checkpoint called the object settled, unseen by vector"
)
ONCE_FAILED: dict[int, str] = {
    **dict.fromkeys((12, 21, 41), LOOKED_UP_TOO_LITTLE),
    **dict.fromkeys((280, 6585), EQUAL_BY_CHANCE),
    5685: OWN_OLD_NAME,
    8384: FLUSHED_TOO_EARLY,
    33853: LEFT_BY_ANOTHER_INPUT,
    56935: OWN_EPOCH_AGAIN,
    1170706: FORGOTTEN_UNLOOKED,
}

COUNT = 2_400
PARTS = 24  # so that several test processes share them
FIRST = 1_000_000  # above what is run by hand, mostly
PLACES = 10_000


def fresh(commit: str) -> range:
    """Return the seeds that a run of the tests takes: others for each commit, few of them twice."""
    start = FIRST + COUNT * (int(commit[:8] or "0", 16) % PLACES)
    return range(start, start + COUNT)
