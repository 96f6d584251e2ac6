"""The package itself: its names, and what importing it loads."""

import subprocess
import sys

import xpm_config


def test_every_published_name_exists() -> None:
    assert len(set(xpm_config.__all__)) == len(xpm_config.__all__)
    for name in xpm_config.__all__:
        assert getattr(xpm_config, name) is not None
    assert dir(xpm_config) == sorted(xpm_config.__all__)


def test_functions_are_not_hidden_by_modules_of_the_same_name() -> None:
    from xpm_config.tags import collect_tags  # noqa: F401 - makes the module an attribute

    assert callable(xpm_config.tags)
    assert callable(xpm_config.progress)


HEAVY = (
    "asyncio sqlite3 subprocess logging inspect ast dataclasses docstring_parser typing_extensions"
)


def test_importing_loads_nothing_heavy() -> None:
    code = (
        "import sys; before = set(sys.modules); from xpm_config import Config, Param; "
        f"print(*(set({HEAVY.split()!r}) & (set(sys.modules) - before)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == []
