"""The command line, from the commands themselves."""

from collections.abc import Iterator

import click

from generated.text import table
from jackfield.cli.main import cli

_WIDTH = 100


def overview() -> str:
    """A table of the commands in the order in which a newcomer needs them."""
    rows = [
        (f"[`{context.info_name}`](#{context.command_path.replace(' ', '-')})", context.command.get_short_help_str(200))
        for context in _all()
        if context.parent is not None and context.parent.command is cli
    ]
    return table(("command", "what it does"), rows)


def reference() -> str:
    """A section for each command and command of a group: what `--help` prints."""
    return "\n\n".join(f"## `{context.command_path}`\n\n```text\n{_help(context)}\n```" for context in _all())


def options() -> str:
    """What `jackfield --help` prints."""
    return f"```text\n{_help(_context(cli, None, 'jackfield'))}\n```"


def _all() -> Iterator[click.Context]:
    root = _context(cli, None, "jackfield")
    for name in cli.list_commands(root):
        command = cli.get_command(root, name)
        if command is None:
            continue
        context = _context(command, root, name)
        yield context
        if isinstance(command, click.Group):
            for inner in command.list_commands(context):
                found = command.get_command(context, inner)
                if found is not None:
                    yield _context(found, context, inner)


def _context(command: click.Command, parent: click.Context | None, name: str) -> click.Context:
    given = {**command.context_settings, "terminal_width": _WIDTH, "max_content_width": _WIDTH}
    return click.Context(command, parent=parent, info_name=name, **given)


def _help(context: click.Context) -> str:
    return context.get_help().rstrip()
