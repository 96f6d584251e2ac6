"""Tells the daemon of mypy what to check again when a configuration class changes."""

from __future__ import annotations

from mypy.checker import TypeChecker
from mypy.nodes import TypeInfo
from mypy.plugin import CheckerPluginInterface
from mypy.server.trigger import make_trigger, make_wildcard_trigger

from xpm_config.mypy.names import is_configuration


def depend_on(api: CheckerPluginInterface, info: TypeInfo) -> None:
    """Has the place being checked follow the parameters of a class, and of its bases.

    What uses `Model.C(...)` does not, for mypy, use the `__init__` of `Model`.
    """
    options = api.options
    is_followed = options.fine_grained_incremental or options.cache_fine_grained
    if not is_followed or not isinstance(api, TypeChecker):
        return
    target = api.tscope.current_target()
    for base in info.mro:
        if is_configuration(base):
            for trigger in (
                make_wildcard_trigger(base.fullname),
                make_trigger(f"{base.fullname}.__init__"),
            ):
                api.tree.plugin_deps.setdefault(trigger, set()).add(target)
