"""What a connector can do, and the permissions that each capability needs, from its static description."""

from generated.text import table
from jackfield_contracts import Argument, Capability, Permission
from jackfield_dropbox.actions import declared
from jackfield_dropbox.arguments import CREATE, DELETE
from jackfield_dropbox.checks import CAPABILITIES

DROPBOX, CREATING, DELETING = CAPABILITIES, CREATE, DELETE


def by_capability(capabilities: tuple[Capability, ...]) -> str:
    """A table: capability, what it does, needed and optional permissions, hook."""
    return table(
        ("capability", "to", "scopes needed", "scopes that add to it"),
        [
            (f"`{each.name}`", each.description, _names(each.permissions, False), _names(each.permissions, True))
            for each in capabilities
        ],
    )


def by_permission(capabilities: tuple[Capability, ...]) -> str:
    """A table: permission, the application's name for it, the capabilities that need it."""
    permissions = {each.name: each for one in capabilities for each in reversed(one.permissions)}
    return table(
        ("scope", "what it is for", "needed by", "adds to"),
        [
            (f"`{name}`", its.description, _users(capabilities, name, False), _users(capabilities, name, True))
            for name, its in permissions.items()
        ],
    )


def actions() -> str:
    """A table of the actions with their keys."""
    return table(
        ("action", "what it does", "keys", "scopes"),
        [
            (
                f"`{each.name}`",
                each.description,
                ", ".join(f"`{argument.name}`" for argument in each.arguments),
                _names(each.permissions, False),
            )
            for each in declared(wipes=True)
        ],
    )


def arguments(given: tuple[Argument, ...]) -> str:
    """A table of the keys that make or delete an account."""
    return table(
        ("key", "type", "meaning"),
        [
            (f"`{each.name}`" + (" (required)" if each.required else ""), each.type.value, each.description)
            for each in given
        ],
    )


def _names(permissions: tuple[Permission, ...], optional: bool) -> str:
    return ", ".join(f"`{each.name}`" for each in permissions if each.optional is optional) or "–"


def _users(capabilities: tuple[Capability, ...], name: str, optional: bool) -> str:
    found = [
        each.name for each in capabilities for one in each.permissions if (one.name, one.optional) == (name, optional)
    ]
    return ", ".join(f"`{each}`" for each in found) or "–"
