"""A generated data set in ESCO's layout."""

from ingest.sample.writing import write_sample

__all__ = ["write_sample"]
