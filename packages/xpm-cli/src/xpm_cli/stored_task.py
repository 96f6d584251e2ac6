"""A task as it is stored, in `params.json` or in the records of a run: nothing is imported."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xpm_cli.errors import BadInput, NotFound

if TYPE_CHECKING:
    from xpm_store.index import JobRow
    from xpm_store.layout import Workspace

Definition = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StoredTask:
    """The definitions of a task and of what is below it.

    Attributes:
        objects: The definitions, by number.
        root: The number of the task.
        workspace: The workspace where it was stored, as its paths name it.
        folder: The folder of the job, relative to the workspace.
    """

    objects: Mapping[Any, Definition]
    root: Any
    workspace: str = ""
    folder: str = ""

    def path_text(self, value: Definition) -> str:
        """A stored path, relative to the workspace when it lies in it."""
        text = str(value.get("value"))
        if value.get("base") == "job":
            return f"{self.folder}/{text}"
        if value.get("base") is None and self.workspace:
            return text.removeprefix(f"{self.workspace}/")
        return text


def read_params(path: Path) -> StoredTask:
    """The task of a `params.json`.

    Args:
        path: The file, or the folder of a job.

    Raises:
        NotFound: There is no such file.
        BadInput: It is no `params.json`.
    """
    file = path / "params.json" if path.is_dir() else path
    try:
        content = json.loads(file.read_bytes())
        objects = {item["id"]: item for item in content["objects"]}
        workspace = str(content.get("workspace") or "")
    except FileNotFoundError:
        raise NotFound(f"{file} does not exist") from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise BadInput(f"{file} is no params.json: it has no list of objects") from None
    job = file.absolute().parent
    in_workspace = job.parent.parent.name == "jobs"
    folder = f"jobs/{job.parent.name}/{job.name}" if in_workspace else "<job>"
    return StoredTask(objects, next(reversed(objects), None), workspace, folder)


def read_job(workspace: Workspace, row: JobRow) -> StoredTask | None:
    """The task of a job: from its folder, or from its run when it was not started.

    Returns:
        The task; None when neither says anything, or nothing that can be understood.
    """
    try:
        return read_params(row.path)
    except (NotFound, BadInput, OSError):
        pass
    if not row.run_id:
        return None
    objects = _run_objects(workspace.experiment(row.experiment_id).run(row.run_id).objects_jsonl)
    number = next((n for n, o in objects.items() if o.get("identifier") == row.job_id), None)
    if number is None:
        return None
    return StoredTask(objects, number, str(workspace.root), f"jobs/{row.task_id}/{row.job_id}")


@lru_cache(maxsize=4)
def _run_objects(path: Path) -> Mapping[Any, Definition]:
    from xpm_store.atomic import read_lines  # lazy: for jobs that were not started

    if not path.is_file():
        return {}
    lines: list[Any] = list(read_lines(path).objects)
    return {line["id"]: line for line in lines if isinstance(line, dict) and "id" in line}


def declaration(owner: Definition, parameter: str) -> str:
    """Where the user's code declares a parameter: `study/experiment.py:12`.

    Args:
        owner: The definition of the configuration that has the parameter.
        parameter: Its name.

    Returns:
        The file, with the line when the class is there and declares it; empty when not known.
    """
    file = owner.get("file")
    if not isinstance(file, str):
        return str(owner.get("module") or "")
    line = _lines_of(file).get((str(owner.get("type")), parameter))
    return _shown(file) if line is None else f"{_shown(file)}:{line}"


@lru_cache(maxsize=64)
def _lines_of(file: str) -> dict[tuple[str, str], int]:
    """The line of each annotated attribute of each class (qualified name) of a Python file."""
    try:
        tree = ast.parse(Path(file).read_bytes())
    except (OSError, ValueError, SyntaxError, RecursionError):
        return {}
    found: dict[tuple[str, str], int] = {}
    stack: list[tuple[str, ast.AST]] = [("", tree)]
    while stack:
        prefix, node = stack.pop()
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.ClassDef):
                stack.append((f"{prefix}{child.name}.", child))
            elif isinstance(child, ast.AnnAssign) and isinstance(child.target, ast.Name):
                found[prefix.rstrip("."), child.target.id] = child.lineno
            elif not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.expr)):
                stack.append((prefix, child))
    return found


def _shown(file: str) -> str:
    from xpm_cli.paths import shown  # lazy: with the rest of the messages

    return shown(Path(file))
