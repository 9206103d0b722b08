"""``jackfield completion``: the script by which a shell completes what is typed."""

from typing import TYPE_CHECKING

import click

from jackfield.cli.base import command

if TYPE_CHECKING:
    from jackfield.cli.app import App

SHELLS = ("bash", "zsh", "fish")


@command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(ctx: click.Context, app: "App", shell: str) -> None:
    """Print the script by which SHELL completes commands, options, connections, runs, resources and people.

    \b
    bash: add to ~/.bashrc            eval "$(jackfield completion bash)"
    zsh:  add to ~/.zshrc             eval "$(jackfield completion zsh)"
    fish: once                        jackfield completion fish > ~/.config/fish/completions/jackfield.fish

    What is completed is looked up in the configuration and in the latest snapshots; no application is asked.
    """
    from click.shell_completion import BashComplete, FishComplete, ZshComplete

    made = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}[shell]
    name = ctx.find_root().info_name or "jackfield"
    # The source of the base class: that of bash starts a bash to see how old it is.
    script = made.source_template % made(ctx.find_root().command, {}, name, f"_{name.upper()}_COMPLETE").source_vars()
    click.echo(script, nl=False)


COMMANDS = {"completion": completion}
