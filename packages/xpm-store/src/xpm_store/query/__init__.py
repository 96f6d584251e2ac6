"""The filter language: text to a checked tree, every mistake shown under the column where it is.

```
filter := and-part ("or" and-part)*
and-part := not-part ("and" not-part)*
not-part := "not" not-part | "(" filter ")" | test
test   := variable ("=" | "==" | "!=" | "<" | "<=" | ">" | ">=") value
        | variable ("~" | "!~") string                regular expression, anchored at the start
        | variable ["not"] "in" "[" value ("," value)* "]"
variable := "@state" | "@name" | … (`FIELDS`) | a tag, `in backquotes` when its name is unusual
value  := "text" | 'text' | number | true | false | a state | a tag
        | 90s 5m 2h 1d (how long) | -2h (two hours ago)
```

Values are compared as text, or as numbers when both sides read as numbers: `lr = 3`, `lr = "3"`
and `lr = 3.0` say the same. A test on a tag that a job does not have is false, so its `not` (and
`!=`, `!~`, `not in`) is true.

Pure: nothing here reads a file or a clock. `xpm_store.index.filters` turns the tree into SQL.
"""

from __future__ import annotations

from xpm_store.query.parser import Parser
from xpm_store.query.tree import (
    FIELDS,
    Ago,
    And,
    Compare,
    Expression,
    Field,
    Kind,
    Literal,
    Match,
    Not,
    OneOf,
    Or,
    Tag,
    Variable,
    number_of,
    referenced_tags,
    text_of,
)

__all__ = [
    "FIELDS",
    "Ago",
    "And",
    "Compare",
    "Expression",
    "Field",
    "Kind",
    "Literal",
    "Match",
    "Not",
    "OneOf",
    "Or",
    "Tag",
    "Variable",
    "number_of",
    "parse",
    "referenced_tags",
    "text_of",
]


def parse(text: str) -> Expression:
    """Read a filter.

    Args:
        text: the filter, for instance `@state = "done" and lr in [0.1, 0.5]`.

    Raises:
        FilterError: the text is not a filter. Its message shows the text with a caret under the
            column of the mistake, what was expected there, and a proposal when one is close.

    Example:
        >>> parse("@duration > 5m").operand
        Literal(text='5m', number=300.0)
    """
    return Parser(text).read()
