"""Tests of the journal: the pure core, the lease, the engine, and what each adapter adds."""
