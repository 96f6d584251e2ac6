"""`experimaestro schema`: the JSON schema of an experiment file."""

from __future__ import annotations

from pathlib import Path

import click

from xpm_cli import render


@click.command("schema")
@click.argument("yaml_file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--file", metavar="FILE", help="Python file with `run`, instead of the key `file`.")
@click.option("--module-name", metavar="MODULE", help="Instead of the key `module`.")
def schema(yaml_file: Path, file: str | None, module_name: str | None) -> None:
    """Print the JSON schema of an experiment file, for editors that complete and check YAML.

    The experiment's module is imported to find its configuration class. An editor with the YAML
    language server uses a schema that the first line of the file names:

        # yaml-language-server: $schema=study.schema.json
    """
    from xpm_cli.experiment_file import load  # lazy: the help reads no YAML
    from xpm_cli.json_schema import schema_of
    from xpm_cli.user_code import import_experiment

    code = import_experiment(load(yaml_file), file=file, module=module_name)
    render.print_json(schema_of(code.schema))
