"""The published paths of what describes an experiment."""
