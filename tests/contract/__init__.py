"""What every implementation of a port owes: one suite a port, run over all of them."""
