"""Which events count: those that no later owner has cut off.

Pure. An epoch's owner may be alive without owning any more; what it appends after its
successor looked is kept, shown and left out of the fold.
"""

from collections.abc import Iterable, Mapping, Sequence

from journal.errors import MENDED_BY_HAND, CorruptJournal
from journal.events import Recorded, Started


def effective(events: Iterable[Recorded]) -> list[Recorded]:
    """Return the events that count, sorted by (epoch, seq), identical duplicates once.

    `events` may be the newest epochs only. The first effective cut of an epoch stands;
    a `Started` that is itself fenced cuts nothing.

    Raises:
        CorruptJournal: other content at a position, a gap in an epoch, an event missing that
            a cut says was there.
    """
    epochs = _by_epoch(events)
    cuts = _cuts(epochs)
    _check_nothing_lost(epochs, cuts)
    counting: list[Recorded] = []
    for epoch in sorted(epochs):
        counting += epochs[epoch][: cuts.get(epoch)]
    return counting


def fenced(events: Sequence[Recorded]) -> set[tuple[int, int]]:
    """Return the positions of the events that do not count."""
    counting = {recorded.position for recorded in effective(events)}
    return {recorded.position for recorded in events} - counting


def cuts_for(epoch: int, older: Sequence[Recorded], *, oldest: int = 1) -> dict[int, int]:
    """Return the cuts that `Started` of `epoch` must make, given what was read of older epochs.

    Every effective `Started` has cut all epochs before its own; so what is left to cut are the
    newest effective one's own epoch and the epochs after it, those that look empty too.
    """
    counting = effective(older)
    begun = [recorded.epoch for recorded in counting if isinstance(recorded.event, Started)]
    last: dict[int, int] = {}
    for recorded in older:
        last[recorded.epoch] = max(recorded.seq, last.get(recorded.epoch, 0))
    first = max(begun, default=oldest)
    return {uncut: last.get(uncut, 0) for uncut in range(first, epoch)}


def _check_nothing_lost(epochs: Mapping[int, Sequence[Recorded]], cuts: Mapping[int, int]) -> None:
    """Raise if a cut says that there was more; epochs below the oldest given were not read."""
    oldest = min(epochs, default=0)
    for epoch, cut in cuts.items():
        found = len(epochs.get(epoch, ()))
        if epoch >= oldest and cut > found:
            raise CorruptJournal(
                f"epoch {epoch} of {epochs[oldest][0].pipeline}: expected {cut} events, as its"
                f" successor saw, found {found}: the log lost some; {MENDED_BY_HAND}"
            )


def _by_epoch(events: Iterable[Recorded]) -> dict[int, list[Recorded]]:
    """Return each epoch's events by seq, dense from 1."""
    places: dict[tuple[int, int], Recorded] = {}
    for recorded in events:
        known = places.setdefault((recorded.epoch, recorded.seq), recorded)
        if known is recorded:
            continue
        if known != recorded:
            raise CorruptJournal(
                f"event {recorded.pipeline}/{recorded.epoch}:{recorded.seq} exists with two"
                f" different contents: look at both (`export --all`); {MENDED_BY_HAND}"
            )
    epochs: dict[int, list[Recorded]] = {}
    for position in sorted(places):
        recorded = places[position]
        logged = epochs.setdefault(recorded.epoch, [])
        if recorded.seq != len(logged) + 1:
            raise CorruptJournal(
                f"epoch {recorded.epoch} of {recorded.pipeline}: expected seq"
                f" {len(logged) + 1}, found {recorded.seq}; {MENDED_BY_HAND}"
            )
        logged.append(recorded)
    return epochs


def _cuts(epochs: Mapping[int, Sequence[Recorded]]) -> dict[int, int]:
    """Return the cut that stands for each epoch, from the newest epoch downwards.

    Whether a `Started` counts is decided by newer epochs only, so one pass from the top
    settles each before it is used.
    """
    standing: dict[int, int] = {}
    for epoch in sorted(epochs, reverse=True):
        first = epochs[epoch][0]
        is_cut_off = standing.get(epoch, 1) < 1
        if isinstance(first.event, Started) and not is_cut_off:
            # The lowest effective epoch comes last in this walk and so has the last word.
            standing |= first.event.cuts
    return standing
