"""What creating, deleting and the actions take; and what Dropbox would refuse with a 400, told beforehand."""

from collections.abc import Mapping
from typing import Final

from jackfield_contracts import Argument, ArgumentType, Value
from jackfield_dropbox.people import EXTERNAL_ID_LENGTH, is_email, is_unicode

_NAME_LENGTH: Final = 50
_NOT_IN_NAMES: Final = frozenset('/:?*<>"|')
_BOOLEAN: Final = ArgumentType.BOOLEAN
_STRINGS: Final = ArgumentType.STRINGS

WIPES: Final = "wipes devices"

_NAMES: Final = (
    Argument(name="given_name", description="Given name, at most 50 characters.", sets="given_name"),
    Argument(name="surname", description="Surname, at most 50 characters.", sets="surname"),
)

CREATE: Final = (
    Argument(name="email", required=True, description="E-mail address that is invited.", sets="login"),
    *_NAMES,
    Argument(name="external_id", description="External id, at most 64 characters.", sets="external_id"),
    Argument(
        name="persistent_id",
        description="Persistent id for single sign-on; the team must have them switched on.",
        sets="persistent_id",
    ),
    Argument(name="role", description="Admin role to give at once: its id or its exact name.", privileged=True),
    Argument(
        name="send_welcome_email",
        type=_BOOLEAN,
        default=True,
        description="Send the invitation by mail; without it, only people of a verified domain learn of it.",
    ),
    Argument(
        name="directory_restricted",
        type=_BOOLEAN,
        description="Hide the person from the team's directory.",
        sets="is_directory_restricted",
    ),
    Argument(name="groups", type=_STRINGS, description="Ids of groups to join.", sets="groups"),
)

DELETE: Final = (
    Argument(
        name="wipe_data",
        type=_BOOLEAN,
        default=False,
        description="Wipe the account's files from its linked devices. Dropbox's own default is to wipe; here it is not.",
        effect=WIPES,
    ),
    Argument(
        name="transfer_to",
        description="Whose the files become: a member's e-mail address or id. Needs transfer_admin.",
        effect="gives the files to",
    ),
    Argument(
        name="transfer_admin",
        description="Team administrator who hears of failures of the transfer: e-mail address or id.",
    ),
    Argument(
        name="keep_account",
        type=_BOOLEAN,
        default=False,
        description="Let the person keep a personal account. For good; needs wipe_data=false.",
        effect="leaves the person a personal account",
    ),
    Argument(
        name="retain_team_shares",
        type=_BOOLEAN,
        default=False,
        description="Keep access to what the team shared. Needs keep_account=true.",
    ),
    Argument(
        name="permanently_delete_files",
        type=_BOOLEAN,
        default=False,
        description="Delete the account's files for good; it can't be recovered then.",
        effect="deletes the files for good",
    ),
)

PROFILE: Final = (
    *_NAMES,
    Argument(name="email", description="New e-mail address.", sets="email"),
    Argument(name="external_id", description="New external id; an empty one clears it.", sets="external_id"),
)


def text(values: Mapping[str, Value], name: str) -> str | None:
    """The argument as a text, None if it is not given."""
    value = values.get(name)
    return value if isinstance(value, str) else None


def flag(values: Mapping[str, Value], name: str, default: bool) -> bool:
    """The argument as a truth."""
    value = values.get(name)
    return value if isinstance(value, bool) else default


def texts(values: Mapping[str, Value], name: str) -> tuple[str, ...]:
    """The argument as texts, each once."""
    value = values.get(name)
    return tuple(dict.fromkeys(value)) if isinstance(value, tuple) else ()


def problem(values: Mapping[str, Value]) -> str | None:
    """Why Dropbox would not take an address, a name or an external id; None if it would."""
    if bad_ones := [name for name, value in values.items() if isinstance(value, str) and not is_unicode(value)]:
        return f"{bad_ones[0]} is not Unicode text."
    email = text(values, "email")
    if email is not None and not is_email(email):
        return "Dropbox does not take this for an e-mail address."
    for name, called in (("given_name", "given name"), ("surname", "surname")):
        value = text(values, name) or ""
        if len(value) > _NAME_LENGTH:
            return f"The {called} has more than {_NAME_LENGTH} characters."
        if bad := sorted(_NOT_IN_NAMES.intersection(value)):
            return f"The {called} has characters that Dropbox does not take: {' '.join(bad)}"
    if len(text(values, "external_id") or "") > EXTERNAL_ID_LENGTH:
        return f"The external id has more than {EXTERNAL_ID_LENGTH} characters."
    return None
