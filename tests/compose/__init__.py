"""The compose file on a real engine: what happens to it on purpose, and what must come of it.

`scripts/compose-drill` runs it and prints a table; the marker `compose` runs it as a test.
"""
