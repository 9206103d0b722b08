"""The platform's names for what the host has: identifiers, types, capabilities, arguments."""

from collections.abc import Iterable, Mapping
from typing import cast

from google.protobuf import json_format
from google.protobuf.struct_pb2 import Struct

from jackfield.errors import BadConfig
from jackfield.hookspecs import ServedConnection
from jackfield_c1.proto import config_pb2, connector_pb2
from jackfield_contracts import (
    Action,
    ActionKind,
    Argument,
    ArgumentType,
    EntitlementId,
    IdentifierError,
    ResourceId,
    ResourceType,
    TraitKind,
    Value,
)

TRAITS = {
    TraitKind.USER: connector_pb2.ResourceType.TRAIT_USER,
    TraitKind.GROUP: connector_pb2.ResourceType.TRAIT_GROUP,
    TraitKind.ROLE: connector_pb2.ResourceType.TRAIT_ROLE,
    TraitKind.APP: connector_pb2.ResourceType.TRAIT_APP,
    TraitKind.LICENSE: connector_pb2.ResourceType.TRAIT_LICENSE_PROFILE,
}
_ACTION_TYPES = {
    ActionKind.ENABLE_ACCOUNT: connector_pb2.ACTION_TYPE_ACCOUNT_ENABLE,
    ActionKind.DISABLE_ACCOUNT: connector_pb2.ACTION_TYPE_ACCOUNT_DISABLE,
    ActionKind.UPDATE_ACCOUNT: connector_pb2.ACTION_TYPE_ACCOUNT_UPDATE_PROFILE,
}


def resource_id(given: connector_pb2.ResourceId, what: str) -> ResourceId:
    """The identifier that the platform means; raises BadConfig where it is none."""
    if not given.resource_type or not given.resource:
        raise BadConfig(f"the task names no {what}, or not by its type and id")
    try:
        return ResourceId.parse(str(ResourceId(type=given.resource_type, id=given.resource)))
    except IdentifierError as error:
        raise BadConfig(f"the task's {what} is no identifier: {error}") from None


def entitlement_id(given: connector_pb2.Entitlement) -> EntitlementId:
    """The entitlement that the platform means.

    Ids hold colons and are not parsed; where no slug is given, it is what follows the resource in the id.
    """
    resource = resource_id(given.resource.id, "entitlement's resource")
    begin = f"{resource.type}:{resource.id}:"
    slug = given.slug or (given.id.removeprefix(begin) if given.id.startswith(begin) else "")
    if given.id and given.id != f"{begin}{slug}":
        raise BadConfig(
            f"the task contradicts itself: the entitlement {given.id!r} is not {slug!r} of {resource}",
            hint="Nothing was changed.",
        )
    try:
        return EntitlementId.parse(str(EntitlementId(resource=resource, slug=slug)))
    except IdentifierError as error:
        raise BadConfig(f"the task's entitlement {given.id!r} is none of ours: {error}") from None


def resource_type(type: ResourceType) -> connector_pb2.ResourceType:
    """A resource type."""
    made = connector_pb2.ResourceType(id=type.name, display_name=type.display_name, description=type.description)
    if type.trait is not None:
        made.traits.append(TRAITS[type.trait])
    return made


def account_type(connection: ServedConnection) -> str:
    """The type that accounts are of."""
    return next((each.name for each in connection.resource_types if each.trait is TraitKind.USER), "user")


def capabilities(
    connection: ServedConnection, actions: Iterable[Action], *, feeds: bool
) -> connector_pb2.ConnectorCapabilities:
    """What the connection offers; changes only where they are enabled."""
    hooks = {each.hook for each in connection.capabilities if each.hook is not None}
    made = connector_pb2.ConnectorCapabilities()
    whole: dict[connector_pb2.Capability, None] = {connector_pb2.CAPABILITY_SYNC: None}
    accounts = account_type(connection)
    for type in connection.resource_types:
        found: list[connector_pb2.Capability] = [connector_pb2.CAPABILITY_SYNC]
        if connection.provisioning and {"grant", "revoke"} <= hooks and type.trait in (TraitKind.GROUP, TraitKind.ROLE):
            found.append(connector_pb2.CAPABILITY_PROVISION)
        if connection.provisioning and type.name == accounts:
            if "create_account" in hooks:
                found.append(connector_pb2.CAPABILITY_ACCOUNT_PROVISIONING)
            if "delete_account" in hooks:
                found.append(connector_pb2.CAPABILITY_RESOURCE_DELETE)
        one = made.resource_type_capabilities.add()
        one.resource_type.CopyFrom(resource_type(type))
        one.capabilities.extend(found)
        for permission in type.permissions:
            one.permissions.permissions.add(permission=permission)
        whole |= dict.fromkeys(found)
    if connection.provisioning and any(actions):
        whole[connector_pb2.CAPABILITY_ACTIONS] = None
    if feeds:
        whole[connector_pb2.CAPABILITY_EVENT_FEED_V2] = None
    made.connector_capabilities.extend(sorted(whole))
    if connector_pb2.CAPABILITY_ACCOUNT_PROVISIONING in whole:
        accounts_made = made.credential_details.capability_account_provisioning
        accounts_made.supported_credential_options.append(connector_pb2.CAPABILITY_DETAIL_CREDENTIAL_OPTION_NO_PASSWORD)
        accounts_made.preferred_credential_option = connector_pb2.CAPABILITY_DETAIL_CREDENTIAL_OPTION_NO_PASSWORD
    return made


