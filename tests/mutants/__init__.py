"""Faults planted in the program on purpose, each with the tests that find it."""
