"""What is compared, one part of the bench a module."""
