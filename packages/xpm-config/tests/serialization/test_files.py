import enum
import json
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from xpm_config.config import Config
from xpm_config.errors import SerializationError
from xpm_config.fields import Constant, DataPath, Meta, OptionalDataPath, Param, field
from xpm_config.serialization import (
    SerializationContext,
    SerializedPath,
    TaskStub,
    deserialize,
    from_state_dict,
    load,
    save,
    serialize,
    state_dict,
)
from xpm_config.tags import tag
from xpm_config.tasks import LightweightTask, SerializationLWTask, Task


class Norm(str, Enum):  # noqa: UP042 - as users write it
    L2 = "l2"


class Model(Config):
    hidden: Param[int]
    name: Param[str] = field(default="m", ignore_default=True)
    version: Constant[int] = 2
    note: Meta[str | None] = field(default=None)


class Pair(Config):
    first: Param[Model]
    second: Param[Model]


class Chain(Config):
    previous: Param[Config | None] = field(default=None)
    x: Param[int]


class Table(Config):
    path: DataPath
    other: OptionalDataPath = None


class Bag(Config):
    tables: Param[list[Table]]
    named: Param[dict[str, Table]] = field(default_factory=dict)


class Chosen(Config):
    table: DataPath

    def __xpm_serialize__(self, context: SerializationContext) -> dict[str, SerializedPath]:
        extra = self.table.with_suffix(".extra")
        return {
            "table": context.serialize(["chosen", "here"], self.table, self),
            "extra": context.serialize(["chosen", "extra"], extra, self),
        }


class Everything(Config):
    text: Param[str]
    norm: Param[Norm]
    many: Param[list[list[int]]]
    numbers: Param[set[int]]
    by_size: Param[dict[int, Model]]
    by_norm: Param[dict[Norm, float]]
    pair: Meta[tuple[int, Model]]
    anything: Meta[Path | None] = field(default=None)


class LoadState(SerializationLWTask):
    def execute(self) -> None:
        self.value.loaded_by = type(self).__name__  # type: ignore[attr-defined]


class Elsewhere(LightweightTask):
    x: Param[int]
    done: list[int] = []

    def execute(self) -> None:
        self.done.append(self.x)


class Make(Task):
    x: Param[int]

    def task_outputs(self, dep: Any) -> Any:
        return dep(Model.C(hidden=self.x))

    def execute(self) -> None: ...


def identifier(config: Config) -> str:
    return str(config.__xpm__.identifier)


def data_file(folder: Path, name: str, content: str = "data") -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)
    return file


def test_a_configuration_comes_back_with_its_identifier(tmp_path: Path) -> None:
    model = Model.C(hidden=3, note="n")
    save(model, tmp_path / "deep" / "folder")
    loaded = load(tmp_path / "deep" / "folder")
    assert (loaded.hidden, loaded.name, loaded.version, loaded.note) == (3, "m", 2, "n")
    assert isinstance(loaded, Model)
    assert loaded.__xpm__.sealed
    assert loaded.__xpm__.loaded
    assert identifier(loaded) == identifier(model)
    assert loaded.__xpm__.provenance_of("hidden")[1] == "deserialized"


def test_saving_does_not_seal(tmp_path: Path) -> None:
    model = Model.C(hidden=3)
    save(model, tmp_path)
    model.hidden = 4
    assert model.hidden == 4


def test_lists_and_dictionaries_of_configurations_come_back(tmp_path: Path) -> None:
    shared = Model.C(hidden=1)
    save({"a": [shared, Pair.C(first=shared, second=shared)], "b": 3, "c": (shared,)}, tmp_path)
    loaded = load(tmp_path)
    assert loaded["a"][0] is loaded["a"][1].first
    assert loaded["a"][1].first is loaded["a"][1].second
    assert loaded["b"] == 3
    assert loaded["c"] == [loaded["a"][0]]


