"""All mutants, by name."""

from collections.abc import Mapping

from tests.mutants import (
    of_attempts,
    of_claims,
    of_leases,
    of_loading,
    of_logs,
    of_sending,
    of_steps,
    of_stores,
    of_targets,
    of_verifying,
)
from tests.mutants.mutant import Mutant

KINDS: Mapping[str, tuple[Mutant, ...]] = {
    "The log": of_logs.MUTANTS,
    "Claiming an epoch": of_claims.MUTANTS,
    "Holding a lease": of_leases.MUTANTS,
    "Attempts": of_attempts.MUTANTS,
    "Steps and their events": of_steps.MUTANTS,
    "The journal's stores": of_stores.MUTANTS,
    "The load": of_loading.MUTANTS,
    "Sending": of_sending.MUTANTS,
    "Targets": of_targets.MUTANTS,
    "Verification, and what is decided": of_verifying.MUTANTS,
}

MUTANTS: Mapping[str, Mutant] = {
    mutant.name: mutant for mutants in KINDS.values() for mutant in mutants
}
