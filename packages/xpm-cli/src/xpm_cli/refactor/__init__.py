"""Tools that rewrite the user's source files: pure functions from a text to a text."""
