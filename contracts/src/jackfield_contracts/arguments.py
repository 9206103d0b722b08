"""Arguments: the named values that changes take and give, and how a change is known to be made."""

from enum import StrEnum

import msgspec

from jackfield_contracts.since import since

__all__ = ["Argument", "ArgumentType", "Confirmation", "Value"]

Value = str | int | float | bool | tuple[str, ...] | None
"""What an argument, a result or a fact may be."""


class ArgumentType(StrEnum):
    """The form of an argument; *strings* is a list of texts."""

    STRING = "string"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    STRINGS = "strings"


@since(1, 1, privileged=(1, 2), secret=(1, 3), effect=(1, 3))
class Argument(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A named value that a change takes or gives. ``choices`` lists the only texts allowed, if there are any.

    A change that is given a ``privileged`` one counts as privileged, such as an account with an administrator's role.
    ``sets`` names the field or the fact of ``AccountState`` that has this value when the change is made; ``login`` is
    how an account that does not exist yet is found afterwards. A ``secret`` one, such as a first password, is given as a
    reference (``env:NAME``, ``file:PATH``): plans, journal and output hold that, and a connector is given the text itself.
    ``effect`` says in words what the argument does beside that can't be taken back, such as *wipes devices*: it is told
    with the value, or alone where that is a truth, before anybody is asked and in the journal.
    """

    name: str
    type: ArgumentType = ArgumentType.STRING
    required: bool = False
    description: str = ""
    default: Value = None
    choices: tuple[str, ...] = ()
    sets: str | None = None
    privileged: bool = False
    secret: bool = False
    effect: str | None = None


class Confirmation(StrEnum):
    """How a change is known to be made: by reading the state, or by the application's answer alone."""

    READ = "read"
    ANSWER = "answer"
