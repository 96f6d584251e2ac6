from __future__ import annotations

from typing import Any

import pytest
from xpm_scheduler.services import ServiceState
from xpm_scheduler.services.errors import ServiceFailed


class States:
    def __init__(self) -> None:
        self.seen: list[ServiceState] = []

    def service_state_changed(self, service: Any) -> None:
        self.seen.append(service.state)


def test_a_page_is_served_from_when_its_url_is_asked_for(some: Any) -> None:
    page, states = some.Page(), States()
    page.add_listener(states)
    assert page.state is ServiceState.STOPPED
    assert page.get_url() == "http://localhost:1"
    assert page.get_url() == "http://localhost:1"
    page.stop()
    assert page.url is None
    assert page.get_url() == "http://localhost:2"
    page.stop()
    page.stop()
    one_life = [
        ServiceState.STARTING, ServiceState.RUNNING, ServiceState.STOPPING, ServiceState.STOPPED,
    ]  # fmt: skip
    assert states.seen == 2 * one_life


def test_what_serve_raises_is_shown_and_raised(some: Any) -> None:
    broken = some.Broken()
    for _ in range(2):  # it may be tried again
        with pytest.raises(ServiceFailed, match="'broken' does not run: OSError: the port is"):
            broken.get_url()
        assert broken.state is ServiceState.ERROR
        assert broken.error == "OSError: the port is taken"
        assert broken.url is None


def test_a_serve_that_returns_too_early_is_an_error(some: Any) -> None:
    with pytest.raises(ServiceFailed, match=r"returned without having called running\.set"):
        some.Silent().get_url()


def test_a_serve_that_returns_while_something_serves_is_running(some: Any) -> None:
    launched = some.Launched()
    assert launched.get_url() == "http://localhost:1"
    assert launched.state.name == "RUNNING"
    launched.stop()
    assert launched.state.name == "STOPPED"


def test_a_page_that_fails_later_is_shown_as_an_error(some: Any) -> None:
    late = some.Late()
    late.get_url()
    serving = late._serving
    late.fail.set()
    assert serving.over.wait(10)
    assert (late.state, late.error) == (ServiceState.ERROR, "RuntimeError: the disk is full")


def test_a_class_without_serve_says_so() -> None:
    from xpm_scheduler.services import WebService

    with pytest.raises(ServiceFailed, match="WebService has no method _serve"):
        WebService().get_url()
