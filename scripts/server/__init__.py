"""What `scripts/weaviate` is made of. Standard library only: it runs before any set-up."""
