from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from xpm_scheduler.services import Service, ServiceState, resolve_service
from xpm_scheduler.services.errors import NoSuchService, ServiceNotRestored


class Told:
    def __init__(self) -> None:
        self.states: list[tuple[ServiceState, str | None]] = []

    def service_state_changed(self, service: Service) -> None:
        self.states.append((service.state, service.error))


def test_listeners_are_told_of_each_new_state_and_of_errors_with_their_text(some: Any) -> None:
    service, told = some.Notes(Path("/notes")), Told()
    service.add_listener(told)
    service.state = ServiceState.STARTING
    service.state = ServiceState.STARTING
    service.set_error("no space left")
    service.state = ServiceState.STOPPED
    service.remove_listener(told)
    service.state = ServiceState.RUNNING
    assert told.states == [
        (ServiceState.STARTING, None),
        (ServiceState.ERROR, "no space left"),
        (ServiceState.STOPPED, None),
    ]


def test_a_listener_that_fails_is_logged_and_the_others_are_told(
    some: Any, caplog: pytest.LogCaptureFixture
) -> None:
    class Fails:
        def service_state_changed(self, service: Service) -> None:
            raise ValueError("not today")

    service, told = some.Notes(Path("/notes")), Told()
    service.add_listener(Fails())
    service.add_listener(told)
    service.state = ServiceState.RUNNING
    assert told.states == [(ServiceState.RUNNING, None)]
    assert "a listener of the service notes failed" in caplog.text


def test_a_service_is_made_again_from_what_was_recorded(some: Any) -> None:
    first = some.Notes(Path("/notes"))
    again = Service.from_state_dict(first.class_name, first.recorded_state())
    assert type(again) is some.Notes
    assert again.description() == "notes in /notes"
    moved = Service.from_state_dict(
        first.class_name, first.recorded_state(), lambda path: Path("/there") / path.name
    )
    assert moved.description() == "notes in /there/notes"


def test_a_service_of_a_script_is_found_by_its_file(tmp_path: Path) -> None:
    script = tmp_path / "script_with_a_service.py"
    script.write_text(
        "from xpm_scheduler.services import Service\n"
        "class Mine(Service):\n"
        "    id = 'mine'\n"
        "    def __init__(self, size):\n"
        "        self.size = size\n"
        "if __name__ == '__main__':\n"
        "    raise SystemExit('not when it is only read')\n"
    )
    made = Service.from_state_dict("__main__.Mine", {"size": 3, "__file__": str(script)})
    assert type(made).__qualname__ == "Mine"
    assert made.size == 3  # type: ignore[attr-defined]
    assert made.recorded_state()["__file__"] == str(script)


@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        ("nowhere.Mine", {}, "there is no module 'nowhere' here"),
        ("some_services.Nothing", {}, "AttributeError"),
        ("pathlib.Path", {}, "it is not a class of services"),
        ("some_services.Notes", {"paths": 1}, "its arguments do not fit"),
        ("some_services.Notes", {"__unserializable__": True, "__reason__": "`m` is a model"},
         "`m` is a model"),
        ("__main__.Mine", {"__file__": "/nowhere/script.py"}, "is not there any more"),
    ],
)  # fmt: skip
def test_a_service_that_cannot_be_made_again_says_why(
    some: Any, name: str, data: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ServiceNotRestored, match=problem) as caught:
        Service.from_state_dict(name, data)
    assert name in str(caught.value)
    assert isinstance(caught.value, ValueError)


def test_services_are_found_by_address(some: Any) -> None:
    notes, pair = some.Notes(Path("/notes")), some.Pair()
    services = {"notes": notes, "pair": pair}
    assert resolve_service(services, "notes") is notes
    assert resolve_service(services, "pair") is pair
    assert resolve_service(services, "pair/page").id == "page"
    assert notes.subservices() == [notes]
    with pytest.raises(NoSuchService, match=r"named 'note', did you mean 'notes'\? there are: no"):
        resolve_service(services, "note")
    with pytest.raises(NoSuchService, match=r"named 'other'.* there are: notes, page"):
        resolve_service(services, "pair/other")


def test_the_logger_of_a_service_writes_in_its_log_files(some: Any, tmp_path: Path) -> None:
    assert some.Notes(Path("/notes")).stdout is None
    service = some.Notes(Path("/notes"))
    service.log_directory = tmp_path / "logs"
    for _ in range(2):
        log = service.setup_logging()
    log.setLevel(logging.INFO)
    log.info("hello")
    log.warning("careful")
    for _ in range(2):
        service.cleanup_logging()
    log.warning("nobody listens")
    printed, errors = service.stdout.read_text(), service.stderr.read_text()
    assert "INFO hello" in printed
    assert printed.count("\n") == 2
    assert errors.count("\n") == 1
    assert "careful" in errors
