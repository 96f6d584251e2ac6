import json
import sys
from pathlib import Path
from typing import Any

import pytest
from xpm_config.config import Config
from xpm_config.fields import DataPath, Param
from xpm_config.huggingface import ExperimaestroHFHub
from xpm_config.serialization import SerializationContext, SerializedPath


class Model(Config):
    hidden: Param[int]
    weights: DataPath


@pytest.fixture
def model(tmp_path: Path) -> Model:
    weights = tmp_path / "weights.bin"
    weights.write_text("weights")
    return Model.C(hidden=3, weights=weights)


def test_a_configuration_goes_through_a_local_folder(model: Model, tmp_path: Path) -> None:
    ExperimaestroHFHub(model).save_pretrained(tmp_path / "saved")
    loaded = ExperimaestroHFHub.from_pretrained(tmp_path / "saved")
    assert loaded.hidden == 3
    assert loaded.weights == tmp_path / "saved" / "weights"
    assert loaded.weights.read_text() == "weights"
    assert str(loaded.__xpm__.identifier) == str(model.__xpm__.identifier)


def test_a_value_object_is_built_on_request(model: Model, tmp_path: Path) -> None:
    ExperimaestroHFHub(model).save_pretrained(tmp_path / "saved")
    loaded = ExperimaestroHFHub.from_pretrained(tmp_path / "saved", as_instance=True)
    assert type(loaded) is Model


def test_the_file_is_the_list_of_objects_alone(model: Model, tmp_path: Path) -> None:
    ExperimaestroHFHub(model).save_pretrained(tmp_path / "saved")
    (stored,) = json.loads((tmp_path / "saved" / "experimaestro.json").read_text())
    assert stored["type"] == "Model"


class Renaming(SerializationContext):
    def serialize(self, var_path: Any, path: Path, config: Config) -> SerializedPath:
        return super().serialize(["files", *var_path], path, config)


class OtherHub(ExperimaestroHFHub):
    definition_filename = "model.json"
    serialization_context_class = Renaming


def test_a_subclass_chooses_the_names(model: Model, tmp_path: Path) -> None:
    OtherHub(model).save_pretrained(tmp_path / "saved")
    assert (tmp_path / "saved" / "model.json").exists()
    loaded = OtherHub.from_pretrained(tmp_path / "saved")
    assert loaded.weights == tmp_path / "saved" / "files" / "weights"


def test_without_the_package_the_error_names_the_extra(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(ImportError, match=r"xpm-config\[hub\]"):
        ExperimaestroHFHub.from_pretrained("someone/model")
    with pytest.raises(ImportError, match=r"xpm-config\[hub\]"):
        ExperimaestroHFHub(model).push_to_hub("someone/model")
