"""Importing the user's experiment: found where the file says, or told why not."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from xpm_cli.errors import BadInput, UserCodeError
from xpm_cli.experiment_file import load
from xpm_cli.helper import ExperimentHelper
from xpm_cli.user_code import UserExperiment, import_experiment
from xpm_config.errors import HandledException

RUN = """
from xpm_cli.helper import ConfigurationBase, ExperimentHelper, configuration

@configuration()
class Study(ConfigurationBase):
    lr: float = 0.1

def run(helper: ExperimentHelper, cfg: Study):
    return cfg.lr
"""


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder of its own, and the import system as it was, afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        file = getattr(sys.modules[name], "__file__", None)
        if file and Path(file).is_relative_to(tmp_path):
            del sys.modules[name]


def write(name: str, text: str) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def imported(yaml: str = "id: x\n", **options: str) -> UserExperiment:
    return import_experiment(load(write("main.yaml", yaml)), **options)


def told(yaml: str = "id: x\n", **options: str) -> str:
    with pytest.raises(HandledException) as caught:
        imported(yaml, **options)
    return str(caught.value)


def test_a_file_is_imported_as_the_module_of_its_name(tmp_path: Path) -> None:
    write("my_study.py", RUN)

    code = imported("id: x\nfile: my_study\n")

    assert code.schema.__module__ == "my_study"
    assert sys.modules["my_study"].__file__ == str(tmp_path / "my_study.py")
    assert code.python_path == (tmp_path,)


def test_the_file_is_called_experiment_unless_told_otherwise() -> None:
    write("experiment.py", RUN)

    assert imported().schema.__module__ == "experiment"


def test_a_file_in_a_package_is_imported_with_its_package(tmp_path: Path) -> None:
    write("lab/__init__.py", "")
    write("lab/sub/__init__.py", "")
    write("lab/shared_values.py", "LR = 0.5\n")
    write("lab/sub/study_in_package.py", "from ..shared_values import LR\n" + RUN)

    code = imported("id: x\nfile: lab/sub/study_in_package.py\n")

    assert code.schema.__module__ == "lab.sub.study_in_package"
    assert code.python_path == (tmp_path,)


def test_a_module_is_found_in_the_folder_of_the_yaml_file_and_jobs_get_it(tmp_path: Path) -> None:
    write("modular.py", RUN)

    code = imported("id: x\nmodule: modular\n")

    assert code.schema.__module__ == "modular"
    assert code.python_path == (tmp_path,)


def test_pythonpath_is_relative_to_the_yaml_file_and_jobs_get_it(tmp_path: Path) -> None:
    write("src/found_there.py", RUN)

    code = imported("id: x\nmodule: found_there\npythonpath: [src]\n")

    assert code.python_path == (tmp_path / "src",)


def test_the_options_replace_the_keys() -> None:
    write("one_option.py", RUN)

    assert imported("id: x\nmodule: z\n", file="one_option.py").schema.__module__ == "one_option"
    assert imported("id: x\nfile: z\n", module="one_option").schema.__module__ == "one_option"


def test_what_runs_before_the_experiment_runs_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREPARED", raising=False)
    write("before.py", "import os\nos.environ['PREPARED'] = 'yes'\n")
    write("prepared.py", "import os\nassert os.environ['PREPARED'] == 'yes'\n" + RUN)

    imported("id: x\nfile: prepared\npre_experiment: before\n")


def test_annotations_written_as_text_are_read() -> None:
    write("postponed.py", "from __future__ import annotations\n" + RUN)

    assert imported("id: x\nfile: postponed\n").schema.__name__ == "Study"


@pytest.mark.parametrize("form", ["@Helper.decorator()", "@Helper.decorator"])
def test_a_helper_may_decorate_the_function_with_or_without_parentheses(form: str) -> None:
    name = f"decorated{len(form)}"
    helper = "class Helper(ExperimentHelper):\n    def run(self, args, configuration):\n"
    helper += "        return args, self.callable(self, configuration)\n\n"
    write(f"{name}.py", RUN.replace("def run", f"{helper}{form}\ndef run"))

    code = imported(f"id: x\nfile: {name}\n")

    assert type(code.helper).__name__ == "Helper"
    assert code.helper.run(["--fast"], code.schema(id="x")) == (["--fast"], 0.1)


def test_the_plain_helper_refuses_arguments() -> None:
    helper = ExperimentHelper(lambda helper, cfg: cfg)

    assert helper.run([], 3) == 3
    with pytest.raises(BadInput, match="takes no arguments, found: a b"):
        helper.run(["a", "b"], 3)


def test_a_file_that_is_not_there_is_told_with_the_line_and_the_close_name() -> None:
    write("study_close.py", RUN)

    assert told("id: x\nfile: studi_close\n") == (
        "main.yaml:2: file: the experiment's file studi_close.py does not exist; "
        "did you mean 'study_close.py'?"
    )
    assert told("id: x\n") == (
        "main.yaml: file: the experiment's file experiment.py does not exist"
    )
    assert told(file="nope.py") == "--file: the experiment's file nope.py does not exist"


@pytest.mark.parametrize(
    ("yaml", "message"),
    [
        (
            "id: x\nmodule: no.such\n",
            "main.yaml:2: module: there is no module 'no' here nor in {folder}",
        ),
        (
            "id: x\npythonpath: [nowhere]\n",
            "main.yaml:2: pythonpath: the folder nowhere does not exist",
        ),
        (
            "id: x\npre_experiment: nowhere\n",
            "main.yaml:2: pre_experiment: there is neither a file nowhere.py nor a module nowhere",
        ),
        ("id: x\nfile: [a]\n", "main.yaml:2: file: expected a text, found a list of 1"),
    ],
)
def test_what_is_not_there_is_told_with_its_line(yaml: str, message: str, tmp_path: Path) -> None:
    assert told(yaml) == message.format(folder=tmp_path)


def test_a_name_that_another_module_has_is_refused() -> None:
    write("json.py", RUN)

    assert told("id: x\nfile: json\n").startswith("json.py: another module is called 'json' (")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("x = 1\n", "found nothing of that name"),
        ("def rum(helper, cfg): ...\n", "found nothing of that name; did you mean 'rum'?"),
        ("run = 3\n", "expected a function 'run(helper, cfg)', found a int"),
        ("def run(cfg): ...\n", "expected run(helper, cfg), two parameters; found run(cfg)"),
        ("def run(helper, cfg): ...\n", "annotated with a @configuration class, found no annot"),
        ("def run(helper, cfg: int): ...\n", "found the annotation <class 'int'>"),
        ("def run(helper, cfg: 'Nope'): ...\n", "cannot be read: name 'Nope' is not defined"),
    ],
)
def test_a_function_that_cannot_be_used_is_told(body: str, message: str) -> None:
    name = f"unusable{abs(hash(body))}"
    write(f"{name}.py", body)

    text = told(f"id: x\nfile: {name}\n")

    assert text.startswith(f"{name}.py")
    assert message in text


def test_a_module_that_raises_shows_the_users_frame_first_and_none_of_ours(
    tmp_path: Path,
) -> None:
    write("lower.py", "def compute():\n    return 1 / 0\n\nVALUE = compute()\n")
    write("upper.py", "import lower\n" + RUN)

    assert told("id: x\nfile: upper\n").splitlines() == [
        "the experiment module 'upper' does not import: ZeroDivisionError: division by zero",
        f"  {tmp_path}/lower.py:2, in compute",
        "    return 1 / 0",
        f"  {tmp_path}/lower.py:4, in <module>",
        "    VALUE = compute()",
        f"  {tmp_path}/upper.py:1, in <module>",
        "    import lower",
        "The whole traceback: experimaestro --traceback ...",
    ]


def test_a_missing_import_is_told_where_it_is_written(tmp_path: Path) -> None:
    write("needy.py", "import not_installed_at_all\n")

    assert told("id: x\nfile: needy\n").splitlines()[:3] == [
        (
            "the experiment module 'needy' does not import: "
            "ModuleNotFoundError: No module named 'not_installed_at_all'"
        ),
        f"  {tmp_path}/needy.py:1, in <module>",
        "    import not_installed_at_all",
    ]


def test_a_syntax_error_is_shown_with_its_column(tmp_path: Path) -> None:
    write("broken.py", "x = 1\ny = = 2\n")

    assert told("id: x\nfile: broken\n").splitlines()[:4] == [
        "the experiment module 'broken' does not import: SyntaxError: invalid syntax",
        f"  {tmp_path}/broken.py:2",
        "    y = = 2",
        "        ^",
    ]


def test_the_cause_is_kept_for_the_traceback() -> None:
    write("raising.py", "raise RuntimeError('no')\n")

    with pytest.raises(UserCodeError) as caught:
        imported("id: x\nfile: raising\n")

    assert isinstance(caught.value.__cause__, RuntimeError)
