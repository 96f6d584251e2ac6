from __future__ import annotations

from typing import Any

import pytest
from xpm_scheduler.listeners import Listener, method_of, tell_of_service


class Old(Listener):
    """Written for 1.x."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def job_submitted(self, job: Any) -> None:
        self.told.append(job)

    def job_state(self, job: Any) -> None:
        self.told.append(job)

    def service_add(self, service: Any) -> None:
        self.told.append(service)


class Both(Old):
    """Has the new name too."""

    def on_job_state_changed(self, job: Any) -> None:
        self.told.append("new")


@pytest.mark.parametrize("event", ["on_job_submitted", "on_job_state_changed", "on_service_added"])
def test_the_names_of_1_x_are_called(event: str) -> None:
    listener = Old()
    call = method_of(listener, event)
    assert call is not None
    call(1)
    assert listener.told == [1]


def test_a_new_name_wins_over_an_old_one() -> None:
    listener = Both()
    call = method_of(listener, "on_job_state_changed")
    assert call is not None
    call(1)
    assert listener.told == ["new"]


def test_any_object_may_listen_to_what_it_has_a_method_for() -> None:
    assert method_of(object(), "on_job_submitted") is None


def test_a_listener_that_fails_does_not_keep_the_news_from_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Fails(Listener):
        def on_service_added(self, service: Any) -> None:
            raise ValueError("not today")

    class Named:
        id = "notes"

    old, service = Old(), Named()
    tell_of_service([Fails(), object(), old], service)  # type: ignore[arg-type]
    assert old.told == [service]
    assert "told of the service 'notes'" in caplog.text
