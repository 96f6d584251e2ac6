"""The root of the command line: what it loads, its exit codes, its error boundary."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner
from xpm_cli.main import COMMANDS, cli

HEAVY = (
    "asyncio",
    "attrs",
    "rich",
    "sqlite3",
    "xpm_config",
    "xpm_monitor",
    "xpm_scheduler",
    "xpm_store",
    "yaml",
)


def loaded_by(*argv: str) -> set[str]:
    """The modules that a command line loads, in an interpreter of its own."""
    code = (
        "import sys, atexit\n"
        "atexit.register(lambda: print(*sys.modules, sep='\\n', file=sys.stderr))\n"
        f"sys.argv = ['experimaestro', *{argv!r}]\n"
        "from xpm_cli.main import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name for name in done.stderr.split() if name.partition(".")[0].isidentifier()}


@pytest.mark.parametrize("argv", [["--help"], ["--version"], ["version"]])
def test_help_and_version_load_nothing_heavy(argv: list[str]) -> None:
    loaded = loaded_by(*argv)

    assert "xpm_cli.main" in loaded
    assert [name for name in HEAVY if name in loaded] == []


def test_the_help_loads_click_and_three_of_our_modules() -> None:
    others = sys.stdlib_module_names | {"__main__", "__mp_main__"}
    loaded = {name for name in loaded_by("--help") if name.partition(".")[0] not in others}

    # installed packages may load things of their own in every interpreter (`.pth` files)
    bare = subprocess.run(
        [sys.executable, "-c", "import sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    ours = {name for name in loaded - set(bare.stdout.split()) if not name.startswith("click")}
    assert ours == {"xpm_cli", "xpm_cli.lazy", "xpm_cli.main"}


def tree() -> list[str]:
    """Every command and group, as it is typed."""

    def below(path: list[str], command: click.Command) -> Iterator[str]:
        if path:
            yield " ".join(path)
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                found = command.get_command(context, name)
                assert found is not None
                yield from below([*path, name], found)

    return list(below([], cli))


@pytest.mark.parametrize("command", tree())
def test_the_help_of_a_command_loads_no_scheduler_no_store_and_no_database(command: str) -> None:
    loaded = loaded_by(*command.split(), "--help")

    heavy = ("asyncio", "attrs", "rich", "sqlite3", "xpm_scheduler", "xpm_store", "yaml")
    assert [name for name in heavy if name in loaded] == []


def test_every_command_of_the_tree_can_be_loaded_and_says_what_it_does() -> None:
    runner = CliRunner()
    for name, address in COMMANDS.items():
        result = runner.invoke(cli, [name, "--help"])
        assert result.exit_code == 0, name
        assert address.summary.rstrip(".") in " ".join(result.stdout.split()), name


def test_an_unknown_command_gets_the_close_name_and_code_2() -> None:
    result = CliRunner().invoke(cli, ["jbos"])

    assert result.exit_code == 2
    assert "No such command 'jbos'. Did you mean 'jobs'?" in result.stderr


def test_no_command_shows_the_help() -> None:
    result = CliRunner().invoke(cli, [])

    assert "Commands:" in result.output


def test_the_version_is_printed_alone_for_scripts() -> None:
    result = CliRunner().invoke(cli, ["version"])

    assert result.exit_code == 0
    assert result.stdout.strip().replace(".", "").isalnum()
    assert CliRunner().invoke(cli, ["--version"]).stdout == f"experimaestro {result.stdout}"


def test_the_module_runs_as_a_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "xpm_cli", "version"], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip()


def test_a_reader_that_leaves_early_gets_no_complaint() -> None:
    done = subprocess.run(
        f"{sys.executable} -m xpm_cli --help | true",
        shell=True,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stderr == ""


def test_a_standard_output_that_is_closed_is_no_error() -> None:
    done = subprocess.run(
        f"{sys.executable} -m xpm_cli --version >&-",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
