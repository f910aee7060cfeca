"""The checks of `doctor`: each looks at one thing, in bounded time, and changes nothing.

A check that fails is a finding like any other and hides none of the rest. Which checks a
store needs is decided in `ingest.wiring.diagnosing`.
"""
