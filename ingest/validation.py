"""Is what the database holds still what was loaded? Read-only, the journal first.

Knows the comparison and the journal's state. With the input at hand every object is compared;
without it the digests that the run recorded are.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

import numpy as np

from ingest.catalogue import Catalogue
from ingest.comparison import (
    compare_class,
    expected_hashes,
    is_same,
    reference_difference,
)
from ingest.embedders import Embedder
from ingest.esco_classes import CLASS_STEPS
from ingest.loader import mark_all_absent
from ingest.objects import class_digest, embedding_text
from ingest.report import KEYS_A_DIFFERENCE, ClassReport, RelationReport, ValidationReport
from ingest.target import Target, TargetObject
from journal import RunState

DEEP_CHUNK = 128
# A vector made again on another machine may differ in the last bits of its numbers.
SAME_COSINE = 1 - 1e-4


def not_completed(state: RunState) -> ValidationReport:
    """Return the report on a pipeline that did not complete: nothing else is looked at."""
    return ValidationReport(
        ingestion_status=str(state.status),
        errors=[f"the ingestion is {state.status}, not completed; resume or run it first"],
    )


async def validate_against_input(
    state: RunState,
    catalogue: Catalogue,
    target: Target,
    *,
    embedder: Embedder | None,
) -> ValidationReport:
    """Compare every object with the input; with `embedder` deeply, vectors too."""
    mark_all_absent(catalogue, CLASS_STEPS, state.rejected)
    classes: dict[str, ClassReport] = {}
    relations: dict[str, RelationReport] = {}
    for _, class_name in CLASS_STEPS:
        classes[class_name] = await _class_check(catalogue, target, class_name, embedder)
        wrong = await reference_difference(catalogue, target, class_name)
        for name, expected in catalogue.reference_counts(class_name).items():
            _, found = wrong.get(name, (expected, expected))
            relations[name] = RelationReport(expected=expected, found=found)
    return ValidationReport(
        ingestion_status=str(state.status),
        classes=classes,
        relations=relations,
        errors=[*_class_errors(classes), *_relation_errors(relations)],
    )


async def validate_against_digests(state: RunState, target: Target) -> ValidationReport:
    """Compare counts and digests with those that the run recorded: the input is not there.

    The digests cover the extra objects that the run found. An extra object that came later
    makes them differ like a changed one does: nothing then vouches for the others.
    """
    errors: list[str] = []
    classes: dict[str, ClassReport] = {}
    relations: dict[str, RelationReport] = {}
    for _, class_name in CLASS_STEPS:
        hashes = {key: content_hash async for key, content_hash in target.hashes(class_name)}
        expected = state.counts.get(class_name, 0)
        is_equal = class_digest(hashes) == state.digests.get(class_name)
        classes[class_name] = ClassReport(
            expected=expected,
            found=len(hashes),
            missing=max(0, expected - len(hashes)),
            extra=max(0, len(hashes) - expected),
            # Without the input nobody can say which: the digest only says that some do.
            different=0 if is_equal or len(hashes) < expected else 1,
        )
        if not is_equal:
            errors.append(
                f"{class_name}: its objects are not those that the run left; what differs can"
                " only be said with the input at hand"
            )
        for name, found in (await target.reference_counts(class_name)).items():
            key = f"{class_name}.{name}"
            relations[key] = RelationReport(expected=state.relations.get(key, 0), found=found)
            # Extra objects hold references too; these counts can not tell them apart.
            if found < relations[key].expected or (
                found > relations[key].expected and not classes[class_name].extra
            ):
                errors.append(_relation_error(key, relations[key]))
    return ValidationReport(
        ingestion_status=str(state.status), classes=classes, relations=relations, errors=errors
    )


async def _class_check(
    catalogue: Catalogue, target: Target, class_name: str, embedder: Embedder | None
) -> ClassReport:
    expected = expected_hashes(catalogue, class_name)
    difference = await compare_class(catalogue, target, expected, class_name)
    different = set(difference.different)
    if embedder is not None:
        numbers = {key: index for key, (index, _) in expected.items()}
        different |= await _deeply_different(catalogue, target, class_name, numbers, embedder)
    uris = catalogue.classes[class_name].uris
    return ClassReport(
        expected=difference.expected,
        found=difference.found,
        missing=len(difference.missing),
        extra=len(difference.extra),
        different=len(different),
        missing_keys=[uris[index] for index in sorted(difference.missing)[:KEYS_A_DIFFERENCE]],
        extra_keys=[str(key) for key in sorted(difference.extra)[:KEYS_A_DIFFERENCE]],
        different_keys=[uris[index] for index in sorted(different)[:KEYS_A_DIFFERENCE]],
    )


async def _deeply_different(
    catalogue: Catalogue,
    target: Target,
    class_name: str,
    numbers: Mapping[UUID, int],
    embedder: Embedder,
) -> set[int]:
    """Return the records whose object or vector is not what the input makes of them.

    A changed object keeps its old hash, so that the hash alone says nothing here.
    """
    different: set[int] = set()
    chunk: list[tuple[int, TargetObject]] = []

    async def compare() -> None:
        wholes = [catalogue.to_object(class_name, index) for index, _ in chunk]
        vectors = await embedder.embed([embedding_text(whole.properties) for whole in wholes])
        for (index, found), whole, vector in zip(chunk, wholes, vectors, strict=True):
            near = found.vector is not None and (
                len(found.vector) == len(vector)
                and float(np.dot(found.vector, vector)) >= SAME_COSINE
            )
            if not near or not is_same(found, whole):
                different.add(index)
        chunk.clear()

    async for found in target.objects(class_name):
        if (index := numbers.get(found.id)) is not None:
            chunk.append((index, found))
        if len(chunk) == DEEP_CHUNK:
            await compare()
    if chunk:
        await compare()
    return different


def _class_errors(classes: Mapping[str, ClassReport]) -> Sequence[str]:
    """Return a sentence for each class that differs; extra objects are reported, and no error."""
    return [
        f"{name}: {check.missing} missing, {check.different} different"
        for name, check in classes.items()
        if check.missing or check.different
    ]


def _relation_errors(relations: Mapping[str, RelationReport]) -> Sequence[str]:
    return [
        _relation_error(name, check)
        for name, check in relations.items()
        if check.expected != check.found
    ]


def _relation_error(name: str, check: RelationReport) -> str:
    return f"{name}: expected {check.expected} references, found {check.found}"
