import json
import math
from enum import Enum, IntEnum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xpm_config.serialization.values import Decoder, Encoder, UnencodableValue


class Color(Enum):
    RED = 1
    BLUE = "b"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Kind(str, Enum):  # noqa: UP042 - as users write it
    ADAM = "adam"


ENUMS = {enum.__qualname__: enum for enum in (Color, Level, Kind)}


def encoder() -> Encoder:
    return Encoder(id, lambda path: {"type": "path", "value": str(path)}, str)


def decoder() -> Decoder:
    return Decoder(
        lambda number: ("object", number),
        lambda value, base: Path(base or "") / value,
        lambda value, is_folder: Path("/data") / value,
        lambda module, enum, name: ENUMS[enum][name],
    )


def through_json(value: Any) -> Any:
    return decoder().decode(json.loads(json.dumps(encoder().encode(value))))


def same(first: Any, second: Any) -> bool:
    """Equality that tells 1, 1.0, True and members of enumerations apart."""
    return type(first) is type(second) and repr(first) == repr(second)


scalars: Any = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.sampled_from([*Color, *Level, *Kind])
    | st.builds(Path, st.sampled_from(["a", "/b/c", "d e"]))
)
keys: Any = st.text() | st.integers() | st.booleans() | st.sampled_from([*Color, *Level, *Kind])
values: Any = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(keys, inner, max_size=4)
        | st.dictionaries(st.sampled_from(["type", "value", "items", "base"]), inner)
        | st.sets(st.integers() | st.text() | st.sampled_from(Color), max_size=4)
    ),
    max_leaves=15,
)


@given(values)
def test_every_value_comes_back_as_it_was(value: Any) -> None:
    back = through_json(value)
    assert back == value
    if not isinstance(value, set):
        assert _shape(back) == _shape(value)


def _shape(value: Any) -> Any:
    """The types in a value, at all depths."""
    if isinstance(value, dict):
        return [(type(k), _shape(v)) for k, v in value.items()]
    if isinstance(value, (list, tuple)):
        return type(value), [_shape(item) for item in value]
    return type(value)


def test_members_of_text_and_integer_enumerations_keep_their_class() -> None:
    for member in (Kind.ADAM, Level.HIGH):
        assert through_json(member) is member


def test_a_dictionary_with_the_key_type_comes_back() -> None:
    value = {"type": "path", "value": "x"}
    assert through_json(value) == value


def test_a_plain_dictionary_is_a_json_object() -> None:
    assert encoder().encode({"a": 1, "b": [1.5]}) == {"a": 1, "b": [1.5]}


def test_a_dictionary_of_2_x_with_a_key_type_is_read() -> None:
    stored = {"type": "adam", "lr": 0.1}
    assert decoder().decode(stored) == stored
    assert decoder().decode({"type": "path", "other": 1}) == {"type": "path", "other": 1}


def test_numbers_that_json_lacks_are_kept() -> None:
    nan, infinity = through_json([math.nan, -math.inf])
    assert math.isnan(nan)
    assert infinity == -math.inf


def test_a_set_is_written_in_an_order_that_does_not_depend_on_the_process() -> None:
    assert encoder().encode({3, 20, 1}) == {"type": "set", "items": [1, 3, 20]}
    members = encoder().encode({Color.RED, Color.BLUE})["items"]
    assert [member["value"] for member in members] == ["BLUE", "RED"]


@pytest.mark.parametrize("base", [None, "job"])
def test_a_path_has_a_base_or_not(base: str | None) -> None:
    stored = {"type": "path", "value": "x", **({"base": base} if base else {})}
    assert decoder().decode(stored) == Path(base or "") / "x"


def test_a_value_without_json_form_says_where_it_is() -> None:
    with pytest.raises(UnencodableValue) as error:
        encoder().encode({"a": [1, {"b": object}]})
    assert error.value.place == "['a'][1]['b']"


def test_a_long_list_of_numbers_is_not_shared_with_the_file() -> None:
    numbers = [0.5] * 1000
    encoded = encoder().encode(numbers)
    assert encoded == numbers
    assert encoded is not numbers
