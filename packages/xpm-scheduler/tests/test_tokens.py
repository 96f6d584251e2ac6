"""Counter tokens, as users name and declare them."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from xpm_config.fields import Param
from xpm_config.tasks import Task
from xpm_scheduler.connectors import LocalConnector
from xpm_scheduler.errors import SchedulerError, UnknownToken
from xpm_scheduler.tokens import CounterToken, create_token, named_token
from xpm_store.errors import NotEnoughUnits


class Work(Task):
    number: Param[int]

    def execute(self) -> None: ...


def test_a_token_is_in_the_folder_of_its_connector(tmp_path: Path) -> None:
    token = create_token(LocalConnector(tmp_path), "gpu", 2)
    assert token.path == tmp_path / "tokens" / "gpu.counter"
    assert (token.total, token.available) == (2, 2)
    assert "gpu: 2 units" in repr(token)


def test_the_last_one_who_says_how_many_units_there_are_is_right(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = CounterToken("gpu", 2, path=tmp_path)
    with caplog.at_level(logging.WARNING):
        CounterToken("gpu", 3, path=tmp_path)
        CounterToken("gpu", path=tmp_path)
    assert first.total == 3
    assert [record.getMessage() for record in caplog.records] == [
        "the token 'gpu' has 3 units from now on (2 before)"
    ]


def test_asking_for_units_gives_the_task_back_with_its_dependency(tmp_path: Path) -> None:
    token = CounterToken("gpu", 2, path=tmp_path)
    task = Work.C(number=1)
    assert token(2, task) is task
    assert task.__xpm__.dependencies == [token.dependency(2)]
    assert token.dependency(2).describe() == "2 units of the token 'gpu'"


@pytest.mark.parametrize("count", [0, -1, 1.5, True, "1"])
def test_only_a_positive_whole_number_of_units_can_be_asked_for(tmp_path: Path, count: int) -> None:
    token = CounterToken("gpu", 2, path=tmp_path)
    with pytest.raises(ValueError, match="expected a whole number, 1 or more"):
        token.dependency(count)


def test_more_than_there_are_is_refused_at_once(tmp_path: Path) -> None:
    token = CounterToken("gpu", 2, path=tmp_path)
    with pytest.raises(NotEnoughUnits):
        token(3, Work.C(number=1))


@pytest.mark.parametrize("name", ["", " ", "a/b", ".hidden"])
def test_the_name_of_a_token_is_that_of_a_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name of a token"):
        create_token(LocalConnector(tmp_path), name, 1)


@pytest.fixture
def declared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XPM_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv("XPM_WORKDIR", str(tmp_path / "local"))
    return tmp_path / "tokens.yaml"


def test_a_token_of_the_configuration_is_found_by_its_name(declared: Path) -> None:
    declared.write_text("countertoken:\n  gpu: {tokens: 2}\n  disk: {tokens: 7}\n")
    token = named_token("disk")
    assert token.total == 7
    assert token.path == declared.parent / "local/tokens/disk.counter"


def test_a_token_that_is_not_declared_says_what_there_is(declared: Path) -> None:
    with pytest.raises(UnknownToken, match=r"it has none"):
        named_token("gpu")
    declared.write_text("countertoken:\n  gpu: {tokens: 2}\n")
    with pytest.raises(UnknownToken, match=r"did you mean 'gpu'\?"):
        named_token("gpuu")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("tokens: 3", "no mapping `countertoken`"),
        ("countertoken:\n  gpu: 2", "the token 'gpu' has 2"),
        ("countertoken:\n  gpu: {tokens: many}", "the token 'gpu' has"),
        ("countertoken: [", "cannot be read"),
    ],
)
def test_a_file_that_is_not_as_expected_says_how_it_should_be(
    declared: Path, text: str, problem: str
) -> None:
    declared.write_text(text)
    with pytest.raises(SchedulerError, match=problem):
        named_token("gpu")
