"""How fast it is, against the server's own limit and against what a user would take instead.

`scripts/bench` runs parts of it; docs/performance.md is made of what they found.
"""
