"""The errors of this wheel, and the exceptions that a task may raise or receive.

```
Exception
├── HandledException              to be shown in one line, without a traceback
│   └── ConfigError               something is wrong with a configuration or its class
│       ├── DeclarationError          a class declares what cannot work      (TypeError)
│       ├── InvalidValueError         values that a parameter refuses        (ValueError)
│       │   ├── ForbiddenValueError       read-only, generated, sealed, None (AttributeError)
│       │   └── PositionalArgumentError   `Model.C(3)`                       (TypeError)
│       ├── UnsetParameterError       a parameter without value was read     (AttributeError)
│       ├── UnknownAttributeError     an attribute that nothing declares     (AttributeError)
│       ├── SealedError               a sealed configuration was changed     (AttributeError)
│       ├── IdentifierError           a value has no identifier              (ValueError)
│       ├── CompositionError          `outer @ inner` fits nowhere           (ValueError)
│       ├── InstanceError             a value object cannot be built         (ValueError)
│       ├── SubmitError               a task cannot be submitted             (RuntimeError)
│       └── SerializationError        something cannot be saved, or loaded   (ValueError)
├── GracefulTimeout               a task asks to be run again later
└── TaskCancelled                 a task is told to stop
```
"""

from __future__ import annotations

__all__ = [
    "CompositionError",
    "ConfigError",
    "DeclarationError",
    "ForbiddenValueError",
    "GracefulTimeout",
    "HandledException",
    "IdentifierError",
    "InstanceError",
    "InvalidValueError",
    "PositionalArgumentError",
    "SealedError",
    "SerializationError",
    "SubmitError",
    "TaskCancelled",
    "UnknownAttributeError",
    "UnsetParameterError",
]


class HandledException(Exception):
    """An error whose message says everything: shown without a traceback."""


class ConfigError(HandledException):
    """Something is wrong with a configuration, or with the class of one."""


class DeclarationError(ConfigError, TypeError):
    """A configuration class declares something that cannot work."""


class InvalidValueError(ConfigError, ValueError):
    """One or more values are refused by the parameters they were given to."""


class ForbiddenValueError(InvalidValueError, AttributeError):
    """A value was given to a constant or generated parameter, or `None` to a required one."""


class PositionalArgumentError(InvalidValueError, TypeError):
    """A configuration was built with positional arguments."""


class UnsetParameterError(ConfigError, AttributeError):
    """A parameter that has no value was read."""


class UnknownAttributeError(ConfigError, AttributeError):
    """An attribute was set that the class does not declare."""


class SealedError(ConfigError, AttributeError):
    """A sealed configuration was to be changed."""


class IdentifierError(ConfigError, ValueError):
    """A configuration has no identifier: a value is missing, or cannot be encoded."""


class CompositionError(ConfigError, ValueError):
    """The right operand of `@` fits no parameter of the left one, or fits several."""


class InstanceError(ConfigError, ValueError):
    """A value object cannot be built from a configuration."""


class SubmitError(ConfigError, RuntimeError):
    """A task cannot be submitted, or what is asked of it needs that it is, or is not yet."""


class SerializationError(ConfigError, ValueError):
    """A configuration cannot be saved, or a file cannot be loaded."""


class GracefulTimeout(Exception):
    """Raised by a resumable task that saved its state and wants to be run again."""


class TaskCancelled(Exception):
    """Raised in a task that is told to stop.

    Attributes:
        remaining_time: seconds left before the process is killed, if known.
    """

    def __init__(self, message: str = "", remaining_time: float | None = None) -> None:
        super().__init__(message)
        self.remaining_time = remaining_time


def nearest_name(name: str, known: object) -> str | None:
    """The name of `known` that looks most like `name`, if one does."""
    import difflib  # heavy, and only needed to explain a mistake

    matches = difflib.get_close_matches(name, [str(k) for k in known], n=1)  # type: ignore[attr-defined]
    return matches[0] if matches else None
