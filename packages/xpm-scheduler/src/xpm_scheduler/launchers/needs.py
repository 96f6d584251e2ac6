"""Which classes a job needs, as its `params.json` says: what has to be imported for it."""

from __future__ import annotations

from xpm_config.serialization.loader import reachable
from xpm_store.errors import StoreError
from xpm_store.layout import JobFolder
from xpm_store.records import read_params

__all__ = ["Needs", "needed_classes"]

Needs = tuple[tuple[tuple[str, str], ...], ...]
"""A class each: its `module`, `type`, and `file` if there is one, as pairs."""

_WHERE = ("module", "type", "file")


def needed_classes(folder: JobFolder) -> Needs:
    """Return where the classes of a job are, in the order in which the job loads them.

    Complexity: linear in the size of `params.json`.

    Returns:
        Nothing when that cannot be told: the job will say what is wrong.
    """
    try:
        definitions = read_params(folder)["objects"]
        if len(definitions) > 1:
            needed = reachable(definitions, [definitions[-1]["id"]])
            definitions = [d for d in definitions if d["id"] in needed and not d.get("stub")]
        found = [tuple((name, d[name]) for name in _WHERE if name in d) for d in definitions]
    except (StoreError, LookupError, TypeError, AttributeError):
        return ()
    return tuple(dict.fromkeys(found))
