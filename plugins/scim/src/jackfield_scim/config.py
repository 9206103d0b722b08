"""The configuration of a connection to a SCIM service provider: address, credentials, and what it does in its own way."""

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from jackfield.errors import BadConfig
from jackfield.hookspecs import ConnectorConfig, Context, Secret
from jackfield.http import Authorizer, Basic, Bearer, ClientCredentials, OAuthClient, checked_address


class Choice(StrEnum):
    """Whether the provider can do something: as its ServiceProviderConfig says, or as is said here."""

    AUTO = "auto"
    YES = "yes"
    NO = "no"


class Paging(StrEnum):
    """How listings are read on."""

    AUTO = "auto"
    INDEX = "index"
    CURSOR = "cursor"


class Totals(StrEnum):
    """What is made of totalResults."""

    CHECKED = "checked"
    TRUSTED = "trusted"
    IGNORED = "ignored"


class Untyped(StrEnum):
    """What a member is whose type nothing tells."""

    LOOK = "look"
    USER = "user"


class MembersBy(StrEnum):
    """How it is learnt who is in a group."""

    GROUP = "group"
    FILTER = "filter"


class Removal(StrEnum):
    """How a PATCH names the values that it takes away."""

    FILTER = "filter"
    VALUE = "value"


class Form(StrEnum):
    """How a PATCH names a single value that it sets."""

    PATH = "path"
    VALUE = "value"


Text = Annotated[str, Meta(min_length=1)]


class ScimConfig(ConnectorConfig, frozen=True, kw_only=True):
    """The keys of a connection with ``connector = "scim"``."""

    url: Annotated[
        str, Meta(min_length=1, description="Address of the service provider, such as https://api.example.com/scim/v2.")
    ]
    token: Annotated[Secret | None, Meta(description="Bearer token, from the application's settings.")] = None
    username: Annotated[str | None, Meta(description="Name for Basic credentials; with password.")] = None
    password: Annotated[Secret | None, Meta(description="Password for Basic credentials.")] = None
    token_url: Annotated[
        str | None, Meta(description="Address of the OAuth token endpoint, for client credentials.")
    ] = None
    client_id: Annotated[str | None, Meta(description="Id of the OAuth client.")] = None
    client_secret: Annotated[Secret | None, Meta(description="Secret of the OAuth client.")] = None
    oauth_scopes: Annotated[tuple[Text, ...], Meta(description="OAuth scopes to ask for; empty asks for all.")] = ()
    oauth_basic: Annotated[
        bool, Meta(description="Whether the token endpoint wants the client's id and secret as Basic credentials.")
    ] = False
    oauth_parameters: Annotated[
        dict[str, str], Meta(description="Further fields of the token request, such as an audience.")
    ] = msgspec.field(default_factory=dict[str, str])

    groups: Annotated[bool, Meta(description="Whether the provider has groups.")] = True
    media_type: Annotated[
        Text, Meta(description="Media type of what is sent and asked for; some know application/json only.")
    ] = "application/scim+json"
    page_size: Annotated[int, Meta(ge=2, le=10_000, description="Resources asked for in one page (count).")] = 100
    paging: Annotated[
        Paging, Meta(description="How listings are read on; auto: by cursor where the provider offers it.")
    ] = Paging.AUTO
    totals: Annotated[
        Totals,
        Meta(
            description="What totalResults is worth: checked (one request more shows that nothing follows), trusted (it ends"
            " a listing), or ignored."
        ),
    ] = Totals.CHECKED
    members_by: Annotated[
        MembersBy,
        Meta(
            description="How it is learnt who is in a group: group (it lists its members), or filter (it lists none, and is"
            " asked about single people when something is changed; a sync tells that memberships are unknown)."
        ),
    ] = MembersBy.GROUP
    members_listed: Annotated[
        bool,
        Meta(
            description="Whether a group without members in the listing is believed to have none; otherwise it is asked for"
            " alone."
        ),
    ] = False
    untyped_members: Annotated[
        Untyped,
        Meta(description="What a member without type is: look (users and groups tell), or user (always a user)."),
    ] = Untyped.LOOK
    send_member_type: Annotated[
        bool, Meta(description="Whether members are sent with their type, User or Group; some providers refuse it.")
    ] = True
    text_booleans: Annotated[bool, Meta(description='Whether truths come and go as the texts "True" and "False".')] = (
        False
    )
    text_values: Annotated[
        bool, Meta(description="Whether addresses, roles and entitlements may come as plain texts in a list.")
    ] = False
    active_if_absent: Annotated[
        bool, Meta(description="Whether a user without the attribute active is enabled; otherwise that is unknown.")
    ] = False
    filters: Annotated[Choice, Meta(description="Whether users can be looked up by filters.")] = Choice.AUTO
    lookup_by: Annotated[
        tuple[Text, ...],
        Meta(min_length=1, description="Attributes by which people are looked up, one request each."),
    ] = ("userName", "emails.value", "externalId")
    patch: Annotated[Choice, Meta(description="Whether resources can be changed by PATCH; otherwise PUT is used.")] = (
        Choice.AUTO
    )
    deletes: Annotated[
        bool,
        Meta(
            description="Whether DELETE takes a user away; some providers only disable the account, and deleting is refused."
        ),
    ] = True
    put_without_etag: Annotated[
        bool,
        Meta(
            description="Whether PUT is used where the provider gives no ETag: what somebody else changes at the same time"
            " may be lost."
        ),
    ] = False
    patch_removal: Annotated[
        Removal,
        Meta(
            description='How PATCH takes members away: filter (members[value eq "…"]) or value (a list of them; never for a'
            " provider that takes that for all members)."
        ),
    ] = Removal.FILTER
    patch_form: Annotated[
        Form, Meta(description="How PATCH sets single values: each by its path, or all in one value without a path.")
    ] = Form.PATH
    patch_capitals: Annotated[bool, Meta(description="Whether op is written Add, Remove, Replace.")] = False
    patch_operations: Annotated[
        str,
        Meta(pattern="^(?:Operations|operations)$", description="How PATCH writes the name of its list of operations."),
    ] = "Operations"
    bare_errors: Annotated[
        bool,
        Meta(
            description="Whether refusals are believed that are no SCIM error documents: a gateway's 404 then passes for the"
            " application's."
        ),
    ] = False


