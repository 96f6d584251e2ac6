"""Experiment files: what is merged with what, what is refused and how it is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from xpm_cli.base_configuration import ConfigurationBase, configuration
from xpm_cli.experiment_file import ExperimentFileError, load


@configuration
class Study(ConfigurationBase):
    lr: float = 0.1
    layers: list[int] = []


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(name: str, text: str) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def refused(*args: Path, **kwargs: object) -> str:
    with pytest.raises(ExperimentFileError) as caught:
        load(*args, **kwargs)  # type: ignore[arg-type]
    return str(caught.value)


def test_later_wins_from_pre_files_to_overrides() -> None:
    pre = write("pre.yaml", "a: pre\nb: pre\nc: pre\nd: pre\ne: pre\n")
    write("base.yaml", "b: base\nc: base\nd: base\ne: base\n")
    main = write("main.yaml", "imports: [base.yaml]\nc: main\nd: main\ne: main\n")
    post = write("post.yaml", "d: post\ne: post\n")

    merged = load(main, pre=[pre], post=[post], overrides=["e=option"]).plain()

    del merged["imports"]
    assert merged == {"a": "pre", "b": "base", "c": "main", "d": "post", "e": "option"}


def test_imports_are_found_from_the_file_that_imports_depth_first() -> None:
    write("deep/inner.yaml", "x: inner\ny: inner\nz: inner\n")
    write("deep/outer.yaml", "imports: [inner.yaml]\ny: outer\nz: outer\n")
    main = write("main.yaml", "imports: [deep/outer.yaml]\nz: main\n")

    merged = load(main).plain()

    assert (merged["x"], merged["y"], merged["z"]) == ("inner", "outer", "main")


def test_one_file_may_be_imported_by_two() -> None:
    write("common.yaml", "n: 1\n")
    write("left.yaml", "imports: [common.yaml]\n")
    write("right.yaml", "imports: [common.yaml]\n")

    assert load(write("main.yaml", "imports: [left.yaml, right.yaml]\n")).plain()["n"] == 1


def test_the_older_key_parent_imports_one_file() -> None:
    write("base.yaml", "n: 1\n")

    assert load(write("main.yaml", "parent: base.yaml\n")).plain()["n"] == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "imports: [bse.yaml]\n",
            "main.yaml:1: the import bse.yaml does not exist; did you mean 'base.yaml'?",
        ),
        ("imports: [nowhere/x.yaml]\n", "the import nowhere/x.yaml does not exist, nor its folder"),
        ("imports: base.yaml\n", "main.yaml:1: imports: expected a list, found the text"),
        ("imports: [3]\n", "main.yaml:1: expected the path of a YAML file, found the number 3"),
        (
            "a: 1\nparent: base.yaml\nimports: [base.yaml]\n",
            "main.yaml:2: both 'parent' and 'imports' are given: keep 'imports'",
        ),
        ("- a\n", "main.yaml:1: expected a mapping of keys, found a list of 1"),
    ],
)
def test_wrong_imports_are_told(text: str, message: str) -> None:
    write("base.yaml", "n: 1\n")

    assert message.replace(", nor its", ", nor does its") in refused(write("main.yaml", text))


def test_imports_that_form_a_circle_are_told() -> None:
    write("b.yaml", "imports: [main.yaml]\n")
    main = write("main.yaml", "imports: [b.yaml]\n")

    assert refused(main) == ("b.yaml:1: the imports form a circle: main.yaml → b.yaml → main.yaml")


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("lr=1e-3", {"lr": 0.001, "layers": [1, 2], "o": {"n": 1}}),
        ("lr=null", {"lr": None, "layers": [1, 2], "o": {"n": 1}}),
        ("lr=", {"lr": "", "layers": [1, 2], "o": {"n": 1}}),
        ("layers=[3]", {"lr": 0.1, "layers": [3], "o": {"n": 1}}),
        ("layers.1=5", {"lr": 0.1, "layers": [1, 5], "o": {"n": 1}}),
        ("+layers=5", {"lr": 0.1, "layers": [1, 2, 5], "o": {"n": 1}}),
        ("+o.list=5", {"lr": 0.1, "layers": [1, 2], "o": {"n": 1, "list": [5]}}),
        ("o={n: 2}", {"lr": 0.1, "layers": [1, 2], "o": {"n": 2}}),
        ("o.m.k=a=b", {"lr": 0.1, "layers": [1, 2], "o": {"n": 1, "m": {"k": "a=b"}}}),
        ("~o.n", {"lr": 0.1, "layers": [1, 2], "o": {}}),
        ("~layers.0", {"lr": 0.1, "layers": [2], "o": {"n": 1}}),
    ],
)
def test_an_override_sets_appends_or_removes(override: str, expected: object) -> None:
    main = write("main.yaml", "lr: 0.1\nlayers: [1, 2]\no: {n: 1}\n")

    assert load(main, overrides=[override]).plain() == expected


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("lr", "-c lr: expected KEY=VALUE, +KEY=VALUE or ~KEY"),
        ("=3", "-c =3: expected KEY=VALUE"),
        ("~lr=3", "-c ~lr=3: expected KEY=VALUE, +KEY=VALUE or ~KEY"),
        ("layers.9=1", "-c layers.9=1: 'layers' is a list of 2: '9' is none of its indices"),
        ("lr.x=1", "-c lr.x=1: 'lr' is the number 0.1: there is nothing below it"),
        ("~layer", "-c ~layer: there is no 'layer' to remove; did you mean 'layers'?"),
        ("+lr=2", "-c +lr=2: 'lr' is the number 0.1, not a list: nothing can be appended"),
        ("lr=[1", "-c lr=[1: this is not YAML: while parsing a flow sequence"),
    ],
)
def test_an_override_that_cannot_be_applied_is_told(override: str, message: str) -> None:
    main = write("main.yaml", "lr: 0.1\nlayers: [1, 2]\n")

    assert refused(main, overrides=[override]).startswith(message)


def test_the_place_of_a_wrong_override_is_the_option() -> None:
    file = load(write("main.yaml", "id: x\n"), overrides=["layers=[1, a]"])

    with pytest.raises(ExperimentFileError) as caught:
        file.typed(Study)

    assert str(caught.value) == (
        "-c layers=[1, a]: layers.1: expected an integer, found the text 'a'"
    )


def test_all_mistakes_of_all_files_are_told_at_once() -> None:
    write("base.yaml", "lr: fast\n")
    file = load(write("main.yaml", "imports: [base.yaml]\nlayer: [1]\nadd_timestamp: 3\n"))

    with pytest.raises(ExperimentFileError) as caught:
        file.typed(Study)

    assert str(caught.value).splitlines() == [
        "4 mistakes in the experiment file:",
        "  base.yaml:1: lr: expected a number, found the text 'fast'",
        "  main.yaml:2: unknown key 'layer' in Study; did you mean 'layers'?",
        "  main.yaml:3: add_timestamp: expected true or false, found the number 3",
        "  main.yaml: 'id' is missing: expected a text",
    ]


def test_dirty_git_in_the_wrong_case_gets_the_right_spelling() -> None:
    file = load(write("main.yaml", "id: x\ndirty_git: WARN\n"))

    with pytest.raises(ExperimentFileError, match="did you mean 'warn'"):
        file.typed(Study)


def test_a_schema_of_its_own_accepts_the_general_keys() -> None:
    @configuration
    class Alone:
        lr: float

    file = load(write("main.yaml", "id: x\ntitle: T\nlr: 1\n"))

    assert file.typed(Alone) == Alone(lr=1.0)
    assert file.general_keys().title == "T"
