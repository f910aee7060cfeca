"""Bad input of every kind, end to end through the command: a table of cases and its one runner."""
