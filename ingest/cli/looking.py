"""How far a look at the objects is, shown like the progress of a load."""

from collections.abc import Callable

from ingest.progress import Display
from journal.step import Progress


def shown(display: Display) -> Callable[[str, int, int], None]:
    """Return what tells the display how many objects of a class were looked at, of how many."""
    from ingest.esco_classes import CLASS_STEPS

    class_names = [class_name for _, class_name in CLASS_STEPS]

    def show(class_name: str, done: int, of: int) -> None:
        progress = Progress(
            step=class_name,
            position=class_names.index(class_name) + 1,
            of=len(class_names),
            settled=done,
            total=of,
            rejected=0,
        )
        display.progress(progress)

    return show
