"""Workspaces of experimaestro 1: read as they are, and migrated."""
