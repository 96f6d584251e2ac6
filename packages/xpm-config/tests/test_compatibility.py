"""The older spellings that dependants use."""

# mypy: disable-error-code="call-arg, arg-type"

from pathlib import Path

import pytest
from xpm_config import Array, Config, LightweightTask, Param, SerializationContext, state_dict
from xpm_config.errors import SerializationError
from xpm_config.information import ConfigInformation


class Below(Config):
    v: Param[int]


class Above(Config):
    below: Param[Below]
    many: Param[Array(int)]  # type: ignore[valid-type]


class Loader(LightweightTask):
    below: Param[Below]

    def execute(self) -> None:
        self.below.v = 7


def above() -> Above:
    return Above.C(below=Below.C(v=1), many=[1, 2])


def test_objects_are_built_from_definitions() -> None:
    definitions = state_dict(SerializationContext(), above())["objects"]
    objects = ConfigInformation.load_objects(definitions)
    assert [type(o) for o in objects.values()] == [Below.C, Above.C]
    built = ConfigInformation.fromParameters(definitions)
    assert type(built) is Above
    assert built.below.v == 1
    loaded, init_tasks = ConfigInformation.fromParameters(
        definitions, as_instance=False, return_tasks=True
    )
    assert type(loaded) is Above.C
    assert init_tasks == []
    with pytest.raises(SerializationError, match="empty"):
        ConfigInformation.fromParameters([])


def test_a_configuration_serializes_itself(tmp_path: Path) -> None:
    config = above()
    config.__xpm__.serialize(tmp_path, init_tasks=[Loader.C(below=config.below)])
    loaded, init_tasks = ConfigInformation.deserialize(tmp_path)
    assert loaded.__xpm__.identifier == config.__xpm__.identifier
    assert len(init_tasks) == 1
    assert ConfigInformation.deserialize(tmp_path, as_instance=True).below.v == 7
