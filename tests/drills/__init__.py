"""Drills: real processes and a real server, disturbed on purpose, round after round.

`scripts/drill NAME` runs one and prints its figures as one JSON line; docs/drills.md says what
each proves. Built on the acceptance tests' driver, places and digests.
"""
