from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from xpm_scheduler.services import ServiceState
from xpm_scheduler.services.errors import ServiceFailed

HERE = Path(__file__).parent


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_program_is_started_and_ended_and_its_output_is_in_the_logs(
    some: Any, tmp_path: Path
) -> None:
    program = some.Program(log_directory=tmp_path)
    assert program.get_url() == "http://localhost:8123"
    assert "serving at" in (tmp_path / "logs.err").read_text()
    process = program.process
    assert is_alive(process.pid)
    program.stop()
    assert program.state is ServiceState.STOPPED
    assert not is_alive(process.pid)


def test_a_program_that_ends_before_it_is_ready_is_an_error_with_its_last_lines(
    some: Any, tmp_path: Path
) -> None:
    program = some.Program("import sys; sys.exit('no such port')", tmp_path)
    with pytest.raises(ServiceFailed, match="ended with code 1\n    no such port"):
        program.get_url()
    assert program.state is ServiceState.ERROR


def test_a_program_that_is_killed_while_it_serves_is_shown_as_an_error(
    some: Any, tmp_path: Path
) -> None:
    program = some.Program(log_directory=tmp_path)
    program.get_url()
    serving = program._serving
    program.process.kill()
    assert serving.over.wait(20)
    assert program.state is ServiceState.ERROR
    assert "ended with code -9" in program.error


def test_a_program_without_a_folder_for_its_logs_says_so(some: Any) -> None:
    with pytest.raises(ServiceFailed, match="it has no log_directory"):
        some.Program().get_url()


def test_a_program_that_does_not_exist_is_an_error(some: Any, tmp_path: Path) -> None:
    class Missing(some.Program):  # type: ignore[misc]
        def _build_command(self) -> list[str]:
            return ["no-such-program-anywhere"]

    with pytest.raises(ServiceFailed, match="FileNotFoundError"):
        Missing(log_directory=tmp_path).get_url()


def test_the_program_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        f"sys.path.insert(0, {str(HERE)!r})\n"
        "from pathlib import Path\n"
        "from some_services import Program\n"
        f"program = Program(log_directory=Path({str(tmp_path)!r}))\n"
        "program.get_url()\n"
        "print(program.process.pid)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, env={**os.environ}
    )
    assert not is_alive(int(done.stdout))
