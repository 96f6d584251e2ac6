"""The plugin itself: which names it acts on, and who acts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from mypy.nodes import TypeInfo
from mypy.options import Options
from mypy.plugin import (
    AttributeContext,
    ClassDefContext,
    FunctionSigContext,
    MethodContext,
    Plugin,
    ReportConfigContext,
)
from mypy.types import FunctionLike, Type

from xpm_config.mypy.classes import analyze_class
from xpm_config.mypy.composition import Compositions, check_composition
from xpm_config.mypy.constructors import configuration_class, refuse_direct_call, value_class
from xpm_config.mypy.names import (
    CONFIGURATION_CLASSES,
    VALUE_CLASS,
    configuration_named,
    is_configuration,
)
from xpm_config.mypy.options import read_options

RECORDS_VERSION = 1
"""Changes with what the plugin keeps in the cache of mypy, so that an older one is not read."""


class ConfigurationPlugin(Plugin):
    """Types what annotations alone cannot: see `docs/how-to/typing.md`.

    Raises:
        PluginOptionsError: The section of the plugin, in the file that configures mypy, is not
            valid.
    """

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self._settings = read_options(options.config_file)
        self._compositions = Compositions()

    def report_config_data(self, ctx: ReportConfigContext) -> dict[str, Any]:
        """What makes mypy check again a module that is in its cache."""
        return {"records": RECORDS_VERSION, "options": self._settings.cache_key()}

    def get_base_class_hook(self, fullname: str) -> Callable[[ClassDefContext], None] | None:
        """For each class with a configuration class among its bases."""
        found = self.lookup_fully_qualified(fullname)
        if found is not None and isinstance(found.node, TypeInfo):
            return analyze_class if is_configuration(found.node) else None
        return analyze_class  # a class in a function has no full name: look at what it derives from

    def get_class_attribute_hook(self, fullname: str) -> Callable[[AttributeContext], Type] | None:
        """For `Model.C`, `Model.XPMConfig` and `Model.XPMValue`."""
        name = fullname.rpartition(".")[2]
        lookup = self.lookup_fully_qualified
        if name in CONFIGURATION_CLASSES:
            return partial(configuration_class, lookup=lookup, compositions=self._compositions)
        if name == VALUE_CLASS:
            return partial(value_class, lookup=lookup)
        return None

    def get_method_hook(self, fullname: str) -> Callable[[MethodContext], Type] | None:
        """For `outer @ inner`."""
        owner, _, name = fullname.rpartition(".")
        if name == "__matmul__" and self._settings.check_composition:
            found = configuration_named(self.lookup_fully_qualified, owner)
            return check_composition if found is not None else None
        return None

    def get_function_signature_hook(
        self, fullname: str
    ) -> Callable[[FunctionSigContext], FunctionLike] | None:
        """For `Model(...)`."""
        if not self._settings.check_direct_calls:
            return None
        found = configuration_named(self.lookup_fully_qualified, fullname)
        return None if found is None else refuse_direct_call(found)
