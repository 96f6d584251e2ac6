"""How a notebook shows a configuration: a tree that folds, with identifiers, tags and places."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from xpm_config.errors import ConfigError
from xpm_config.graph import is_configuration

if TYPE_CHECKING:
    from xpm_config.config import Config

__all__ = ["render_html"]

MAX_DEPTH = 12
MAX_ITEMS = 20
MAX_TEXT = 200

STYLE = (
    "<style>.xpm-config details{margin-left:1.2em}.xpm-config .leaf{margin-left:2.2em}"
    ".xpm-config code{background:none}.xpm-config .muted{opacity:.6;font-size:.85em}"
    ".xpm-config .tag{border:1px solid;border-radius:.4em;padding:0 .3em;font-size:.85em}</style>"
)


def render_html(config: Config) -> str:
    """The HTML of a configuration: nothing in it comes from values without being escaped.

    Each configuration can be folded; the first one is open. A configuration that occurs again is
    not unfolded a second time, so cycles are harmless and the size is linear in the graph.
    """
    tree = _Tree()
    return f'<div class="xpm-config">{STYLE}{tree.configuration(config, "", 0)}</div>'


class _Tree:
    """The parts of the tree; remembers what was shown."""

    def __init__(self) -> None:
        self._shown: set[int] = set()

    def configuration(self, config: Config, label: str, depth: int) -> str:
        """A configuration and what is below it."""
        information = config.__xpm__
        name = escape(information.xpmtype.name)
        head = f"{label}<b>{name}</b> {_identifier(config)}{_tags(config)}"
        if id(config) in self._shown or depth > MAX_DEPTH:
            return f'<div class="leaf">{head} <span class="muted">shown above</span></div>'
        self._shown.add(id(config))
        inside = "".join(
            self.value(value, _label(config, parameter), depth + 1)
            for parameter, value in information.values.items()
        )
        inside += "".join(
            self.value(task, f"<i>init task {index}</i>: ", depth + 1)
            for index, task in enumerate(information.init_tasks)
        )
        is_open = " open" if depth == 0 else ""
        return f"<details{is_open}><summary>{head}</summary>{inside}</details>"

    def value(self, value: Any, label: str, depth: int) -> str:
        """A value: configurations and containers fold."""
        if is_configuration(value):
            return self.configuration(value, label, depth)
        if isinstance(value, dict):
            items = [(f"<code>{_text(key)}</code>: ", item) for key, item in value.items()]
            return self._items(value, label, items, depth)
        if isinstance(value, (list, tuple, set)):
            items = [(f"[{index}] ", item) for index, item in enumerate(value)]
            return self._items(value, label, items, depth)
        return f'<div class="leaf">{label}<code>{_text(value)}</code></div>'

    def _items(self, value: Any, label: str, items: list[tuple[str, Any]], depth: int) -> str:
        """A container: on one line, unless it holds configurations or containers."""
        if depth > MAX_DEPTH or not any(_folds(item) for _, item in items):
            return f'<div class="leaf">{label}<code>{_text(value)}</code></div>'
        inside = "".join(self.value(item, name, depth + 1) for name, item in items[:MAX_ITEMS])
        if len(items) > MAX_ITEMS:
            inside += f'<div class="leaf muted">and {len(items) - MAX_ITEMS} more</div>'
        kind = f"{type(value).__name__} of {len(items)}"
        return f"<details><summary>{label}{kind}</summary>{inside}</details>"


def _folds(value: Any) -> bool:
    """Whether a value has a line of its own."""
    return is_configuration(value) or isinstance(value, (list, tuple, set, dict))


def _text(value: Any) -> str:
    """The text of a value, cut and escaped."""
    text = repr(value)
    return escape(text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}…")


def _identifier(config: Config) -> str:
    """The start of the identifier, the whole of it when pointed at; why there is none."""
    try:
        identifier = str(config.__xpm__.identifier)
    except ConfigError as error:
        return f'<span class="muted" title="{escape(str(error))}">no identifier yet</span>'
    return f'<code class="muted" title="{identifier}">{identifier[:8]}</code>'


def _tags(config: Config) -> str:
    """The tags set on the configuration itself."""
    extras = config._xpm.extras
    if extras is None:
        return ""
    return "".join(
        f' <span class="tag">{escape(str(name))}={_text(value)}</span>'
        for name, (value, _) in extras.tags.items()
    )


def _label(config: Config, parameter: str) -> str:
    """The name of a parameter; where it was set is told when it is pointed at."""
    place, kind = config.__xpm__.provenance_of(parameter)
    return f'<span title="{escape(kind)}, {escape(place)}">{escape(parameter)}</span> = '
