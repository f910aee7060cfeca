"""Programs that are measured: each does one thing in a process of its own, and says its figures."""
