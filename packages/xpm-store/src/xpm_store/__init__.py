"""The workspace of an experiment on disk, and the index that answers at once."""
