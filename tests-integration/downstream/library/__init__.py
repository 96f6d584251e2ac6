"""Learning to rank, in twenty configuration classes."""