def creation_arguments(connection: ServedConnection) -> tuple[Argument, ...]:
    """What an account is made of; a first password and the like are not asked for there."""
    found = (each for each in connection.capabilities if each.hook == "create_account")
    return tuple(each for each in next((one.arguments for one in found), ()) if not each.secret)


def creation_schema(arguments: Iterable[Argument]) -> connector_pb2.ConnectorAccountCreationSchema:
    """The form that the platform shows for a new account."""
    made = connector_pb2.ConnectorAccountCreationSchema()
    for order, each in enumerate(arguments, start=1):
        field = made.field_map[each.name]
        field.display_name = _title(each.name)
        field.required = each.required
        field.description = each.description
        field.order = order
        match each.type:
            case ArgumentType.BOOLEAN:
                field.bool_field.SetInParent()
                if isinstance(each.default, bool):
                    field.bool_field.default_value = each.default
            case ArgumentType.INTEGER:
                field.int_field.SetInParent()
            case ArgumentType.STRINGS:
                field.string_list_field.SetInParent()
            case ArgumentType.STRING:
                field.string_field.SetInParent()
                if isinstance(each.default, str):
                    field.string_field.default_value = each.default
    return made


def action_schema(action: Action, accounts: str) -> connector_pb2.BatonActionSchema:
    """An action as the platform shows it."""
    made = connector_pb2.BatonActionSchema(
        name=action.name, display_name=_title(action.name), description=action.description
    )
    kind = _ACTION_TYPES.get(action.kind)
    made.action_type.append(connector_pb2.ACTION_TYPE_DYNAMIC if kind is None else kind)
    if kind is not None:
        made.action_type.append(connector_pb2.ACTION_TYPE_ACCOUNT)
        made.resource_type_id = accounts
    made.arguments.extend(_field(each) for each in action.arguments if not each.secret)
    made.return_types.extend(_field(each) for each in action.results)
    made.return_types.append(
        config_pb2.Field(name="success", display_name="Success", bool_field=config_pb2.BoolField())
    )
    return made


def _field(argument: Argument) -> config_pb2.Field:
    made = config_pb2.Field(
        name=argument.name,
        display_name=_title(argument.name),
        description=argument.description,
        is_required=argument.required,
    )
    match argument.type:
        case ArgumentType.BOOLEAN:
            made.bool_field.default_value = argument.default is True
        case ArgumentType.INTEGER:
            made.int_field.default_value = argument.default if isinstance(argument.default, int) else 0
        case ArgumentType.STRINGS:
            made.string_slice_field.SetInParent()
        case ArgumentType.STRING:
            made.string_field.default_value = argument.default if isinstance(argument.default, str) else ""
            made.string_field.options.extend(
                config_pb2.StringFieldOption(name=each, value=each) for each in argument.choices
            )
    return made


def values(given: Struct, arguments: Iterable[Argument]) -> dict[str, Value]:
    """The values of a task in the form of *arguments*; raises BadConfig for another name, or another form.

    What is empty there is not given: the platform's forms send every field. Numbers come as floating ones.
    """
    known = {each.name: each for each in arguments}
    made: dict[str, Value] = {}
    for name, value in json_format.MessageToDict(given).items():
        if name not in known:
            raise BadConfig(f"there is no argument {name!r}", path=name, hint=f"Known: {', '.join(known) or 'none'}.")
        if value is None and known[name].default is True:
            # What is done where nothing is said may not be undone; nothing is not an answer to it.
            raise BadConfig(f"the argument {name!r} is null: say true or false", path=name)
        if value in (None, "", []):
            continue
        made[name] = _value(known[name], value)
    return made


def _value(argument: Argument, value: object) -> Value:
    wanted = BadConfig(f"the argument {argument.name!r} wants a {argument.type.value}", path=argument.name)
    match argument.type:
        case ArgumentType.BOOLEAN:
            if isinstance(value, str) and value.lower() in ("true", "false"):
                return value.lower() == "true"
            if isinstance(value, bool):
                return value
        case ArgumentType.INTEGER:
            if isinstance(value, (int, float)) and not isinstance(value, bool) and float(value).is_integer():
                return int(value)
            if isinstance(value, str) and value.removeprefix("-").isdecimal():
                return int(value)
        case ArgumentType.STRINGS:
            if isinstance(value, str):
                return (value,)
            if isinstance(value, list):
                texts = [each for each in cast("list[object]", value) if isinstance(each, str)]
                if len(texts) == len(cast("list[object]", value)):
                    return tuple(texts)
        case ArgumentType.STRING:
            if isinstance(value, Mapping):
                # An account may be named by the resource that it is.
                return _named_resource(cast("Mapping[str, object]", value), wanted)
            if isinstance(value, str):
                return value
    raise wanted


def _named_resource(value: Mapping[str, object], wanted: BadConfig) -> str:
    for key in ("resource", "resource_id", "resourceId", "id"):
        found = value.get(key)
        if isinstance(found, str) and found:
            return found
        if isinstance(found, Mapping):
            return _named_resource(cast("Mapping[str, object]", found), wanted)
    raise wanted


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()
