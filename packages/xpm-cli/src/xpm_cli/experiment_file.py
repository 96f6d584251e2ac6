"""Reads an experiment written in YAML: imports, files around it, overrides, typed content."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xpm_cli.base_configuration import ConfigurationBase
from xpm_cli.errors import BadInput
from xpm_cli.interpolation import interpolate
from xpm_cli.paths import shown
from xpm_cli.schema import Checker, close_name, fields_of
from xpm_cli.yaml_tree import (
    Mistake,
    Node,
    NoSuchPlace,
    Origin,
    find,
    merge,
    parse,
    read,
    replace_at,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class ExperimentFileError(BadInput):
    """Every mistake of an experiment file, each with its place.

    Attributes:
        mistakes: In the order in which they are told.
    """

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(dict.fromkeys(mistakes))
        if len(self.mistakes) == 1:
            super().__init__(str(self.mistakes[0]))
            return
        lines = [f"{len(self.mistakes)} mistakes in the experiment file:"]
        super().__init__("\n".join(lines + [f"  {mistake}" for mistake in self.mistakes]))


@dataclass(frozen=True, slots=True)
class ExperimentFile:
    """The merged content of an experiment file, before its schema is known.

    Attributes:
        path: The main YAML file, absolute.
        shown_path: The same as messages show it.
        root: The merged mapping.
    """

    path: Path
    shown_path: str
    root: Node

    @property
    def folder(self) -> Path:
        """The folder that relative paths in the file start from."""
        return self.path.parent

    def origin(self, key: str) -> Origin:
        """Where a top-level key was written; the file when it was not."""
        node = find(self.root, [key])
        return Origin(self.shown_path) if node is None else node.origin

    def plain(self) -> dict[str, Any]:
        """The merged content as plain Python values, for `--show`."""
        content: dict[str, Any] = self.root.plain()
        return content

    def general_keys(self, *names: str) -> ConfigurationBase:
        """The keys that any experiment file may hold, whatever the experiment's own schema.

        Args:
            names: Only read these, the others keep their defaults; all by default.

        Raises:
            ExperimentFileError: One of them has the wrong type.
        """
        wanted = names or tuple(f.name for f in fields_of(ConfigurationBase))
        known = {key: node for key, node in (self.root.mapping or {}).items() if key in wanted}
        known.setdefault("id", Node("", Origin(self.shown_path)))
        checker = Checker()
        keys = checker.build(ConfigurationBase, Node(known, self.root.origin), "")
        if checker.mistakes:
            raise ExperimentFileError(checker.mistakes)
        assert isinstance(keys, ConfigurationBase)
        return keys

    def typed(self, schema: type) -> Any:
        """The content as an instance of the schema.

        A schema need not derive from `ConfigurationBase`: the keys of that class are then
        accepted, and left out of the instance.

        Raises:
            ExperimentFileError: With every unknown key, wrong type and missing key.
        """
        own = {f.name for f in fields_of(schema)}
        general = {f.name for f in fields_of(ConfigurationBase)} - own
        entries = self.root.mapping or {}
        content = {key: node for key, node in entries.items() if key not in general}
        checker = Checker()
        value = checker.build(schema, Node(content, Origin(self.shown_path)), "")
        if checker.mistakes:
            raise ExperimentFileError(checker.mistakes)
        self._check_grid(value)
        return value

    def _check_grid(self, value: Any) -> None:
        """Tell what is wrong in the block `grid_search` before anything runs."""
        block = find(self.root, ["grid_search"])
        if block is None or getattr(value, "grid_search", None) is None:
            return
        from xpm_cli.grid_search import GridError, axes_of  # lazy: few files have one

        try:
            axes_of(value)
        except GridError as error:
            below = (block.mapping or {}).get(error.key, block)
            raise ExperimentFileError([Mistake(below.origin, str(error))]) from None


def load(
    path: Path,
    *,
    pre: Sequence[Path] = (),
    post: Sequence[Path] = (),
    overrides: Sequence[str] = (),
) -> ExperimentFile:
    """Read an experiment file and everything around it; what comes later wins.

    The order: `pre` files, imports (depth first), the file, `post` files, overrides. Mappings are
    merged, lists and scalars are replaced. At last, `${env:NAME}` is replaced by the variable.

    Args:
        path: The main YAML file.
        pre: Files merged before it.
        post: Files merged after it.
        overrides: `key.sub=value`, `+key=value`, `~key`; see `apply_override`.

    Raises:
        ExperimentFileError: A file cannot be read, is no mapping, imports itself, or an override
            cannot be applied. All mistakes are told at once.
    """
    mistakes: list[Mistake] = []
    root = Node({}, Origin(shown(path)))
    for part in (*pre, path, *post):
        loaded = _load_with_imports(part, (), mistakes)
        root = merge(root, loaded)
    for override in overrides:
        root = apply_override(root, override, mistakes)
    root = interpolate(root, os.environ, mistakes)
    if mistakes:
        raise ExperimentFileError(mistakes)
    return ExperimentFile(path.resolve(), shown(path), root)


def _load_with_imports(path: Path, above: tuple[Path, ...], mistakes: list[Mistake]) -> Node:
    name = shown(path)
    node, found = read(Path(name))
    mistakes += found
    if node.mapping is None:
        mistakes.append(
            Mistake(node.origin, f"expected a mapping of keys, found {node.describe()}")
        )
        return Node({}, Origin(name))
    base = Node({}, Origin(name))
    for imported in _imports(node, mistakes):
        target = path.parent / str(imported.value)
        chain = (*above, path.resolve())
        if target.resolve() in chain:
            cycle = " → ".join(shown(p) for p in (*chain, target))
            mistakes.append(Mistake(imported.origin, f"the imports form a circle: {cycle}"))
        elif not target.is_file():
            mistakes.append(Mistake(imported.origin, missing_file("the import", target)))
        else:
            base = merge(base, _load_with_imports(target, chain, mistakes))
    return merge(base, node)


def _imports(node: Node, mistakes: list[Mistake]) -> list[Node]:
    """The import nodes of a file, from `imports` or the older `parent`."""
    entries = node.mapping or {}
    parent, imports = entries.get("parent"), entries.get("imports")
    if parent is not None and imports is not None:
        mistakes.append(
            Mistake(parent.origin, "both 'parent' and 'imports' are given: keep 'imports'")
        )
    if imports is not None and imports.items is None:
        mistakes.append(
            Mistake(imports.origin, f"imports: expected a list, found {imports.describe()}")
        )
    wanted = [*([parent] if parent else []), *((imports.items or []) if imports else [])]
    valid = [item for item in wanted if isinstance(item.value, str)]
    mistakes += [
        Mistake(item.origin, f"expected the path of a YAML file, found {item.describe()}")
        for item in wanted
        if item not in valid
    ]
    return valid


def missing_file(what: str, target: Path) -> str:
    """A message for a file that is not there, with the close name when there is one."""
    try:
        names = os.listdir(target.parent)  # noqa: PTH208 - names only
    except OSError:
        return f"{what} {shown(target)} does not exist, nor does its folder"
    return f"{what} {shown(target)} does not exist{close_name(target.name, names)}"


def apply_override(root: Node, text: str, mistakes: list[Mistake]) -> Node:
    """Apply one `-c` option.

    `a.b=VALUE` sets a key (list indices count from 0: `models.0.name=svm`), `+a.b=VALUE` appends to
    a list, `~a.b` removes a key or an item. VALUE is read as YAML: `null`, `[1, 2]`, `{x: 1}`.

    Returns:
        The new content; the same one when a mistake was added.
    """
    origin = Origin(f"-c {text}")
    remove, append = text.startswith("~"), text.startswith("+")
    dotted, equals, written = text.removeprefix("~").removeprefix("+").partition("=")
    path = [part.strip() for part in dotted.split(".")]
    if not all(path) or bool(equals) is remove:
        mistakes.append(Mistake(origin, "expected KEY=VALUE, +KEY=VALUE or ~KEY"))
        return root
    value: Node | None = None
    if not remove:
        value, found = parse(written, origin.source)
        mistakes += [Mistake(origin, mistake.message) for mistake in found]
        if not written.strip():
            value = Node("", origin)
        value = _at(value, origin)
        if append:
            value = _appended(root, path, value, mistakes)
    try:
        return replace_at(root, path, value)
    except NoSuchPlace as error:
        known = find(root, path[:-1])
        names = (known.mapping or {}) if known else {}
        mistakes.append(Mistake(origin, f"{error}{close_name(path[-1], names)}"))
        return root


def _at(node: Node, origin: Origin) -> Node:
    """The same value, said to come from an option."""
    value = node.value
    if node.mapping is not None:
        value = {key: _at(below, origin) for key, below in node.mapping.items()}
    elif node.items is not None:
        value = [_at(below, origin) for below in node.items]
    return Node(value, origin, node.text)


def _appended(root: Node, path: list[str], value: Node, mistakes: list[Mistake]) -> Node:
    present = find(root, path)
    if present is None:
        return Node([value], value.origin)
    if present.items is None:
        message = f"'{'.'.join(path)}' is {present.describe()}, not a list: nothing can be appended"
        mistakes.append(Mistake(value.origin, message))
        return present
    return Node([*present.items, value], value.origin)