def base_url(config: ScimConfig) -> str:
    """The address of the provider; raises BadConfig if credentials would travel in the clear."""
    return checked_address(config.url, "url").rstrip("/")


def authorizer(config: ScimConfig, context: Context) -> Authorizer:
    """The credentials: a token, a name and password, or an OAuth client. Raises BadConfig unless they are of one kind."""
    basic = (config.username, config.password)
    oauth = (config.token_url, config.client_id, config.client_secret)
    kinds = [
        *(["token"] if config.token is not None else []),
        *(["username and password"] if any(each is not None for each in basic) else []),
        *(["token_url, client_id and client_secret"] if any(each is not None for each in oauth) else []),
    ]
    if len(kinds) != 1:
        told = f"it has {' and '.join(kinds)}" if kinds else "it has none"
        raise BadConfig(
            f"a connection needs one kind of credentials, and {told}",
            path="token",
            hint="Give token, or username and password, or token_url, client_id and client_secret.",
        )
    if config.token is not None:
        return Bearer(config.token)
    if config.username is not None and config.password is not None:
        if ":" in config.username:
            raise BadConfig("the name of Basic credentials can't hold a colon", path="username")
        return Basic(config.username, config.password)
    if config.token_url is not None and config.client_id is not None and config.client_secret is not None:
        client = OAuthClient(
            token_url=checked_address(config.token_url, "token_url"),
            client_id=config.client_id,
            client_secret=config.client_secret,
            basic=config.oauth_basic,
            scopes=config.oauth_scopes,
        )
        return ClientCredentials(
            http=context.http, client=client, clock=context.clock, parameters=config.oauth_parameters
        )
    raise BadConfig(
        f"the credentials are not whole: {kinds[0]} belong together", path=kinds[0].split(",")[0].split()[0]
    )
