from __future__ import annotations

import enum
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xpm_config.reporting import plain_values

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


class Tensor:
    """What NumPy, PyTorch and JAX have in common."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def tolist(self) -> Any:
        return self.value


class Split(int, enum.Enum):
    TEST = 2


@given(st.dictionaries(st.text(), JSON))
def test_plain_values_stay_as_they_are(values: dict[str, Any]) -> None:
    assert plain_values(values) == values


def test_scalars_and_arrays_of_numerical_libraries_become_numbers_and_lists() -> None:
    values = plain_values({"loss": Tensor(0.25), "curve": Tensor([1.0, 0.5]), "by": (Tensor(1),)})

    assert values == {"loss": 0.25, "curve": [1.0, 0.5], "by": [1]}


def test_paths_become_texts_and_enumerations_their_value() -> None:
    values = plain_values({"file": Path("a/b"), "split": Split.TEST})

    assert json.loads(json.dumps(values)) == {"file": "a/b", "split": 2}


def test_another_kind_of_value_is_refused_with_its_place() -> None:
    with pytest.raises(TypeError, match=r"report: model\.0 is a object; expected a number"):
        plain_values({"model": [object()]})
