"""Fake modules: whatever a class definition does with them works."""

from __future__ import annotations

import importlib
import sys
import typing
from abc import ABCMeta
from collections.abc import Iterator
from typing import Any

import pytest
from xpm_cli.fake_modules import FakeBase, FakeModules, mock_modules


@pytest.fixture
def heavy() -> Iterator[Any]:
    hook = mock_modules(["heavy", "other.deep"])
    yield importlib.import_module("heavy")
    hook.remove()


def test_modules_below_are_fake_too_and_the_others_are_not(heavy: Any) -> None:
    functional = importlib.import_module("heavy.nn.functional")

    assert repr(functional.relu) == "heavy.nn.functional.relu"
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("heavyweight_that_does_not_exist")
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("other")


def test_a_class_may_derive_from_fakes_whatever_its_metaclass(heavy: Any) -> None:
    class Meta(ABCMeta):
        pass

    class Own(metaclass=Meta):
        pass

    class Model(heavy.nn.Module, heavy.Mixin, Own):  # type: ignore[misc]
        pass

    assert Model.__mro__ == (Model, FakeBase, Own, object)
    assert isinstance(Model(), Own)


def test_fakes_decorate_without_changing_what_they_decorate(heavy: Any) -> None:
    def function() -> int:
        return 3

    assert heavy.jit.script(function) is function
    assert heavy.no_grad()(function) is function
    assert heavy.compile(mode="fast")(function) is function
    assert heavy.register(int) is int


def test_fakes_may_annotate(heavy: Any) -> None:
    tensor = heavy.Tensor

    assert typing.get_args(tensor | None) == (tensor, type(None))
    assert typing.get_args(None | tensor) == (type(None), tensor)
    assert typing.get_args(list[tensor]) == (tensor,)  # type: ignore[valid-type]
    assert repr(heavy.Tensor["float"]) == "heavy.Tensor['float']"


def test_fakes_are_of_no_type_and_empty(heavy: Any) -> None:
    assert not isinstance(3, heavy.Tensor)
    assert not issubclass(int, heavy.Tensor)
    assert list(heavy.values) == []
    with heavy.device("cpu") as device:
        assert repr(device) == "heavy.device()"
    with pytest.raises(AttributeError, match="the fake module heavy has no __version__"):
        heavy.__version__  # noqa: B018
    with pytest.raises(AttributeError, match=r"the fake heavy\.x has no __len__"):
        heavy.x.__len__  # noqa: B018


def test_what_was_imported_before_stays_and_the_hook_can_be_removed() -> None:
    hook = mock_modules(["json", "fake_for_a_moment"])
    json = importlib.import_module("json")
    importlib.import_module("fake_for_a_moment.sub")

    hook.remove()

    assert json.loads("3") == 3
    assert isinstance(hook, FakeModules)
    assert hook not in sys.meta_path
    assert "fake_for_a_moment" not in sys.modules


def test_decorators_is_deprecated() -> None:
    with pytest.warns(DeprecationWarning, match="decorators"):
        mock_modules([], decorators=["a.b"]).remove()