def test_value_objects_are_built_on_request(tmp_path: Path) -> None:
    save([Model.C(hidden=1), Model.C(hidden=2)], tmp_path)
    first, second = load(tmp_path, as_instance=True)
    assert type(first).__qualname__ == "Model"
    assert (first.hidden, second.hidden) == (1, 2)
    assert first.__xpmidentifier__ == identifier(Model.C(hidden=1))


def test_every_kind_of_value_comes_back(tmp_path: Path) -> None:
    saved = Everything.C(
        text="é",
        norm=Norm.L2,
        many=[[1], [2, 3]],
        numbers={3, 1},
        by_size={4: Model.C(hidden=4)},
        by_norm={Norm.L2: 0.5},
        pair=(1, Model.C(hidden=5)),
        anything=tmp_path,
    )
    save(saved, tmp_path)
    for as_instance in (False, True):
        loaded = load(tmp_path, as_instance=as_instance)
        assert loaded.norm is Norm.L2
        assert (loaded.many, loaded.numbers) == ([[1], [2, 3]], {1, 3})
        assert loaded.by_size[4].hidden == 4
        assert loaded.by_norm == {Norm.L2: 0.5}
        assert loaded.pair[1].hidden == 5
        assert isinstance(loaded.pair, tuple)
        assert loaded.anything == tmp_path
    assert identifier(load(tmp_path)) == identifier(saved)


def test_values_as_2_x_writes_them_get_their_declared_types() -> None:
    state = state_dict(
        SerializationContext(),
        Everything.C(
            text="t",
            norm=Norm.L2,
            many=[],
            numbers={1},
            by_size={4: Model.C(hidden=4)},
            by_norm={},
            pair=(1, Model.C(hidden=5)),
        ),
    )
    fields = state["objects"][-1]["fields"]
    fields["norm"] = "l2"
    fields["pair"] = fields["pair"]["items"]
    fields["by_size"] = {"4": fields["by_size"]["items"][0][1]}
    for as_instance in (False, True):
        loaded = from_state_dict(state, as_instance=as_instance)
        assert loaded.norm is Norm.L2
        assert isinstance(loaded.pair, tuple)
        assert list(loaded.by_size) == [4]


@pytest.mark.parametrize("wrong", [3, None, "text", Model])
def test_what_is_no_configuration_cannot_be_saved(tmp_path: Path, wrong: Any) -> None:
    with pytest.raises(SerializationError, match="give a configuration"):
        save(wrong, tmp_path)


def test_a_value_without_a_form_is_told_with_its_parameter(tmp_path: Path) -> None:
    with pytest.raises(SerializationError, match=r"at \['a'\]\[0\]"):
        save({"a": [object()]}, tmp_path)


def test_meta_flags_and_producers_come_back(tmp_path: Path, experiment: Any) -> None:
    output: Any = Make.C(x=1).submit()
    save(Pair.C(first=output, second=Model.C(hidden=2)), tmp_path)
    loaded = load(tmp_path)
    assert type(loaded.first.__xpm__.task).__qualname__ == "Make.XPMConfig"
    assert identifier(loaded.first) == identifier(output)
    partly = load(tmp_path, partial_loading=True)
    stub = partly.first.__xpm__.task
    assert isinstance(stub, TaskStub)
    assert (stub.identifier, stub.typename.rpartition(".")[2]) == (
        identifier(loaded.first.__xpm__.task),
        "Make",
    )
    save(partly, tmp_path / "again")
    again = load(tmp_path / "again")
    assert again.first.__xpm__.task == stub


def test_tags_are_not_saved(tmp_path: Path) -> None:
    save(Model.C(hidden=tag(3)), tmp_path)
    assert dict(load(tmp_path).tags()) == {}


# --- Data files


