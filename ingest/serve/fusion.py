"""Hybrid search: what is near and what matches, ranked together, the same way for every store.

Pure. Each ranking's scores are brought to 0..1 and their mean decides. Not reciprocal rank: by
rank alone a word that is everywhere counts as much as a rare one, and among the sample's 180
skills "fixing a bike" found "publish pictures of brakes" first, for the sake of its "a".
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ingest.target import Hit

# How much of each ranking takes part, whatever the limit: so the first ten of a hundred are
# the ten of a search for ten.
DEPTH = 200
# What a keyword score (BM25) must reach to count in full, were it the best: below it only words
# match that are nearly everywhere.
TELLING_SCORE = 1.0


def fused(*, near: Sequence[Hit], matching: Sequence[Hit], limit: int) -> list[Hit]:
    """Return the hits of both rankings, best first, ties by uri; scores are within 0..1.

    `near` holds cosines: what counts is how far a hit is above the last of them. `matching`
    holds keyword scores, which have another scale in each store, but begin at 0 in all.
    """
    nearness = _shares(near, floor=min((hit.score for hit in near), default=0.0))
    match = _shares(matching, least_best=TELLING_SCORE)
    found = {hit.uri: hit for hit in (*near, *matching)}
    scores = {uri: (nearness.get(uri, 0.0) + match.get(uri, 0.0)) / 2 for uri in found}
    ordered = sorted(scores, key=lambda uri: (-scores[uri], uri))
    return [replace(found[uri], score=scores[uri]) for uri in ordered[:limit]]


def _shares(
    ranking: Sequence[Hit], *, floor: float = 0.0, least_best: float = 0.0
) -> Mapping[str, float]:
    """Return each hit's score as its share of the best one's, both counted from `floor`."""
    best = max((hit.score for hit in ranking), default=0.0) - floor
    best = max(best, least_best)
    return {hit.uri: (hit.score - floor) / best if best > 0 else 1.0 for hit in ranking}
