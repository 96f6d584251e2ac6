"""Counter tokens: so many units, shared by the jobs of all the experiments of a user."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from xpm_store.errors import NotEnoughUnits
from xpm_store.settings import config_folder
from xpm_store.tokens import TokenFolder

from xpm_scheduler.errors import SchedulerError, UnknownToken
from xpm_scheduler.shared import TokenDemand

if TYPE_CHECKING:
    from xpm_config.config import Config

    from xpm_scheduler.connectors.base import Connector

    C = TypeVar("C", bound=Config)

__all__ = ["CounterToken", "create_token", "named_token"]

logger = logging.getLogger("xpm")


class CounterToken:
    """A number of units; a job that asks for some holds them while it runs.

    Units are taken all or none, by the jobs that wait in the order in which they were ready, and
    come back whatever becomes of the job and of its scheduler. What a job asks for of several
    tokens is taken together.

    Args:
        name: Its name, that of its folder.
        path: Its folder; that of the user's tokens by default.
        total: How many units there are; None to leave what was said before.

    Concurrency: any process; the last one who says how many units there are is right.

    Example:
        >>> gpu = CounterToken("gpu", 2)  # doctest: +SKIP
        >>> gpu(1, Train.C(lr=1e-3)).submit()  # doctest: +SKIP
    """

    def __init__(self, name: str, total: int | None = None, *, path: Path | None = None) -> None:
        self.name = _checked(name)
        self.folder = TokenFolder(None, name) if path is None else TokenFolder.at(path, name)
        if total is not None:
            self._set_total(total)

    def __repr__(self) -> str:
        return f"<CounterToken {self.name}: {self.total} units>"

    @property
    def path(self) -> Path:
        """Its folder."""
        return self.folder.path

    @property
    def total(self) -> int:
        """How many units there are."""
        return self.folder.total

    @property
    def available(self) -> int:
        """How many units nobody holds now."""
        return self.folder.available()

    def __call__(self, count: int, task: C) -> C:
        """Makes a task that is not submitted yet need `count` units while it runs; returns it.

        Raises:
            NotEnoughUnits: There are fewer in all.
            ValueError: `count` is not a positive whole number.
        """
        task.add_dependencies(self.dependency(count))
        return task

    def dependency(self, count: int) -> TokenDemand:
        """`count` units, to be given to `task.add_dependencies`.

        Raises:
            NotEnoughUnits: There are fewer in all.
            ValueError: `count` is not a positive whole number.
        """
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise ValueError(
                f"{count!r} units of the token {self.name!r} asked for: expected a whole number, "
                "1 or more"
            )
        total = self.total
        if count > total:
            raise NotEnoughUnits(self.name, count, total)
        return TokenDemand(self.folder, count)

    def _set_total(self, total: int) -> None:
        before = self.folder.total
        if before == total and self.folder.watched.is_dir():
            return
        self.folder.set_total(total)
        if before not in (0, total):
            logger.warning(
                "the token %r has %d units from now on (%d before)", self.name, total, before
            )


def create_token(connector: Connector, name: str, count: int) -> CounterToken:
    """The token of that name where jobs run, with `count` units from now on."""
    path = connector.localpath / "tokens" / f"{_checked(name)}.counter"
    return CounterToken(name, count, path=path)


def named_token(name: str) -> CounterToken:
    """A token that `tokens.yaml`, in the user's configuration folder, declares.

    ```yaml
    countertoken:
      gpu: {tokens: 2}
    ```

    Raises:
        UnknownToken: The file does not declare it, or there is no file.
        SchedulerError: The file is not as expected.
    """
    path = config_folder() / "tokens.yaml"
    declared = _declared(path)
    if name not in declared:
        raise UnknownToken(name, path, sorted(declared))
    return CounterToken(name, declared[name])


def _declared(path: Path) -> dict[str, int]:
    """The units of each token of the file; none without a file."""
    import yaml  # lazy: few experiments have named tokens

    try:
        content: Any = yaml.safe_load(path.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SchedulerError(f"{path} cannot be read: {error}") from error
    if content is None:
        return {}
    tokens = content.get("countertoken") if isinstance(content, dict) else None
    if not isinstance(tokens, dict):
        raise _not_as_expected(path, "no mapping `countertoken` in it")
    for name, fields in tokens.items():
        units = fields.get("tokens") if isinstance(fields, dict) else None
        if isinstance(units, bool) or not isinstance(units, int) or units < 0:
            raise _not_as_expected(path, f"the token {name!r} has {fields!r}")
    return {str(name): fields["tokens"] for name, fields in tokens.items()}


def _not_as_expected(path: Path, problem: str) -> SchedulerError:
    return SchedulerError(
        f"{path}: {problem}; expected `countertoken: {{gpu: {{tokens: 2}}}}`, a number of units "
        "for each token"
    )


def _checked(name: str) -> str:
    """The name of a token, if it can be that of a folder."""
    if not isinstance(name, str) or not name.strip() or name[0] == "." or set("/\0") & set(name):
        raise ValueError(
            f"{name!r} cannot be the name of a token: expected a plain name, for instance 'gpu'"
        )
    return name
