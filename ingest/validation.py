"""Is what the database holds still what was loaded? Read-only, the journal first.

Knows the comparison and the journal's state. With the input at hand every object is compared;
without it the digests that the run recorded are.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from ingest.catalogue import Catalogue
from ingest.comparison import expected_numbers
from ingest.decision import REPAIR, is_unfinished_repair
from ingest.embedders import Embedder
from ingest.esco_classes import CLASS_STEPS, esco_schemas
from ingest.inspection import Inspection, Looked, inspect_class, nobody_looks
from ingest.loader import mark_all_absent
from ingest.objects import class_digest
from ingest.report import KEYS_A_DIFFERENCE, ClassReport, RelationReport, ValidationReport
from ingest.target import Target
from ingest.visibility import unfiltered, unindexed
from journal import RunState

# Under which steps the log has rejected records, and of which classes. A repair repeats those
# of the load under its own step: a URI is that of one class.
REJECTING_STEPS = (*CLASS_STEPS, *((REPAIR, class_name) for _, class_name in CLASS_STEPS))


def not_completed(state: RunState, *, status: str) -> ValidationReport:
    """Return the report on a pipeline that did not complete: nothing else is looked at.

    `status` is how `status` shows it: interrupted where nobody works on it any more.
    """
    way_out = "resume or run it first"
    if is_unfinished_repair(state):
        way_out = "go on with `varity-journal repair`, or load everything anew"
    return ValidationReport(
        ingestion_status=status,
        errors=[f"the ingestion is {status}, not completed; {way_out}"],
    )


async def validate_against_input(
    state: RunState,
    catalogue: Catalogue,
    target: Target,
    *,
    embedder: Embedder | None,
    looked: Looked = nobody_looks,
) -> ValidationReport:
    """Compare every object with the input; with `embedder` deeply, vectors too."""
    mark_all_absent(catalogue, REJECTING_STEPS, state.rejected)
    classes: dict[str, ClassReport] = {}
    relations: dict[str, RelationReport] = {}
    for _, class_name in CLASS_STEPS:
        inspection = await inspect_class(
            catalogue,
            target,
            class_name,
            expected_numbers(catalogue, class_name),
            embedder=embedder,
            looked=looked,
        )
        classes[class_name] = class_report(catalogue, inspection)
        for name, expected in catalogue.reference_counts(class_name).items():
            found = inspection.difference.references[name]
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
    references = {
        schema.name: [each.name for each in schema.references] for schema in esco_schemas()
    }
    errors: list[str] = []
    classes: dict[str, ClassReport] = {}
    relations: dict[str, RelationReport] = {}
    for _, class_name in CLASS_STEPS:
        hashes: dict[UUID, str] = {}
        uris: dict[UUID, str] = {}
        held: Counter[str] = Counter()
        async for listed in target.listing(class_name):
            hashes[listed.id], uris[listed.id] = listed.content_hash, listed.uri
            held.update(listed.references)
        unseen = await unfiltered(target, class_name, uris)
        unseen |= await unindexed(target, class_name, uris)
        expected = state.counts.get(class_name, 0)
        is_equal = class_digest(hashes) == state.digests.get(class_name)
        classes[class_name] = ClassReport(
            expected=expected,
            found=len(hashes),
            missing=max(0, expected - len(hashes)),
            extra=max(0, len(hashes) - expected),
            # Without the input nobody can say which: the digest only says that some do.
            different=0 if is_equal or len(hashes) < expected else 1,
            invisible=len(unseen),
            invisible_keys=sorted(uris[key] for key in unseen)[:KEYS_A_DIFFERENCE],
        )
        if unseen:
            errors.append(f"{class_name}: {len(unseen)} invisible")
        if not is_equal:
            errors.append(
                f"{class_name}: its objects are not those that the run left; what differs can"
                " only be said with the input at hand"
            )
        for name in references[class_name]:
            key = f"{class_name}.{name}"
            found = held[name]
            relations[key] = RelationReport(expected=state.relations.get(key, 0), found=found)
            # Extra objects hold references too; these counts can not tell them apart.
            if found < relations[key].expected or (
                found > relations[key].expected and not classes[class_name].extra
            ):
                errors.append(_relation_error(key, relations[key]))
    return ValidationReport(
        ingestion_status=str(state.status), classes=classes, relations=relations, errors=errors
    )


def class_report(catalogue: Catalogue, inspection: Inspection) -> ClassReport:
    """Return what an inspection found, with some of the keys."""
    difference = inspection.difference
    uris = catalogue.classes[difference.class_name].uris

    def keys(indices: Iterable[int]) -> list[str]:
        return [uris[index] for index in sorted(indices)[:KEYS_A_DIFFERENCE]]

    return ClassReport(
        expected=difference.expected,
        found=difference.found,
        missing=len(difference.missing),
        extra=len(difference.extra),
        different=len(difference.different),
        invisible=len(inspection.invisible),
        missing_keys=keys(difference.missing),
        extra_keys=[str(key) for key in sorted(difference.extra)[:KEYS_A_DIFFERENCE]],
        different_keys=keys(difference.different),
        invisible_keys=keys(inspection.invisible),
    )


def _class_errors(classes: Mapping[str, ClassReport]) -> Sequence[str]:
    """Return a sentence for each class that differs; extra objects are reported, and no error."""
    return [
        f"{name}: {check.missing} missing, {check.different} different"
        + (f", {check.invisible} invisible" if check.invisible else "")
        for name, check in classes.items()
        if not check.is_whole
    ]


def _relation_errors(relations: Mapping[str, RelationReport]) -> Sequence[str]:
    return [
        _relation_error(name, check)
        for name, check in relations.items()
        if check.expected != check.found
    ]


def _relation_error(name: str, check: RelationReport) -> str:
    return f"{name}: expected {check.expected} references, found {check.found}"
