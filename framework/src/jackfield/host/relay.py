"""A relay: pluggy's manager for the hooks of one specification, in which one plugin is registered.

Promises that only what may be a hook is looked at. Hides how pluggy finds hooks.
"""

from typing import Any

import pluggy

from jackfield.hookspecs import PROJECT


def new_relay(specification: type) -> pluggy.PluginManager:
    """A relay without a plugin, for the hooks of *specification*."""
    relay = _Relay(PROJECT)
    relay.add_hookspecs(specification)
    return relay


class _Relay(pluggy.PluginManager):
    """Leaves out what every object has, such as ``__repr__``: none of it is a hook, and to look costs a third of opening."""

    def parse_hookimpl_opts(self, plugin: Any, name: str) -> pluggy.HookimplOpts | None:
        return None if name.startswith("__") else super().parse_hookimpl_opts(plugin, name)

    def parse_hookspec_opts(self, module_or_class: Any, name: str) -> pluggy.HookspecOpts | None:
        return None if name.startswith("__") else super().parse_hookspec_opts(module_or_class, name)
