"""What creating accounts and the actions take, and where in a user each argument stands."""

from collections.abc import Mapping
from typing import Any, Final

from jackfield_contracts import Argument, Value
from jackfield_scim import wire

USER_NAME: Final = "user_name"
EMAIL: Final = "email"

PATHS: Final[Mapping[str, str]] = {
    USER_NAME: "userName",
    "display_name": "displayName",
    "given_name": "name.givenName",
    "surname": "name.familyName",
    "external_id": "externalId",
    "title": "title",
    "user_type": "userType",
    "department": f"{wire.ENTERPRISE}:department",
    "employee_number": f"{wire.ENTERPRISE}:employeeNumber",
}
"""The path of each argument whose value is a single text."""

_FURTHER: Final = (
    Argument(name=EMAIL, description="E-mail address: the primary one.", sets="email"),
    Argument(name="display_name", description="Name as it is shown.", sets="display_name"),
    Argument(name="given_name", description="Given name.", sets="given_name"),
    Argument(name="surname", description="Family name.", sets="surname"),
    Argument(name="external_id", description="Id that another system has for the person.", sets="external_id"),
    Argument(name="title", description="Title, such as Engineer.", sets="title"),
    Argument(name="user_type", description="How the person is employed, such as Contractor.", sets="user_type"),
    Argument(name="department", description="Department (enterprise extension).", sets="department"),
    Argument(name="employee_number", description="Employee number (enterprise extension).", sets="employee_number"),
)

CREATE: Final = (
    Argument(name=USER_NAME, required=True, description="User name, by which the person signs in.", sets="login"),
    *_FURTHER,
    Argument(name="password", secret=True, description="First password, where the provider takes one."),
)

PROFILE: Final = (
    Argument(name=USER_NAME, description="New user name.", sets="login"),
    *_FURTHER,
)


def text(values: Mapping[str, Value], name: str) -> str | None:
    """The argument as a text, None if it is not given."""
    value = values.get(name)
    return value if isinstance(value, str) else None


def document(values: Mapping[str, Value], yes: object) -> dict[str, Any]:
    """A user to be made, enabled; *yes* is the truth as the provider writes it."""
    made: dict[str, Any] = {"schemas": [wire.CORE_USER]}
    for name, path in PATHS.items():
        if value := text(values, name):
            put(made, path, value)
    if address := text(values, EMAIL):
        made["emails"] = [{"value": address, "type": "work", "primary": yes}]
    if password := text(values, "password"):
        made["password"] = password
    made["active"] = yes
    return made


def put(document: dict[str, Any], path: str, value: str) -> bool:
    """Set a single text of a user, or take it away if it is empty; whether that changed anything."""
    extension = path.startswith(wire.ENTERPRISE)
    outer, _, inner = (wire.ENTERPRISE, ":", path[len(wire.ENTERPRISE) + 1 :]) if extension else path.partition(".")
    at, name = document, _key(document, outer)
    if inner:
        at = dict(wire.raw_object(document.get(name)) or {})
        document[name], name = at, _key(at, inner)
    before = at.get(name)
    if value:
        at[name] = value
    else:
        at.pop(name, None)
    if extension and value and wire.ENTERPRISE not in document.get("schemas", []):
        document["schemas"] = [*document.get("schemas", []), wire.ENTERPRISE]
    return before != (value or None)


def _key(document: Mapping[str, Any], name: str) -> str:
    return next((each for each in document if each.lower() == name.lower()), name)