def test_data_files_are_saved_under_the_names_that_lead_to_them(tmp_path: Path) -> None:
    files = [data_file(tmp_path / "source", name, name) for name in "abc"]
    bag = Bag.C(
        tables=[Table.C(path=files[0]), Table.C(path=files[1], other=files[2])],
        named={"k": Table.C(path=files[2])},
    )
    save(bag, tmp_path / "saved")
    saved = tmp_path / "saved"
    assert (saved / "tables" / "0" / "path").read_text() == "a"
    assert (saved / "tables" / "1" / "other").samefile(files[2])
    assert (saved / "named" / "k" / "path").read_text() == "c"
    loaded = load(saved)
    assert loaded.tables[0].path == saved / "tables" / "0" / "path"
    assert loaded.tables[0].other is None


def test_a_saved_folder_can_be_moved(tmp_path: Path) -> None:
    save(Table.C(path=data_file(tmp_path, "a")), tmp_path / "saved")
    (tmp_path / "saved").rename(tmp_path / "moved")
    assert load(tmp_path / "moved", as_instance=True).path == tmp_path / "moved" / "path"


def test_saving_twice_and_over_itself_is_harmless(tmp_path: Path) -> None:
    table = Table.C(path=data_file(tmp_path, "a"))
    save(table, tmp_path / "saved")
    save(table, tmp_path / "saved")
    save(load(tmp_path / "saved"), tmp_path / "saved")
    assert load(tmp_path / "saved").path.read_text() == "data"


def test_a_class_chooses_which_files_are_saved(tmp_path: Path) -> None:
    table = data_file(tmp_path, "a.txt", "main")
    data_file(tmp_path, "a.extra", "extra")
    save(Chosen.C(table=table), tmp_path / "saved")
    assert (tmp_path / "saved" / "chosen" / "extra").read_text() == "extra"
    for as_instance in (False, True):
        loaded = load(tmp_path / "saved", as_instance=as_instance)
        assert loaded.table.read_text() == "main"


def test_a_missing_data_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(SerializationError, match=r"tables\.0\.path .*gone"):
        save(Bag.C(tables=[Table.C(path=tmp_path / "gone")]), tmp_path / "saved")


def test_a_loader_gives_the_files_wherever_they_are(tmp_path: Path) -> None:
    save(Table.C(path=data_file(tmp_path, "a")), tmp_path / "saved")
    asked: list[str] = []

    def loader(path: SerializedPath) -> Path:
        asked.append(str(path.path))
        return tmp_path / "saved" / path.path

    assert load(loader).path.read_text() == "data"
    assert asked == ["experimaestro.json", "path"]


# --- Init tasks


def test_a_configuration_is_saved_with_what_gives_it_its_state(tmp_path: Path) -> None:
    model = Model.C(hidden=3)
    serialize(model, tmp_path, init_tasks=[LoadState.C(value=model), Elsewhere.C(x=1)])
    loaded, init_tasks = deserialize(tmp_path)
    assert init_tasks[0].value is loaded
    assert [type(task).__qualname__ for task in init_tasks] == [
        "LoadState.XPMConfig",
        "Elsewhere.XPMConfig",
    ]


def test_deserializing_as_an_instance_executes_the_init_tasks(tmp_path: Path) -> None:
    model = Model.C(hidden=3)
    serialize(model, tmp_path, init_tasks=[Elsewhere.C(x=7), LoadState.C(value=model)])
    loaded = deserialize(tmp_path, as_instance=True)
    assert (loaded.hidden, loaded.loaded_by) == (3, "LoadState")
    assert Elsewhere.done[-1] == 7


def test_what_serialize_did_not_save_is_not_deserialized(tmp_path: Path) -> None:
    save([Model.C(hidden=1)], tmp_path)
    with pytest.raises(SerializationError, match=r"load\(\)"):
        deserialize(tmp_path)


# --- States and files


def test_a_state_is_a_json_value(tmp_path: Path) -> None:
    state = state_dict(SerializationContext(), [Model.C(hidden=3)])
    assert state.keys() == {"objects", "data"}
    (loaded,) = from_state_dict(json.loads(json.dumps(state)))
    assert loaded.hidden == 3


