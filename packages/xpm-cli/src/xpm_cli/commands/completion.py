"""`experimaestro completion`: what makes a shell complete commands, experiments, jobs and tags."""

from __future__ import annotations

import click

from xpm_cli.completion import SHELLS


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
@click.option(
    "--program",
    default="experimaestro",
    show_default=True,
    metavar="NAME",
    help="For another name of the program, such as xpm.",
)
@click.pass_context
def completion(ctx: click.Context, shell: str, program: str) -> None:
    r"""Print what makes a SHELL complete commands, options, experiments, jobs and tags.

    \b
    bash: eval "$(experimaestro completion bash)"   in ~/.bashrc
    zsh:  eval "$(experimaestro completion zsh)"    in ~/.zshrc, after compinit
    fish: experimaestro completion fish | source    in ~/.config/fish/config.fish
    """
    from click.shell_completion import get_completion_class  # lazy

    kind = get_completion_class(shell)
    assert kind is not None
    root = ctx.find_root().command
    variable = f"_{program.replace('-', '_').replace('.', '_')}_COMPLETE".upper()
    click.echo(kind(root, {}, program, variable).source())
