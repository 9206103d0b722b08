"""A group of commands that knows their names and short help without importing them."""

from importlib import import_module
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from jackfield.cli.plugin_commands import PluginCommands


_IN_EXTRAS = {"serve": "jackfield[service]"}
"""Commands that distributions of this project bring, by what is to be installed."""


class LazyGroup(click.Group):
    """A click group over a table of names: the module that has the command (as ``command``), and its short help."""

    def __init__(
        self, *, table: dict[str, tuple[str, str]], plugins: "PluginCommands | None" = None, **options: object
    ) -> None:
        super().__init__(**options)  # type: ignore[arg-type]
        self._table = table
        self._plugins = plugins

    @property
    def _others(self) -> dict[str, str]:
        """The commands of plugins, with their short help; one that has the name of an own one is not among them."""
        found = self._plugins.announced if self._plugins is not None else {}
        return {name: short for name, short in found.items() if name not in self._table}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names in the order of the table, which is the order in which a newcomer needs them, then those of plugins."""
        return [*self._table, *self._others]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of a command and give the command, None for an unknown name."""
        if cmd_name not in self._table:
            return self._plugins.load(cmd_name) if self._plugins is not None else None
        module = import_module(self._table[cmd_name][0])
        return module.COMMANDS[cmd_name]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does; an unknown name is told with the nearest known one."""
        name = args[0]
        known = {*self._table} if name in self._table else {*self._table, *self._others}
        if name not in known and not name.startswith("-") and not ctx.resilient_parsing:
            from difflib import get_close_matches

            near = get_close_matches(name, known, n=1)
            if name in _IN_EXTRAS and self._plugins is not None:
                ctx.fail(f"The command {name!r} is not installed. Install it: pip install '{_IN_EXTRAS[name]}'.")
            ctx.fail(f"No such command {name!r}." + (f" Did you mean {near[0]!r}?" if near else ""))
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """The commands that begin so, by their short help; none is imported."""
        from click.shell_completion import CompletionItem

        names = [name for name in self.list_commands(ctx) if name.startswith(incomplete)]
        if names and not incomplete.startswith("-"):
            return [CompletionItem(name, help=self._short(name)) for name in names]
        return super().shell_complete(ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._short(name)) for name in self.list_commands(ctx)])

    def _short(self, name: str) -> str:
        return self._table[name][1] if name in self._table else self._others[name]