def test_a_state_without_folder_keeps_data_where_they_are(tmp_path: Path) -> None:
    file = data_file(tmp_path, "a")
    state = state_dict(SerializationContext(), Table.C(path=file))
    assert from_state_dict(state).path == file


def test_the_file_can_have_another_name(tmp_path: Path) -> None:
    save(Model.C(hidden=3), tmp_path, "model.json")
    assert load(tmp_path, definition_filename="model.json").hidden == 3
    with pytest.raises(FileNotFoundError, match=r"experimaestro\.json nor definition\.json"):
        load(tmp_path)


def test_the_file_of_older_versions_is_read(tmp_path: Path) -> None:
    save(Model.C(hidden=3), tmp_path, "definition.json")
    assert load(tmp_path).hidden == 3


def test_an_object_saved_alone_is_read(tmp_path: Path) -> None:
    state = state_dict(
        SerializationContext(), Pair.C(first=Model.C(hidden=1), second=Model.C(hidden=2))
    )
    (tmp_path / "experimaestro.json").write_text(json.dumps(state["objects"]))
    assert load(tmp_path).second.hidden == 2


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    save(Model.C(hidden=3), tmp_path)
    file = tmp_path / "experimaestro.json"
    file.write_text(file.read_text()[:-20])
    with pytest.raises(SerializationError, match=r"experimaestro\.json is not valid JSON"):
        load(tmp_path)


def edited(tmp_path: Path, **changes: Any) -> Path:
    """A saved folder whose definition was changed."""
    save(Model.C(hidden=3), tmp_path)
    file = tmp_path / "experimaestro.json"
    state = json.loads(file.read_text())
    state["objects"][0].update(changes)
    file.write_text(json.dumps(state))
    return tmp_path


@pytest.mark.parametrize("as_instance", [False, True])
def test_a_parameter_removed_since_is_left_out_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, as_instance: bool
) -> None:
    folder = edited(tmp_path, fields={"hidden": 3, "name": "m", "version": 2, "gone": 1})
    assert load(folder, as_instance=as_instance).hidden == 3
    assert "Model) has a value for gone" in caplog.text
    assert "experimaestro.json" in caplog.text


def test_an_unknown_class_is_told(tmp_path: Path) -> None:
    with pytest.raises(SerializationError, match=r"experimaestro\.json needs the class Gone"):
        load(edited(tmp_path, type="Gone"))


def test_a_class_that_is_no_configuration_is_told(tmp_path: Path) -> None:
    with pytest.raises(SerializationError, match="not a configuration class"):
        load(edited(tmp_path, type="Norm"))


def test_an_identifier_of_older_versions_is_read(tmp_path: Path) -> None:
    expected = identifier(Model.C(hidden=3))
    assert identifier(load(edited(tmp_path, identifier={"main": expected}))) == expected


def test_the_stored_identifier_is_trusted(tmp_path: Path) -> None:
    assert identifier(load(edited(tmp_path, identifier="ab" * 32))) == "ab" * 32


# --- Size


def test_a_chain_of_ten_thousand_is_saved_and_loaded(tmp_path: Path) -> None:
    config = Chain.C(x=0)
    for x in range(1, 10_000):
        config = Chain.C(previous=config, x=x)
    save(config, tmp_path)
    loaded = load(tmp_path)
    assert identifier(loaded) == identifier(config)
    instance = load(tmp_path, as_instance=True)
    assert (loaded.x, instance.previous.previous.x) == (9_999, 9_997)


class Right(enum.Flag):
    READ = 1
    WRITE = 2


class Rights(Config):
    right: Param[Right]


def test_flags_come_back_alone_together_and_none_at_all(tmp_path: Path) -> None:
    for value in (Right.READ, Right.READ | Right.WRITE, Right(0)):
        save(Rights.C(right=value), tmp_path)
        assert load(tmp_path).right is value
