"""The ESCO pipeline: its steps, what tells its inputs apart, and what it records.

Knows the loader, the verification and the schemas; nothing of files, settings or stores.
"""

from collections.abc import Mapping
from functools import partial

from ingest.catalogue import Catalogue
from ingest.class_changes import drop_classes, prepare_classes
from ingest.esco_classes import CLASS_STEPS
from ingest.loader import Workshop, load_class, mark_all_absent
from ingest.verify import verify
from journal import Pipeline, Step, StepResult, StepRun
from journal.events import Attribute

LEAST_WINDOW = 1024
WINDOWS_A_STEP = 128


def window_for(catalogue: Catalogue) -> int:
    """Return the window: small, for a crash makes it be written twice, and wide for long steps.

    So the checkpoints of a step stay in the hundreds, however long it is.
    """
    longest = max((len(records) for records in catalogue.classes.values()), default=0)
    return max(LEAST_WINDOW, longest // WINDOWS_A_STEP)


def esco_pipeline(
    name: str,
    workshop: Workshop,
    *,
    source: str,
    fingerprint: str,
    window: int,
    versions: Mapping[str, str],
    attributes: Mapping[str, Attribute],
) -> Pipeline:
    """Return the pipeline that brings `workshop.target` to the catalogue."""
    loads = tuple(
        Step(step, partial(_load, class_name=class_name, workshop=workshop))
        for step, class_name in CLASS_STEPS
    )
    return Pipeline(
        name=name,
        source=source,
        fingerprint=fingerprint,
        steps=(
            Step("schema", partial(_prepare, workshop=workshop)),
            *loads,
            Step("verify", partial(_verify, workshop=workshop), is_wide=True),
        ),
        window=window,
        versions=versions,
        attributes=attributes,
        own=workshop.target.own,
        disconnect=workshop.target.disconnect,
    )


async def _prepare(run: StepRun, *, workshop: Workshop) -> None:
    """Create the classes; a run that replaces a sample or another embedder drops them first."""
    if run.state.attributes.get("drops_first"):
        await drop_classes(
            workshop.target,
            request=run.request,
            check=run.check,
            request_seconds=workshop.request_seconds,
        )
    await prepare_classes(run, workshop.target)


async def _load(run: StepRun, *, class_name: str, workshop: Workshop) -> StepResult:
    # Steps that an earlier attempt completed rejected records that this process never saw.
    mark_all_absent(workshop.catalogue, CLASS_STEPS, run.state.rejected)
    await prepare_classes(run, workshop.target)
    return await load_class(run, class_name, workshop)


async def _verify(run: StepRun, *, workshop: Workshop) -> StepResult:
    """Verify, and sum up under the names that users of the old journal query."""
    await prepare_classes(run, workshop.target)
    result = await verify(run, workshop, CLASS_STEPS)
    counts, relations = run.state.counts, run.state.relations
    return StepResult(
        digests=result.digests,
        summary={
            **result.summary,
            "total_skills": counts.get("Skill", 0),
            "total_occupations": counts.get("Occupation", 0),
            "total_relations": sum(relations.values()),
        },
    )
