"""How the objects of one class are built from stored values: worked out once, used many times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from xpm_config.errors import SerializationError
from xpm_config.fields import MISSING
from xpm_config.graph import configurations_in
from xpm_config.information import blank
from xpm_config.serialization.restore import restorer

if TYPE_CHECKING:
    from xpm_config.objecttype import ObjectType, Parameter

__all__ = ["ClassPlan"]


class ClassPlan:
    """Builds the objects of a class.

    Attributes:
        restorers: For each parameter, what gives a decoded value its declared type, or None.
    """

    __slots__ = (
        "_config_class",
        "_described",
        "_number_of_parameters",
        "_value_class",
        "restorers",
    )

    def __init__(self, described: ObjectType) -> None:
        self._described = described
        self._config_class: Any = described.config_class
        self._value_class: Any = described.value_class
        self.restorers: dict[str, Callable[[Any], Any] | None] = {
            name: restorer(parameter.type) for name, parameter in described.parameters.items()
        }
        self._number_of_parameters = len(self.restorers)

    def new_instance(self) -> Any:
        """A value object without its parameters."""
        return self._value_class.__new__(self._value_class)

    def fill_instance(
        self, built: Any, values: Mapping[str, Any], identifier: str | None, typename: str
    ) -> None:
        """Give a value object its parameters, and call its `__post_init__`.

        Raises:
            SerializationError: A parameter that needs a value has none.
        """
        built.__init__()
        built.__xpmtypename__ = typename
        built.__xpmidentifier__ = identifier
        for name, value in values.items():
            setattr(built, name, value)
        if len(values) != self._number_of_parameters:
            for name, parameter in self._described.parameters.items():
                if name not in values:
                    setattr(built, name, _default_instance(parameter))
        built.__post_init__()

    def new_configuration(self) -> Any:
        """A configuration object without its parameters."""
        return blank(self._config_class)


def _default_instance(parameter: Parameter) -> Any:
    """The value of a parameter that is not stored: it was added to the class afterwards.

    Raises:
        SerializationError: The parameter has no default.
    """
    if parameter.initial is not MISSING:
        if configurations_in(parameter.initial):
            return _instances_of(parameter.initial)
        return deepcopy(parameter.initial)
    if parameter.factory is not None:
        return parameter.factory()
    if parameter.required or parameter.generator is not None:
        raise SerializationError(
            f"there is no value for {parameter.name}, which the class needs: was the parameter "
            "added since? Give it a default, with field(default=..., ignore_default=True)."
        )
    return None


def _instances_of(value: Any) -> Any:
    """A default that holds configurations, as value objects."""
    if isinstance(value, list):
        return [_instances_of(item) for item in value]
    if isinstance(value, dict):
        return {key: _instances_of(item) for key, item in value.items()}
    return value.instance() if hasattr(value, "instance") else value
