"""What of SCIM's requests and answers the standard names for everybody, so that a recording shows it as it is."""

from typing import Final

from jackfield.http import Harmless
from jackfield_scim import wire

_FIELDS: Final = (
    *("schemas", "id", "externalId", "meta", "resourceType", "created", "lastModified", "location", "version"),
    *("userName", "name", "formatted", "familyName", "givenName", "middleName", "honorificPrefix", "honorificSuffix"),
    *(
        "displayName",
        "nickName",
        "profileUrl",
        "title",
        "userType",
        "preferredLanguage",
        "locale",
        "timezone",
        "active",
    ),
    *("password", "emails", "phoneNumbers", "ims", "photos", "addresses", "groups", "entitlements", "roles"),
    *("x509Certificates", "value", "display", "type", "primary", "$ref", "members", "streetAddress", "locality"),
    *("region", "postalCode", "country", "employeeNumber", "costCenter", "organization", "division", "department"),
    *("manager", "totalResults", "startIndex", "itemsPerPage", "Resources", "nextCursor", "previousCursor"),
    *("Operations", "op", "path", "status", "scimType", "detail", "filter", "attributes", "excludedAttributes"),
    *("sortBy", "sortOrder", "count", "cursor", "patch", "bulk", "etag", "sort", "changePassword", "supported"),
    *("maxOperations", "maxPayloadSize", "maxResults", "authenticationSchemes", "documentationUri", "description"),
    *("specUri", "pagination", "index", "defaultPaginationMethod", "defaultPageSize", "maxPageSize", "cursorTimeout"),
    *("endpoint", "schema", "schemaExtensions", "required", "subAttributes", "multiValued", "caseExact", "mutability"),
    *("returned", "uniqueness", "canonicalValues", "referenceTypes"),
)
_SCHEMAS: Final = (
    *(wire.CORE_USER, wire.CORE_GROUP, wire.ENTERPRISE, wire.PATCH_OP),
    "urn:ietf:params:scim:api:messages:2.0:ListResponse",
    "urn:ietf:params:scim:api:messages:2.0:Error",
    "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig",
    "urn:ietf:params:scim:schemas:core:2.0:ResourceType",
    "urn:ietf:params:scim:schemas:core:2.0:Schema",
)
_SCIM_TYPES: Final = (
    *(
        "invalidFilter",
        "tooMany",
        "uniqueness",
        "mutability",
        "invalidSyntax",
        "invalidPath",
        "noTarget",
        "invalidValue",
    ),
    *("invalidVers", "sensitive", "invalidCursor", "expiredCursor", "invalidCount"),
)
_PATHS: Final = ("name.formatted", "name.givenName", "name.familyName", "manager.value")
_OPERATORS: Final = ("eq", "ne", "co", "sw", "ew", "pr", "gt", "ge", "lt", "le", "and", "or", "not", "true", "false")
_METHODS: Final = ("oauth", "oauth2", "oauthbearertoken", "httpbasic", "httpdigest")
_NUMBERS: Final = (
    *("totalResults", "startIndex", "itemsPerPage", "count", "maxOperations", "maxPayloadSize", "maxResults"),
    *("defaultPageSize", "maxPageSize", "cursorTimeout"),
)
_STATUSES: Final = ("400", "401", "403", "404", "409", "412", "413", "429", "500", "501", "503")


def harmless() -> Harmless:
    """The names of RFC 7643, 7644 and 9865, and the words of their closed sets."""
    return Harmless(
        fields=frozenset([*_FIELDS, *_SCHEMAS]),
        words={
            "schemas": frozenset(_SCHEMAS),
            "schema": frozenset(_SCHEMAS),
            "resourceType": frozenset(["User", "Group", "ServiceProviderConfig", "ResourceType", "Schema"]),
            "type": frozenset(["work", "home", "other", "direct", "indirect", "User", "Group", *_METHODS]),
            "active": frozenset(["true", "false", "True", "False"]),
            "primary": frozenset(["true", "false", "True", "False"]),
            "op": frozenset(["add", "remove", "replace", "Add", "Remove", "Replace"]),
            "path": frozenset([*_FIELDS, *_PATHS, *_OPERATORS]),
            "scimType": frozenset(_SCIM_TYPES),
            "status": frozenset(_STATUSES),
            "sortOrder": frozenset(["ascending", "descending"]),
            "defaultPaginationMethod": frozenset(["cursor", "index"]),
            "filter": frozenset(_OPERATORS),
            "attributes": frozenset(_FIELDS),
            "excludedAttributes": frozenset(_FIELDS),
        },
        numbers=frozenset(_NUMBERS),
        paths=("Users", "Users/{}", "Groups", "Groups/{}", "ServiceProviderConfig", "ResourceTypes", "Schemas"),
    )
