from pathlib import Path

from xpm_config.config import Config
from xpm_config.fields import DataPath, OptionalDataPath, Param, field
from xpm_config.serialization.context import SerializationContext, SerializedPath
from xpm_config.serialization.data import DataPlaces, absolute_forms, saves_files, ways_in


class Table(Config):
    path: DataPath
    other: OptionalDataPath = None


class Own(Config):
    def __xpm_serialize__(self, context: SerializationContext) -> dict[str, SerializedPath]:
        return {}


class Plain(Config):
    x: Param[int]


class Holder(Config):
    table: Param[Table]
    tables: Param[list[Table]] = field(default_factory=list)


class Chain(Config):
    previous: Param[Config | None] = field(default=None)


def test_only_some_classes_have_files_to_save() -> None:
    assert saves_files(Table.__getxpmtype__())
    assert saves_files(Own.__getxpmtype__())
    assert not saves_files(Plain.__getxpmtype__())


def test_the_shortest_way_names_a_configuration(tmp_path: Path) -> None:
    shared = Table.C(path=tmp_path)
    holder = Holder.C(table=shared, tables=[shared, Table.C(path=tmp_path)])
    ways = ways_in({"k": holder})
    found = {key: way.names() for key, way in ways.items() if way is not None}
    assert found[id(shared)] == ["k", "table"]
    assert found[id(holder.tables[1])] == ["k", "tables", "1"]


def test_the_way_in_a_long_chain_is_found() -> None:
    config: Config = Chain.C()
    last = config
    for _ in range(5_000):
        config = Chain.C(previous=config)
    way = ways_in(config)[id(last)]
    assert way is not None
    assert len(way.names()) == 5_000


def test_a_path_without_value_has_no_form(tmp_path: Path) -> None:
    assert absolute_forms(Table.C(path=tmp_path)) == {
        "path": {"type": "path.serialized", "value": str(tmp_path), "is_folder": True}
    }


def test_files_of_what_is_not_below_stay_where_they_are(tmp_path: Path) -> None:
    places = DataPlaces(SerializationContext(tmp_path / "saved"), Plain.C(x=1))
    (form,) = places.forms(Table.C(path=tmp_path)).values()
    assert form["value"] == str(tmp_path)
