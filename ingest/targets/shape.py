"""When a class that is already there can become the class that it must be.

Pure; knows nothing of any store. A class may lack properties (its creation was cut short):
those are added. Whatever else differs is refused, for a store can not change it in place.
"""

from journal.errors import StoreRefused
from schemas import ClassSchema, PropertySchema, ReferenceSchema


def completed_shape(name: str, there: ClassSchema, wanted: ClassSchema) -> ClassSchema:
    """Return `wanted`, if all that `there` has is part of it.

    Raises:
        StoreRefused: a property or a reference of `there` differs or is not wanted.
    """
    wanted_entries = {entry.name: entry for entry in _entries(wanted)}
    for entry in _entries(there):
        if wanted_entries.get(entry.name) != entry:
            raise StoreRefused(
                f"class {name}: {entry.name} has another shape in the store than in this "
                "version's schema; choose another prefix, or drop the class with "
                "`varity-journal reset`"
            )
    return wanted


def _entries(schema: ClassSchema) -> tuple[PropertySchema | ReferenceSchema, ...]:
    return (*schema.properties, *schema.references)
