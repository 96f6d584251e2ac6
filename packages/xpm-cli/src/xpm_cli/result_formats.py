"""A table of results as text, CSV, JSON, LaTeX or Parquet."""

from __future__ import annotations

import csv
import io
import json
import math
from typing import TYPE_CHECKING, Any

from xpm_config.serialization.results import Summary, spread
from xpm_monitor.text import escape_controls

from xpm_cli import render
from xpm_cli.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

Row = dict[str, Any]


def cell(value: Any) -> str:
    """A value for a person: four digits, `0.9300 ± 0.0120 (3)` for a summary, `-` for nothing."""
    if value is None:
        return "-"
    if isinstance(value, Summary):
        deviation = "" if value.deviation is None else f" ± {value.deviation:.2g}"
        return f"{_number(value.mean)}{deviation} ({value.n})"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, bool):
        return str(value).lower()
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return escape_controls(text)


def _number(value: float) -> str:
    return f"{value:.4g}"


def headers_of(rows: Sequence[Row]) -> list[str]:
    """The columns of all the rows, in order."""
    return list(dict.fromkeys(name for row in rows for name in row))


def print_text(rows: Sequence[Row]) -> None:
    """Aligned columns; numbers are shortened to four digits."""
    headers = headers_of(rows)
    render.print_table(
        [escape_controls(name) for name in headers],
        [[cell(row.get(name)) for name in headers] for row in rows],
    )


def print_json(rows: Sequence[Row]) -> None:
    """A list of objects; a summary is `{"mean": …, "deviation": …, "n": …}`, a NaN is null."""
    render.print_json([{name: _plain(value) for name, value in row.items()} for row in rows])


def _plain(value: Any) -> Any:
    if isinstance(value, Summary):
        parts = {"mean": value.mean, "deviation": value.deviation, "n": value.n}
        return {name: _plain(part) for name, part in parts.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None  # JSON has no NaN: other programs would refuse the whole output
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def print_csv(rows: Sequence[Row]) -> None:
    """Comma-separated values with all their digits; a summary takes three columns."""
    flat = [spread(row) for row in rows]
    headers = headers_of(flat)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(headers)
    for row in flat:
        writer.writerow([_csv_value(row.get(name)) for name in headers])
    render.echo(text.getvalue().rstrip("\n"))


def _csv_value(value: Any) -> Any:
    """Texts as they are, but for those that a spreadsheet would take for a formula."""
    if isinstance(value, (list, dict, bool)):
        return json.dumps(value)
    if isinstance(value, str) and value[:1] in ("=", "@", "\t", "\r"):
        return f"'{value}"
    return value


_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{character: f"\\{character}" for character in "&%$#_{}"},
}


def _latex_text(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in text)


def _latex_cell(value: Any) -> str:
    if isinstance(value, Summary):
        deviation = "" if value.deviation is None else rf" \pm {value.deviation:.2g}"
        return f"${value.mean:.4g}{deviation}$"
    return _latex_text(cell(value))


def print_latex(rows: Sequence[Row]) -> None:
    """A `tabular` with the rules of the package booktabs; columns of numbers to the right."""
    headers = headers_of(rows)
    kinds = (int, float, Summary, type(None))
    numeric = [all(isinstance(row.get(name), kinds) for row in rows) for name in headers]
    lines = [rf"\begin{{tabular}}{{{''.join('r' if right else 'l' for right in numeric)}}}"]
    lines += [r"\toprule", " & ".join(map(_latex_text, headers)) + r" \\", r"\midrule"]
    for row in rows:
        lines.append(" & ".join(_latex_cell(row.get(name)) for name in headers) + r" \\")
    render.echo("\n".join([*lines, r"\bottomrule", r"\end{tabular}"]))


PRINTERS: Mapping[str, Callable[[Sequence[Row]], None]] = {
    "text": print_text,
    "csv": print_csv,
    "json": print_json,
    "latex": print_latex,
}


def write_parquet(rows: Sequence[Row], path: Path) -> None:
    """Write a Parquet file, replaced at once; lists and mixed columns become JSON texts.

    Raises:
        BadInput: pyarrow is not installed.
    """
    try:
        import pyarrow  # type: ignore[import-not-found, import-untyped, unused-ignore]
        import pyarrow.parquet as parquet  # type: ignore[import-not-found, import-untyped, unused-ignore]
    except ModuleNotFoundError:
        raise BadInput("--parquet needs pyarrow: pip install pyarrow") from None
    flat = [spread(row) for row in rows]
    columns = {name: _of_one_kind([row.get(name) for row in flat]) for name in headers_of(flat)}
    temporary = path.with_name(f".{path.name}.partial")
    parquet.write_table(pyarrow.table(columns), temporary)
    temporary.replace(path)


def _of_one_kind(values: list[Any]) -> list[Any]:
    kinds = {type(value) for value in values if value is not None}
    if kinds == {int, float}:
        return [None if value is None else float(value) for value in values]
    if len(kinds) <= 1 and not kinds & {list, dict}:
        return values
    return [None if value is None else json.dumps(value) for value in values]
