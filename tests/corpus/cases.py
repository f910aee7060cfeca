"""The whole table, in the order in which docs/bad-input.md shows it."""

from tests.corpus import (
    class_cases,
    command_cases,
    csv_cases,
    journal_cases,
    server_cases,
    vector_cases,
    yaml_cases,
    zip_cases,
)

KINDS = {
    "CSV files": csv_cases.CASES,
    "Zips and folders": zip_cases.CASES,
    "Configuration files": yaml_cases.CASES,
    "Embedders": vector_cases.CASES,
    "Servers": server_cases.CASES,
    "Classes and journals in a server already": class_cases.CASES,
    "Journals and database files": journal_cases.CASES,
    "Command line and environment": command_cases.CASES,
}
CASES = tuple(case for cases in KINDS.values() for case in cases)
