"""Every exception becomes one message and an exit code."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
from xpm_cli import errors
from xpm_cli.errors import BadInput, CliError, NotFound, UserCodeError, explain, user_frames
from xpm_config.errors import HandledException
from xpm_store.errors import FilterError


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (NotFound("no such run"), 1, "no such run"),
        (BadInput("wrong"), 2, "wrong"),
        (HandledException("of another wheel"), 1, "of another wheel"),
        (FilterError("a =", 3, "expected a value"), 2, "filter, column 4: expected a value"),
        (FileNotFoundError(2, "No such file or directory", "x.yaml"), 1, "x.yaml: No such file"),
    ],
)
def test_what_was_foreseen_is_told_as_it_is(error: Exception, code: int, text: str) -> None:
    explanation = explain(error)

    assert explanation.exit_code == code
    assert explanation.text.startswith(text)
    assert "defect" not in explanation.text


def test_what_nobody_expected_is_called_a_defect_and_says_how_to_see_more() -> None:
    explanation = explain(ZeroDivisionError("division by zero"))

    assert explanation.exit_code == 1
    assert explanation.text.startswith("Unexpected ZeroDivisionError: division by zero\n")
    assert "experimaestro --traceback" in explanation.text


def test_the_frames_of_the_user_are_those_outside_our_packages_and_the_interpreter(
    tmp_path: Path,
) -> None:
    code = compile("import json\njson.loads('{')\n", str(tmp_path / "mine.py"), "exec")
    try:
        exec(code, {})
    except ValueError as error:
        frames = user_frames(error)
        message = str(UserCodeError("reading", error))

    assert [(Path(f.file).name, f.line) for f in frames][-1] == ("mine.py", 2)
    assert "json/decoder.py" not in message


def test_the_tree_in_the_documentation_is_that_of_the_classes() -> None:
    drawn = inspect.getdoc(errors) or ""
    classes = [
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, CliError)
    ]

    assert [name for name in classes if name not in drawn] == []
