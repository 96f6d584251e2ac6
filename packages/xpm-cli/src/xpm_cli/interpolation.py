"""`${env:NAME}` in YAML values: replaced by a variable of the environment."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from xpm_cli.schema import close_name
from xpm_cli.yaml_tree import Mistake, Node, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

# `${env:NAME}`, `${env.NAME}`, `${oc.env:NAME}`, and a default: `${env:NAME,default}`
_VARIABLE = re.compile(r"\$\{(?:oc\.)?env[:.](?P<name>\w+)(?:,(?P<default>[^}]*))?\}")


def interpolate(node: Node, environ: Mapping[str, str], mistakes: list[Mistake]) -> Node:
    """The value with its variables replaced; other uses of `${…}` are left as they are.

    A value that is not quoted and is one variable alone is read as YAML: it may become a number.

    Args:
        node: The value.
        environ: The variables.
        mistakes: Gets one for each variable that is not set and has no default.
    """
    if node.mapping is not None:
        inside = {key: interpolate(n, environ, mistakes) for key, n in node.mapping.items()}
        return Node(inside, node.origin)
    if node.items is not None:
        return Node([interpolate(n, environ, mistakes) for n in node.items], node.origin)
    if not isinstance(node.value, str) or "${" not in node.value:
        return node

    def replaced(match: re.Match[str]) -> str:
        name, default = match["name"], match["default"]
        if name in environ:
            return environ[name]
        if default is None:
            message = f"the environment variable {name} is not set{close_name(name, environ)}"
            mistakes.append(Mistake(node.origin, message))
        return default or ""

    text = _VARIABLE.sub(replaced, node.value)
    if node.text is not None and _VARIABLE.fullmatch(node.value):
        read, wrong = parse(text, node.origin.source)
        if text.strip() and not wrong and read.mapping is None and read.items is None:
            return Node(read.value, node.origin, text)
    return Node(text, node.origin, None)
