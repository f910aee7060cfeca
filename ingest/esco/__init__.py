"""ESCO's official CSV download as concepts and relations."""

from ingest.esco.source import EscoSource, open_esco

__all__ = ["EscoSource", "open_esco"]
