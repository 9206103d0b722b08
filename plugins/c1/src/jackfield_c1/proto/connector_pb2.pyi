import datetime

from google.protobuf import any_pb2 as _any_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf import wrappers_pb2 as _wrappers_pb2
from jackfield_c1.proto import config_pb2 as _config_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Capability(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CAPABILITY_UNSPECIFIED: _ClassVar[Capability]
    CAPABILITY_PROVISION: _ClassVar[Capability]
    CAPABILITY_SYNC: _ClassVar[Capability]
    CAPABILITY_EVENT_FEED: _ClassVar[Capability]
    CAPABILITY_TICKETING: _ClassVar[Capability]
    CAPABILITY_ACCOUNT_PROVISIONING: _ClassVar[Capability]
    CAPABILITY_CREDENTIAL_ROTATION: _ClassVar[Capability]
    CAPABILITY_RESOURCE_CREATE: _ClassVar[Capability]
    CAPABILITY_RESOURCE_DELETE: _ClassVar[Capability]
    CAPABILITY_SYNC_SECRETS: _ClassVar[Capability]
    CAPABILITY_ACTIONS: _ClassVar[Capability]
    CAPABILITY_TARGETED_SYNC: _ClassVar[Capability]
    CAPABILITY_EVENT_FEED_V2: _ClassVar[Capability]
    CAPABILITY_SERVICE_MODE_TARGETED_SYNC: _ClassVar[Capability]
    CAPABILITY_CREDENTIAL_ISSUE: _ClassVar[Capability]

class CapabilityDetailCredentialOption(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CAPABILITY_DETAIL_CREDENTIAL_OPTION_UNSPECIFIED: _ClassVar[CapabilityDetailCredentialOption]
    CAPABILITY_DETAIL_CREDENTIAL_OPTION_NO_PASSWORD: _ClassVar[CapabilityDetailCredentialOption]
    CAPABILITY_DETAIL_CREDENTIAL_OPTION_RANDOM_PASSWORD: _ClassVar[CapabilityDetailCredentialOption]
    CAPABILITY_DETAIL_CREDENTIAL_OPTION_SSO: _ClassVar[CapabilityDetailCredentialOption]
    CAPABILITY_DETAIL_CREDENTIAL_OPTION_ENCRYPTED_PASSWORD: _ClassVar[CapabilityDetailCredentialOption]
    CAPABILITY_DETAIL_CREDENTIAL_OPTION_API_KEY: _ClassVar[CapabilityDetailCredentialOption]
    CAPABILITY_DETAIL_CREDENTIAL_OPTION_KEYPAIR: _ClassVar[CapabilityDetailCredentialOption]
    CAPABILITY_DETAIL_CREDENTIAL_OPTION_TOKEN: _ClassVar[CapabilityDetailCredentialOption]
    CAPABILITY_DETAIL_CREDENTIAL_OPTION_CLIENT_SECRET: _ClassVar[CapabilityDetailCredentialOption]

class CredentialResourceMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CREDENTIAL_RESOURCE_MODE_UNSPECIFIED: _ClassVar[CredentialResourceMode]
    CREDENTIAL_RESOURCE_MODE_DISCOVERABLE: _ClassVar[CredentialResourceMode]
    CREDENTIAL_RESOURCE_MODE_VIRTUAL: _ClassVar[CredentialResourceMode]

class BatonActionStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BATON_ACTION_STATUS_UNSPECIFIED: _ClassVar[BatonActionStatus]
    BATON_ACTION_STATUS_UNKNOWN: _ClassVar[BatonActionStatus]
    BATON_ACTION_STATUS_PENDING: _ClassVar[BatonActionStatus]
    BATON_ACTION_STATUS_RUNNING: _ClassVar[BatonActionStatus]
    BATON_ACTION_STATUS_COMPLETE: _ClassVar[BatonActionStatus]
    BATON_ACTION_STATUS_FAILED: _ClassVar[BatonActionStatus]

class ActionType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ACTION_TYPE_UNSPECIFIED: _ClassVar[ActionType]
    ACTION_TYPE_DYNAMIC: _ClassVar[ActionType]
    ACTION_TYPE_ACCOUNT: _ClassVar[ActionType]
    ACTION_TYPE_ACCOUNT_UPDATE_PROFILE: _ClassVar[ActionType]
    ACTION_TYPE_ACCOUNT_DISABLE: _ClassVar[ActionType]
    ACTION_TYPE_ACCOUNT_ENABLE: _ClassVar[ActionType]
    ACTION_TYPE_RESOURCE_CREATE: _ClassVar[ActionType]
    ACTION_TYPE_RESOURCE_DELETE: _ClassVar[ActionType]
    ACTION_TYPE_RESOURCE_ENABLE: _ClassVar[ActionType]
    ACTION_TYPE_RESOURCE_DISABLE: _ClassVar[ActionType]

class EventType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EVENT_TYPE_UNSPECIFIED: _ClassVar[EventType]
    EVENT_TYPE_USAGE: _ClassVar[EventType]
    EVENT_TYPE_RESOURCE_CHANGE: _ClassVar[EventType]
    EVENT_TYPE_CREATE_GRANT: _ClassVar[EventType]
    EVENT_TYPE_CREATE_REVOKE: _ClassVar[EventType]
CAPABILITY_UNSPECIFIED: Capability
CAPABILITY_PROVISION: Capability
CAPABILITY_SYNC: Capability
CAPABILITY_EVENT_FEED: Capability
CAPABILITY_TICKETING: Capability
CAPABILITY_ACCOUNT_PROVISIONING: Capability
CAPABILITY_CREDENTIAL_ROTATION: Capability
CAPABILITY_RESOURCE_CREATE: Capability
CAPABILITY_RESOURCE_DELETE: Capability
CAPABILITY_SYNC_SECRETS: Capability
CAPABILITY_ACTIONS: Capability
CAPABILITY_TARGETED_SYNC: Capability
CAPABILITY_EVENT_FEED_V2: Capability
CAPABILITY_SERVICE_MODE_TARGETED_SYNC: Capability
CAPABILITY_CREDENTIAL_ISSUE: Capability
CAPABILITY_DETAIL_CREDENTIAL_OPTION_UNSPECIFIED: CapabilityDetailCredentialOption
CAPABILITY_DETAIL_CREDENTIAL_OPTION_NO_PASSWORD: CapabilityDetailCredentialOption
CAPABILITY_DETAIL_CREDENTIAL_OPTION_RANDOM_PASSWORD: CapabilityDetailCredentialOption
CAPABILITY_DETAIL_CREDENTIAL_OPTION_SSO: CapabilityDetailCredentialOption
CAPABILITY_DETAIL_CREDENTIAL_OPTION_ENCRYPTED_PASSWORD: CapabilityDetailCredentialOption
CAPABILITY_DETAIL_CREDENTIAL_OPTION_API_KEY: CapabilityDetailCredentialOption
CAPABILITY_DETAIL_CREDENTIAL_OPTION_KEYPAIR: CapabilityDetailCredentialOption
CAPABILITY_DETAIL_CREDENTIAL_OPTION_TOKEN: CapabilityDetailCredentialOption
CAPABILITY_DETAIL_CREDENTIAL_OPTION_CLIENT_SECRET: CapabilityDetailCredentialOption
CREDENTIAL_RESOURCE_MODE_UNSPECIFIED: CredentialResourceMode
CREDENTIAL_RESOURCE_MODE_DISCOVERABLE: CredentialResourceMode
CREDENTIAL_RESOURCE_MODE_VIRTUAL: CredentialResourceMode
BATON_ACTION_STATUS_UNSPECIFIED: BatonActionStatus
BATON_ACTION_STATUS_UNKNOWN: BatonActionStatus
BATON_ACTION_STATUS_PENDING: BatonActionStatus
BATON_ACTION_STATUS_RUNNING: BatonActionStatus
BATON_ACTION_STATUS_COMPLETE: BatonActionStatus
BATON_ACTION_STATUS_FAILED: BatonActionStatus
ACTION_TYPE_UNSPECIFIED: ActionType
ACTION_TYPE_DYNAMIC: ActionType
ACTION_TYPE_ACCOUNT: ActionType
ACTION_TYPE_ACCOUNT_UPDATE_PROFILE: ActionType
ACTION_TYPE_ACCOUNT_DISABLE: ActionType
ACTION_TYPE_ACCOUNT_ENABLE: ActionType
ACTION_TYPE_RESOURCE_CREATE: ActionType
ACTION_TYPE_RESOURCE_DELETE: ActionType
ACTION_TYPE_RESOURCE_ENABLE: ActionType
ACTION_TYPE_RESOURCE_DISABLE: ActionType
EVENT_TYPE_UNSPECIFIED: EventType
EVENT_TYPE_USAGE: EventType
EVENT_TYPE_RESOURCE_CHANGE: EventType
EVENT_TYPE_CREATE_GRANT: EventType
EVENT_TYPE_CREATE_REVOKE: EventType

class ResourceType(_message.Message):
    __slots__ = ("id", "display_name", "traits", "annotations", "description", "sourced_externally")
    class Trait(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        TRAIT_UNSPECIFIED: _ClassVar[ResourceType.Trait]
        TRAIT_USER: _ClassVar[ResourceType.Trait]
        TRAIT_GROUP: _ClassVar[ResourceType.Trait]
        TRAIT_ROLE: _ClassVar[ResourceType.Trait]
        TRAIT_APP: _ClassVar[ResourceType.Trait]
        TRAIT_SECRET: _ClassVar[ResourceType.Trait]
        TRAIT_SECURITY_INSIGHT: _ClassVar[ResourceType.Trait]
        TRAIT_SCOPE_BINDING: _ClassVar[ResourceType.Trait]
        TRAIT_VENDOR: _ClassVar[ResourceType.Trait]
        TRAIT_VENDOR_AGREEMENT: _ClassVar[ResourceType.Trait]
        TRAIT_LICENSE_PROFILE: _ClassVar[ResourceType.Trait]
        TRAIT_AGENT: _ClassVar[ResourceType.Trait]
        TRAIT_MANAGED_DEVICE: _ClassVar[ResourceType.Trait]
    TRAIT_UNSPECIFIED: ResourceType.Trait
    TRAIT_USER: ResourceType.Trait
    TRAIT_GROUP: ResourceType.Trait
    TRAIT_ROLE: ResourceType.Trait
    TRAIT_APP: ResourceType.Trait
    TRAIT_SECRET: ResourceType.Trait
    TRAIT_SECURITY_INSIGHT: ResourceType.Trait
    TRAIT_SCOPE_BINDING: ResourceType.Trait
    TRAIT_VENDOR: ResourceType.Trait
    TRAIT_VENDOR_AGREEMENT: ResourceType.Trait
    TRAIT_LICENSE_PROFILE: ResourceType.Trait
    TRAIT_AGENT: ResourceType.Trait
    TRAIT_MANAGED_DEVICE: ResourceType.Trait
    ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    TRAITS_FIELD_NUMBER: _ClassVar[int]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    SOURCED_EXTERNALLY_FIELD_NUMBER: _ClassVar[int]
    id: str
    display_name: str
    traits: _containers.RepeatedScalarFieldContainer[ResourceType.Trait]
    annotations: _containers.RepeatedCompositeFieldContainer[_any_pb2.Any]
    description: str
    sourced_externally: bool
    def __init__(self, id: _Optional[str] = ..., display_name: _Optional[str] = ..., traits: _Optional[_Iterable[_Union[ResourceType.Trait, str]]] = ..., annotations: _Optional[_Iterable[_Union[_any_pb2.Any, _Mapping]]] = ..., description: _Optional[str] = ..., sourced_externally: _Optional[bool] = ...) -> None: ...

class ResourceId(_message.Message):
    __slots__ = ("resource_type", "resource", "baton_resource")
    RESOURCE_TYPE_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    BATON_RESOURCE_FIELD_NUMBER: _ClassVar[int]
    resource_type: str
    resource: str
    baton_resource: bool
    def __init__(self, resource_type: _Optional[str] = ..., resource: _Optional[str] = ..., baton_resource: _Optional[bool] = ...) -> None: ...

class Resource(_message.Message):
    __slots__ = ("id", "parent_resource_id", "display_name", "annotations", "description", "baton_resource", "external_id", "creation_source", "profile", "icon", "status", "created_at")
    class CreationSource(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        CREATION_SOURCE_UNSPECIFIED: _ClassVar[Resource.CreationSource]
        CREATION_SOURCE_CONNECTOR_LIST_RESOURCES: _ClassVar[Resource.CreationSource]
        CREATION_SOURCE_CONNECTOR_LIST_GRANTS_PRINCIPAL_JIT: _ClassVar[Resource.CreationSource]
    CREATION_SOURCE_UNSPECIFIED: Resource.CreationSource
    CREATION_SOURCE_CONNECTOR_LIST_RESOURCES: Resource.CreationSource
    CREATION_SOURCE_CONNECTOR_LIST_GRANTS_PRINCIPAL_JIT: Resource.CreationSource
    ID_FIELD_NUMBER: _ClassVar[int]
    PARENT_RESOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    BATON_RESOURCE_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_ID_FIELD_NUMBER: _ClassVar[int]
    CREATION_SOURCE_FIELD_NUMBER: _ClassVar[int]
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    ICON_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    id: ResourceId
    parent_resource_id: ResourceId
    display_name: str
    annotations: _containers.RepeatedCompositeFieldContainer[_any_pb2.Any]
    description: str
    baton_resource: bool
    external_id: ExternalId
    creation_source: Resource.CreationSource
    profile: _struct_pb2.Struct
    icon: AssetRef
    status: Status
    created_at: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[_Union[ResourceId, _Mapping]] = ..., parent_resource_id: _Optional[_Union[ResourceId, _Mapping]] = ..., display_name: _Optional[str] = ..., annotations: _Optional[_Iterable[_Union[_any_pb2.Any, _Mapping]]] = ..., description: _Optional[str] = ..., baton_resource: _Optional[bool] = ..., external_id: _Optional[_Union[ExternalId, _Mapping]] = ..., creation_source: _Optional[_Union[Resource.CreationSource, str]] = ..., profile: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., icon: _Optional[_Union[AssetRef, _Mapping]] = ..., status: _Optional[_Union[Status, _Mapping]] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Status(_message.Message):
    __slots__ = ("status", "details")
    class ResourceStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        RESOURCE_STATUS_UNSPECIFIED: _ClassVar[Status.ResourceStatus]
        RESOURCE_STATUS_ENABLED: _ClassVar[Status.ResourceStatus]
        RESOURCE_STATUS_DISABLED: _ClassVar[Status.ResourceStatus]
        RESOURCE_STATUS_DELETED: _ClassVar[Status.ResourceStatus]
    RESOURCE_STATUS_UNSPECIFIED: Status.ResourceStatus
    RESOURCE_STATUS_ENABLED: Status.ResourceStatus
    RESOURCE_STATUS_DISABLED: Status.ResourceStatus
    RESOURCE_STATUS_DELETED: Status.ResourceStatus
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DETAILS_FIELD_NUMBER: _ClassVar[int]
    status: Status.ResourceStatus
    details: str
    def __init__(self, status: _Optional[_Union[Status.ResourceStatus, str]] = ..., details: _Optional[str] = ...) -> None: ...

class AssetRef(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class ExternalId(_message.Message):
    __slots__ = ("id", "link", "description")
    ID_FIELD_NUMBER: _ClassVar[int]
    LINK_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    id: str
    link: str
    description: str
    def __init__(self, id: _Optional[str] = ..., link: _Optional[str] = ..., description: _Optional[str] = ...) -> None: ...

class Entitlement(_message.Message):
    __slots__ = ("resource", "id", "display_name", "description", "grantable_to", "annotations", "purpose", "slug")
    class PurposeValue(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        PURPOSE_VALUE_UNSPECIFIED: _ClassVar[Entitlement.PurposeValue]
        PURPOSE_VALUE_ASSIGNMENT: _ClassVar[Entitlement.PurposeValue]
        PURPOSE_VALUE_PERMISSION: _ClassVar[Entitlement.PurposeValue]
        PURPOSE_VALUE_OWNERSHIP: _ClassVar[Entitlement.PurposeValue]
    PURPOSE_VALUE_UNSPECIFIED: Entitlement.PurposeValue
    PURPOSE_VALUE_ASSIGNMENT: Entitlement.PurposeValue
    PURPOSE_VALUE_PERMISSION: Entitlement.PurposeValue
    PURPOSE_VALUE_OWNERSHIP: Entitlement.PurposeValue
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    GRANTABLE_TO_FIELD_NUMBER: _ClassVar[int]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    SLUG_FIELD_NUMBER: _ClassVar[int]
    resource: Resource
    id: str
    display_name: str
    description: str
    grantable_to: _containers.RepeatedCompositeFieldContainer[ResourceType]
    annotations: _containers.RepeatedCompositeFieldContainer[_any_pb2.Any]
    purpose: Entitlement.PurposeValue
    slug: str
    def __init__(self, resource: _Optional[_Union[Resource, _Mapping]] = ..., id: _Optional[str] = ..., display_name: _Optional[str] = ..., description: _Optional[str] = ..., grantable_to: _Optional[_Iterable[_Union[ResourceType, _Mapping]]] = ..., annotations: _Optional[_Iterable[_Union[_any_pb2.Any, _Mapping]]] = ..., purpose: _Optional[_Union[Entitlement.PurposeValue, str]] = ..., slug: _Optional[str] = ...) -> None: ...

class Grant(_message.Message):
    __slots__ = ("entitlement", "principal", "id", "annotations", "sources")
    ENTITLEMENT_FIELD_NUMBER: _ClassVar[int]
    PRINCIPAL_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    SOURCES_FIELD_NUMBER: _ClassVar[int]
    entitlement: Entitlement
    principal: Resource
    id: str
    annotations: _containers.RepeatedCompositeFieldContainer[_any_pb2.Any]
    sources: GrantSources
    def __init__(self, entitlement: _Optional[_Union[Entitlement, _Mapping]] = ..., principal: _Optional[_Union[Resource, _Mapping]] = ..., id: _Optional[str] = ..., annotations: _Optional[_Iterable[_Union[_any_pb2.Any, _Mapping]]] = ..., sources: _Optional[_Union[GrantSources, _Mapping]] = ...) -> None: ...

class GrantSources(_message.Message):
    __slots__ = ("sources",)
    class GrantSource(_message.Message):
        __slots__ = ("is_direct",)
        IS_DIRECT_FIELD_NUMBER: _ClassVar[int]
        is_direct: bool
        def __init__(self, is_direct: _Optional[bool] = ...) -> None: ...
    class SourcesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: GrantSources.GrantSource
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[GrantSources.GrantSource, _Mapping]] = ...) -> None: ...
    SOURCES_FIELD_NUMBER: _ClassVar[int]
    sources: _containers.MessageMap[str, GrantSources.GrantSource]
    def __init__(self, sources: _Optional[_Mapping[str, GrantSources.GrantSource]] = ...) -> None: ...

class UserTrait(_message.Message):
    __slots__ = ("emails", "status", "profile", "icon", "account_type", "login", "login_aliases", "created_at", "last_login", "mfa_status", "sso_status", "structured_name", "employee_ids")
    class AccountType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        ACCOUNT_TYPE_UNSPECIFIED: _ClassVar[UserTrait.AccountType]
        ACCOUNT_TYPE_HUMAN: _ClassVar[UserTrait.AccountType]
        ACCOUNT_TYPE_SERVICE: _ClassVar[UserTrait.AccountType]
        ACCOUNT_TYPE_SYSTEM: _ClassVar[UserTrait.AccountType]
    ACCOUNT_TYPE_UNSPECIFIED: UserTrait.AccountType
    ACCOUNT_TYPE_HUMAN: UserTrait.AccountType
    ACCOUNT_TYPE_SERVICE: UserTrait.AccountType
    ACCOUNT_TYPE_SYSTEM: UserTrait.AccountType
    class Email(_message.Message):
        __slots__ = ("address", "is_primary")
        ADDRESS_FIELD_NUMBER: _ClassVar[int]
        IS_PRIMARY_FIELD_NUMBER: _ClassVar[int]
        address: str
        is_primary: bool
        def __init__(self, address: _Optional[str] = ..., is_primary: _Optional[bool] = ...) -> None: ...
    class Status(_message.Message):
        __slots__ = ("status", "details")
        class Status(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
            __slots__ = ()
            STATUS_UNSPECIFIED: _ClassVar[UserTrait.Status.Status]
            STATUS_ENABLED: _ClassVar[UserTrait.Status.Status]
            STATUS_DISABLED: _ClassVar[UserTrait.Status.Status]
            STATUS_DELETED: _ClassVar[UserTrait.Status.Status]
        STATUS_UNSPECIFIED: UserTrait.Status.Status
        STATUS_ENABLED: UserTrait.Status.Status
        STATUS_DISABLED: UserTrait.Status.Status
        STATUS_DELETED: UserTrait.Status.Status
        STATUS_FIELD_NUMBER: _ClassVar[int]
        DETAILS_FIELD_NUMBER: _ClassVar[int]
        status: UserTrait.Status.Status
        details: str
        def __init__(self, status: _Optional[_Union[UserTrait.Status.Status, str]] = ..., details: _Optional[str] = ...) -> None: ...
    class MFAStatus(_message.Message):
        __slots__ = ("mfa_enabled",)
        MFA_ENABLED_FIELD_NUMBER: _ClassVar[int]
        mfa_enabled: bool
        def __init__(self, mfa_enabled: _Optional[bool] = ...) -> None: ...
    class SSOStatus(_message.Message):
        __slots__ = ("sso_enabled",)
        SSO_ENABLED_FIELD_NUMBER: _ClassVar[int]
        sso_enabled: bool
        def __init__(self, sso_enabled: _Optional[bool] = ...) -> None: ...
    class StructuredName(_message.Message):
        __slots__ = ("given_name", "family_name", "middle_names", "prefix", "suffix")
        GIVEN_NAME_FIELD_NUMBER: _ClassVar[int]
        FAMILY_NAME_FIELD_NUMBER: _ClassVar[int]
        MIDDLE_NAMES_FIELD_NUMBER: _ClassVar[int]
        PREFIX_FIELD_NUMBER: _ClassVar[int]
        SUFFIX_FIELD_NUMBER: _ClassVar[int]
        given_name: str
        family_name: str
        middle_names: _containers.RepeatedScalarFieldContainer[str]
        prefix: str
        suffix: str
        def __init__(self, given_name: _Optional[str] = ..., family_name: _Optional[str] = ..., middle_names: _Optional[_Iterable[str]] = ..., prefix: _Optional[str] = ..., suffix: _Optional[str] = ...) -> None: ...
    EMAILS_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    ICON_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_TYPE_FIELD_NUMBER: _ClassVar[int]
    LOGIN_FIELD_NUMBER: _ClassVar[int]
    LOGIN_ALIASES_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    LAST_LOGIN_FIELD_NUMBER: _ClassVar[int]
    MFA_STATUS_FIELD_NUMBER: _ClassVar[int]
    SSO_STATUS_FIELD_NUMBER: _ClassVar[int]
    STRUCTURED_NAME_FIELD_NUMBER: _ClassVar[int]
    EMPLOYEE_IDS_FIELD_NUMBER: _ClassVar[int]
    emails: _containers.RepeatedCompositeFieldContainer[UserTrait.Email]
    status: UserTrait.Status
    profile: _struct_pb2.Struct
    icon: AssetRef
    account_type: UserTrait.AccountType
    login: str
    login_aliases: _containers.RepeatedScalarFieldContainer[str]
    created_at: _timestamp_pb2.Timestamp
    last_login: _timestamp_pb2.Timestamp
    mfa_status: UserTrait.MFAStatus
    sso_status: UserTrait.SSOStatus
    structured_name: UserTrait.StructuredName
    employee_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, emails: _Optional[_Iterable[_Union[UserTrait.Email, _Mapping]]] = ..., status: _Optional[_Union[UserTrait.Status, _Mapping]] = ..., profile: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., icon: _Optional[_Union[AssetRef, _Mapping]] = ..., account_type: _Optional[_Union[UserTrait.AccountType, str]] = ..., login: _Optional[str] = ..., login_aliases: _Optional[_Iterable[str]] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_login: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., mfa_status: _Optional[_Union[UserTrait.MFAStatus, _Mapping]] = ..., sso_status: _Optional[_Union[UserTrait.SSOStatus, _Mapping]] = ..., structured_name: _Optional[_Union[UserTrait.StructuredName, _Mapping]] = ..., employee_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class GroupTrait(_message.Message):
    __slots__ = ("icon", "profile", "group_source_type", "raw_group_source_type")
    ICON_FIELD_NUMBER: _ClassVar[int]
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    GROUP_SOURCE_TYPE_FIELD_NUMBER: _ClassVar[int]
    RAW_GROUP_SOURCE_TYPE_FIELD_NUMBER: _ClassVar[int]
    icon: AssetRef
    profile: _struct_pb2.Struct
    group_source_type: str
    raw_group_source_type: str
    def __init__(self, icon: _Optional[_Union[AssetRef, _Mapping]] = ..., profile: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., group_source_type: _Optional[str] = ..., raw_group_source_type: _Optional[str] = ...) -> None: ...

class RoleTrait(_message.Message):
    __slots__ = ("profile", "role_scope_conditions")
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    ROLE_SCOPE_CONDITIONS_FIELD_NUMBER: _ClassVar[int]
    profile: _struct_pb2.Struct
    role_scope_conditions: RoleScopeConditions
    def __init__(self, profile: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., role_scope_conditions: _Optional[_Union[RoleScopeConditions, _Mapping]] = ...) -> None: ...

class RoleScopeConditions(_message.Message):
    __slots__ = ("type", "conditions")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    CONDITIONS_FIELD_NUMBER: _ClassVar[int]
    type: str
    conditions: _containers.RepeatedCompositeFieldContainer[RoleScopeCondition]
    def __init__(self, type: _Optional[str] = ..., conditions: _Optional[_Iterable[_Union[RoleScopeCondition, _Mapping]]] = ...) -> None: ...

class RoleScopeCondition(_message.Message):
    __slots__ = ("expression",)
    EXPRESSION_FIELD_NUMBER: _ClassVar[int]
    expression: str
    def __init__(self, expression: _Optional[str] = ...) -> None: ...

class ScopeBindingTrait(_message.Message):
    __slots__ = ("role_id", "scope_resource_id")
    ROLE_ID_FIELD_NUMBER: _ClassVar[int]
    SCOPE_RESOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    role_id: ResourceId
    scope_resource_id: ResourceId
    def __init__(self, role_id: _Optional[_Union[ResourceId, _Mapping]] = ..., scope_resource_id: _Optional[_Union[ResourceId, _Mapping]] = ...) -> None: ...

class AppTrait(_message.Message):
    __slots__ = ("help_url", "icon", "logo", "profile", "flags", "app_source_type", "raw_app_source_type")
    class AppFlag(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        APP_FLAG_UNSPECIFIED: _ClassVar[AppTrait.AppFlag]
        APP_FLAG_HIDDEN: _ClassVar[AppTrait.AppFlag]
        APP_FLAG_INACTIVE: _ClassVar[AppTrait.AppFlag]
        APP_FLAG_SAML: _ClassVar[AppTrait.AppFlag]
        APP_FLAG_OIDC: _ClassVar[AppTrait.AppFlag]
        APP_FLAG_BOOKMARK: _ClassVar[AppTrait.AppFlag]
    APP_FLAG_UNSPECIFIED: AppTrait.AppFlag
    APP_FLAG_HIDDEN: AppTrait.AppFlag
    APP_FLAG_INACTIVE: AppTrait.AppFlag
    APP_FLAG_SAML: AppTrait.AppFlag
    APP_FLAG_OIDC: AppTrait.AppFlag
    APP_FLAG_BOOKMARK: AppTrait.AppFlag
    HELP_URL_FIELD_NUMBER: _ClassVar[int]
    ICON_FIELD_NUMBER: _ClassVar[int]
    LOGO_FIELD_NUMBER: _ClassVar[int]
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    FLAGS_FIELD_NUMBER: _ClassVar[int]
    APP_SOURCE_TYPE_FIELD_NUMBER: _ClassVar[int]
    RAW_APP_SOURCE_TYPE_FIELD_NUMBER: _ClassVar[int]
    help_url: str
    icon: AssetRef
    logo: AssetRef
    profile: _struct_pb2.Struct
    flags: _containers.RepeatedScalarFieldContainer[AppTrait.AppFlag]
    app_source_type: str
    raw_app_source_type: str
    def __init__(self, help_url: _Optional[str] = ..., icon: _Optional[_Union[AssetRef, _Mapping]] = ..., logo: _Optional[_Union[AssetRef, _Mapping]] = ..., profile: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., flags: _Optional[_Iterable[_Union[AppTrait.AppFlag, str]]] = ..., app_source_type: _Optional[str] = ..., raw_app_source_type: _Optional[str] = ...) -> None: ...

class SecretTrait(_message.Message):
    __slots__ = ("profile", "created_at", "expires_at", "last_used_at", "created_by_id", "identity_id", "credential_type", "credential_detail")
    class CredentialType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        CREDENTIAL_TYPE_UNSPECIFIED: _ClassVar[SecretTrait.CredentialType]
        CREDENTIAL_TYPE_STATIC_SECRET: _ClassVar[SecretTrait.CredentialType]
        CREDENTIAL_TYPE_ASYMMETRIC_KEY: _ClassVar[SecretTrait.CredentialType]
        CREDENTIAL_TYPE_CERTIFICATE: _ClassVar[SecretTrait.CredentialType]
    CREDENTIAL_TYPE_UNSPECIFIED: SecretTrait.CredentialType
    CREDENTIAL_TYPE_STATIC_SECRET: SecretTrait.CredentialType
    CREDENTIAL_TYPE_ASYMMETRIC_KEY: SecretTrait.CredentialType
    CREDENTIAL_TYPE_CERTIFICATE: SecretTrait.CredentialType
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    LAST_USED_AT_FIELD_NUMBER: _ClassVar[int]
    CREATED_BY_ID_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_ID_FIELD_NUMBER: _ClassVar[int]
    CREDENTIAL_TYPE_FIELD_NUMBER: _ClassVar[int]
    CREDENTIAL_DETAIL_FIELD_NUMBER: _ClassVar[int]
    profile: _struct_pb2.Struct
    created_at: _timestamp_pb2.Timestamp
    expires_at: _timestamp_pb2.Timestamp
    last_used_at: _timestamp_pb2.Timestamp
    created_by_id: ResourceId
    identity_id: ResourceId
    credential_type: SecretTrait.CredentialType
    credential_detail: str
    def __init__(self, profile: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_used_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., created_by_id: _Optional[_Union[ResourceId, _Mapping]] = ..., identity_id: _Optional[_Union[ResourceId, _Mapping]] = ..., credential_type: _Optional[_Union[SecretTrait.CredentialType, str]] = ..., credential_detail: _Optional[str] = ...) -> None: ...

class LicenseProfileTrait(_message.Message):
    __slots__ = ("license_name", "purchased_seats", "consumed_seats", "cost_per_unit_in_cents", "currency", "entitlement_ids")
    LICENSE_NAME_FIELD_NUMBER: _ClassVar[int]
    PURCHASED_SEATS_FIELD_NUMBER: _ClassVar[int]
    CONSUMED_SEATS_FIELD_NUMBER: _ClassVar[int]
    COST_PER_UNIT_IN_CENTS_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    ENTITLEMENT_IDS_FIELD_NUMBER: _ClassVar[int]
    license_name: str
    purchased_seats: int
    consumed_seats: int
    cost_per_unit_in_cents: int
    currency: str
    entitlement_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, license_name: _Optional[str] = ..., purchased_seats: _Optional[int] = ..., consumed_seats: _Optional[int] = ..., cost_per_unit_in_cents: _Optional[int] = ..., currency: _Optional[str] = ..., entitlement_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class NonHumanIdentityTrait(_message.Message):
    __slots__ = ("nhi_type", "nhi_detail")
    class NhiType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        NHI_TYPE_UNSPECIFIED: _ClassVar[NonHumanIdentityTrait.NhiType]
        NHI_TYPE_APP_REGISTRATION: _ClassVar[NonHumanIdentityTrait.NhiType]
        NHI_TYPE_ASSUMABLE_ROLE: _ClassVar[NonHumanIdentityTrait.NhiType]
        NHI_TYPE_MANAGED_IDENTITY: _ClassVar[NonHumanIdentityTrait.NhiType]
    NHI_TYPE_UNSPECIFIED: NonHumanIdentityTrait.NhiType
    NHI_TYPE_APP_REGISTRATION: NonHumanIdentityTrait.NhiType
    NHI_TYPE_ASSUMABLE_ROLE: NonHumanIdentityTrait.NhiType
    NHI_TYPE_MANAGED_IDENTITY: NonHumanIdentityTrait.NhiType
    NHI_TYPE_FIELD_NUMBER: _ClassVar[int]
    NHI_DETAIL_FIELD_NUMBER: _ClassVar[int]
    nhi_type: NonHumanIdentityTrait.NhiType
    nhi_detail: str
    def __init__(self, nhi_type: _Optional[_Union[NonHumanIdentityTrait.NhiType, str]] = ..., nhi_detail: _Optional[str] = ...) -> None: ...

class AgentTrait(_message.Message):
    __slots__ = ("status", "identity_resource_id", "profile")
    class AgentStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        AGENT_STATUS_UNSPECIFIED: _ClassVar[AgentTrait.AgentStatus]
        AGENT_STATUS_READY: _ClassVar[AgentTrait.AgentStatus]
        AGENT_STATUS_DISABLED: _ClassVar[AgentTrait.AgentStatus]
        AGENT_STATUS_DELETED: _ClassVar[AgentTrait.AgentStatus]
    AGENT_STATUS_UNSPECIFIED: AgentTrait.AgentStatus
    AGENT_STATUS_READY: AgentTrait.AgentStatus
    AGENT_STATUS_DISABLED: AgentTrait.AgentStatus
    AGENT_STATUS_DELETED: AgentTrait.AgentStatus
    STATUS_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_RESOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    status: AgentTrait.AgentStatus
    identity_resource_id: ResourceId
    profile: _struct_pb2.Struct
    def __init__(self, status: _Optional[_Union[AgentTrait.AgentStatus, str]] = ..., identity_resource_id: _Optional[_Union[ResourceId, _Mapping]] = ..., profile: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class ManagedDeviceTrait(_message.Message):
    __slots__ = ("serial", "udid", "hardware_hash", "device_type", "model", "vendor", "os", "compliance", "is_encrypted", "is_supervised", "is_personal", "management_state", "enrolled_at")
    class DeviceType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        DEVICE_TYPE_UNSPECIFIED: _ClassVar[ManagedDeviceTrait.DeviceType]
        DEVICE_TYPE_SERVER: _ClassVar[ManagedDeviceTrait.DeviceType]
        DEVICE_TYPE_DESKTOP: _ClassVar[ManagedDeviceTrait.DeviceType]
        DEVICE_TYPE_LAPTOP: _ClassVar[ManagedDeviceTrait.DeviceType]
        DEVICE_TYPE_TABLET: _ClassVar[ManagedDeviceTrait.DeviceType]
        DEVICE_TYPE_MOBILE: _ClassVar[ManagedDeviceTrait.DeviceType]
        DEVICE_TYPE_VIRTUAL: _ClassVar[ManagedDeviceTrait.DeviceType]
        DEVICE_TYPE_OTHER: _ClassVar[ManagedDeviceTrait.DeviceType]
    DEVICE_TYPE_UNSPECIFIED: ManagedDeviceTrait.DeviceType
    DEVICE_TYPE_SERVER: ManagedDeviceTrait.DeviceType
    DEVICE_TYPE_DESKTOP: ManagedDeviceTrait.DeviceType
    DEVICE_TYPE_LAPTOP: ManagedDeviceTrait.DeviceType
    DEVICE_TYPE_TABLET: ManagedDeviceTrait.DeviceType
    DEVICE_TYPE_MOBILE: ManagedDeviceTrait.DeviceType
    DEVICE_TYPE_VIRTUAL: ManagedDeviceTrait.DeviceType
    DEVICE_TYPE_OTHER: ManagedDeviceTrait.DeviceType
    class ManagementState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        MANAGEMENT_STATE_UNSPECIFIED: _ClassVar[ManagedDeviceTrait.ManagementState]
        MANAGEMENT_STATE_MANAGED: _ClassVar[ManagedDeviceTrait.ManagementState]
        MANAGEMENT_STATE_UNMANAGED: _ClassVar[ManagedDeviceTrait.ManagementState]
        MANAGEMENT_STATE_PENDING: _ClassVar[ManagedDeviceTrait.ManagementState]
        MANAGEMENT_STATE_RETIRED: _ClassVar[ManagedDeviceTrait.ManagementState]
        MANAGEMENT_STATE_WIPED: _ClassVar[ManagedDeviceTrait.ManagementState]
    MANAGEMENT_STATE_UNSPECIFIED: ManagedDeviceTrait.ManagementState
    MANAGEMENT_STATE_MANAGED: ManagedDeviceTrait.ManagementState
    MANAGEMENT_STATE_UNMANAGED: ManagedDeviceTrait.ManagementState
    MANAGEMENT_STATE_PENDING: ManagedDeviceTrait.ManagementState
    MANAGEMENT_STATE_RETIRED: ManagedDeviceTrait.ManagementState
    MANAGEMENT_STATE_WIPED: ManagedDeviceTrait.ManagementState
    class Compliance(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        COMPLIANCE_UNSPECIFIED: _ClassVar[ManagedDeviceTrait.Compliance]
        COMPLIANCE_COMPLIANT: _ClassVar[ManagedDeviceTrait.Compliance]
        COMPLIANCE_NONCOMPLIANT: _ClassVar[ManagedDeviceTrait.Compliance]
        COMPLIANCE_IN_GRACE_PERIOD: _ClassVar[ManagedDeviceTrait.Compliance]
        COMPLIANCE_ERROR: _ClassVar[ManagedDeviceTrait.Compliance]
    COMPLIANCE_UNSPECIFIED: ManagedDeviceTrait.Compliance
    COMPLIANCE_COMPLIANT: ManagedDeviceTrait.Compliance
    COMPLIANCE_NONCOMPLIANT: ManagedDeviceTrait.Compliance
    COMPLIANCE_IN_GRACE_PERIOD: ManagedDeviceTrait.Compliance
    COMPLIANCE_ERROR: ManagedDeviceTrait.Compliance
    SERIAL_FIELD_NUMBER: _ClassVar[int]
    UDID_FIELD_NUMBER: _ClassVar[int]
    HARDWARE_HASH_FIELD_NUMBER: _ClassVar[int]
    DEVICE_TYPE_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    VENDOR_FIELD_NUMBER: _ClassVar[int]
    OS_FIELD_NUMBER: _ClassVar[int]
    COMPLIANCE_FIELD_NUMBER: _ClassVar[int]
    IS_ENCRYPTED_FIELD_NUMBER: _ClassVar[int]
    IS_SUPERVISED_FIELD_NUMBER: _ClassVar[int]
    IS_PERSONAL_FIELD_NUMBER: _ClassVar[int]
    MANAGEMENT_STATE_FIELD_NUMBER: _ClassVar[int]
    ENROLLED_AT_FIELD_NUMBER: _ClassVar[int]
    serial: str
    udid: str
    hardware_hash: str
    device_type: ManagedDeviceTrait.DeviceType
    model: str
    vendor: str
    os: DeviceOS
    compliance: ManagedDeviceTrait.Compliance
    is_encrypted: _wrappers_pb2.BoolValue
    is_supervised: _wrappers_pb2.BoolValue
    is_personal: _wrappers_pb2.BoolValue
    management_state: ManagedDeviceTrait.ManagementState
    enrolled_at: _timestamp_pb2.Timestamp
    def __init__(self, serial: _Optional[str] = ..., udid: _Optional[str] = ..., hardware_hash: _Optional[str] = ..., device_type: _Optional[_Union[ManagedDeviceTrait.DeviceType, str]] = ..., model: _Optional[str] = ..., vendor: _Optional[str] = ..., os: _Optional[_Union[DeviceOS, _Mapping]] = ..., compliance: _Optional[_Union[ManagedDeviceTrait.Compliance, str]] = ..., is_encrypted: _Optional[_Union[_wrappers_pb2.BoolValue, _Mapping]] = ..., is_supervised: _Optional[_Union[_wrappers_pb2.BoolValue, _Mapping]] = ..., is_personal: _Optional[_Union[_wrappers_pb2.BoolValue, _Mapping]] = ..., management_state: _Optional[_Union[ManagedDeviceTrait.ManagementState, str]] = ..., enrolled_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class DeviceOS(_message.Message):
    __slots__ = ("type", "name", "version", "build")
    class OsType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        OS_TYPE_UNSPECIFIED: _ClassVar[DeviceOS.OsType]
        OS_TYPE_WINDOWS: _ClassVar[DeviceOS.OsType]
        OS_TYPE_WINDOWS_MOBILE: _ClassVar[DeviceOS.OsType]
        OS_TYPE_LINUX: _ClassVar[DeviceOS.OsType]
        OS_TYPE_ANDROID: _ClassVar[DeviceOS.OsType]
        OS_TYPE_MACOS: _ClassVar[DeviceOS.OsType]
        OS_TYPE_IOS: _ClassVar[DeviceOS.OsType]
        OS_TYPE_IPADOS: _ClassVar[DeviceOS.OsType]
        OS_TYPE_SOLARIS: _ClassVar[DeviceOS.OsType]
        OS_TYPE_AIX: _ClassVar[DeviceOS.OsType]
        OS_TYPE_HPUX: _ClassVar[DeviceOS.OsType]
        OS_TYPE_CHROMEOS: _ClassVar[DeviceOS.OsType]
        OS_TYPE_OTHER: _ClassVar[DeviceOS.OsType]
    OS_TYPE_UNSPECIFIED: DeviceOS.OsType
    OS_TYPE_WINDOWS: DeviceOS.OsType
    OS_TYPE_WINDOWS_MOBILE: DeviceOS.OsType
    OS_TYPE_LINUX: DeviceOS.OsType
    OS_TYPE_ANDROID: DeviceOS.OsType
    OS_TYPE_MACOS: DeviceOS.OsType
    OS_TYPE_IOS: DeviceOS.OsType
    OS_TYPE_IPADOS: DeviceOS.OsType
    OS_TYPE_SOLARIS: DeviceOS.OsType
    OS_TYPE_AIX: DeviceOS.OsType
    OS_TYPE_HPUX: DeviceOS.OsType
    OS_TYPE_CHROMEOS: DeviceOS.OsType
    OS_TYPE_OTHER: DeviceOS.OsType
    TYPE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    BUILD_FIELD_NUMBER: _ClassVar[int]
    type: DeviceOS.OsType
    name: str
    version: str
    build: str
    def __init__(self, type: _Optional[_Union[DeviceOS.OsType, str]] = ..., name: _Optional[str] = ..., version: _Optional[str] = ..., build: _Optional[str] = ...) -> None: ...

class SecurityInsightTrait(_message.Message):
    __slots__ = ("observed_at", "risk_score", "issue", "user", "resource_id", "external_resource", "app_user")
    class UserTarget(_message.Message):
        __slots__ = ("email",)
        EMAIL_FIELD_NUMBER: _ClassVar[int]
        email: str
        def __init__(self, email: _Optional[str] = ...) -> None: ...
    class AppUserTarget(_message.Message):
        __slots__ = ("email", "external_id")
        EMAIL_FIELD_NUMBER: _ClassVar[int]
        EXTERNAL_ID_FIELD_NUMBER: _ClassVar[int]
        email: str
        external_id: str
        def __init__(self, email: _Optional[str] = ..., external_id: _Optional[str] = ...) -> None: ...
    class ExternalResourceTarget(_message.Message):
        __slots__ = ("external_id", "app_hint")
        EXTERNAL_ID_FIELD_NUMBER: _ClassVar[int]
        APP_HINT_FIELD_NUMBER: _ClassVar[int]
        external_id: str
        app_hint: str
        def __init__(self, external_id: _Optional[str] = ..., app_hint: _Optional[str] = ...) -> None: ...
    OBSERVED_AT_FIELD_NUMBER: _ClassVar[int]
    RISK_SCORE_FIELD_NUMBER: _ClassVar[int]
    ISSUE_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_RESOURCE_FIELD_NUMBER: _ClassVar[int]
    APP_USER_FIELD_NUMBER: _ClassVar[int]
    observed_at: _timestamp_pb2.Timestamp
    risk_score: RiskScore
    issue: Issue
    user: SecurityInsightTrait.UserTarget
    resource_id: ResourceId
    external_resource: SecurityInsightTrait.ExternalResourceTarget
    app_user: SecurityInsightTrait.AppUserTarget
    def __init__(self, observed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., risk_score: _Optional[_Union[RiskScore, _Mapping]] = ..., issue: _Optional[_Union[Issue, _Mapping]] = ..., user: _Optional[_Union[SecurityInsightTrait.UserTarget, _Mapping]] = ..., resource_id: _Optional[_Union[ResourceId, _Mapping]] = ..., external_resource: _Optional[_Union[SecurityInsightTrait.ExternalResourceTarget, _Mapping]] = ..., app_user: _Optional[_Union[SecurityInsightTrait.AppUserTarget, _Mapping]] = ...) -> None: ...

class RiskScore(_message.Message):
    __slots__ = ("value", "factors", "normalized_score", "source_score", "risk_factors")
    VALUE_FIELD_NUMBER: _ClassVar[int]
    FACTORS_FIELD_NUMBER: _ClassVar[int]
    NORMALIZED_SCORE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_SCORE_FIELD_NUMBER: _ClassVar[int]
    RISK_FACTORS_FIELD_NUMBER: _ClassVar[int]
    value: str
    factors: _containers.RepeatedScalarFieldContainer[str]
    normalized_score: int
    source_score: str
    risk_factors: _containers.RepeatedCompositeFieldContainer[RiskFactor]
    def __init__(self, value: _Optional[str] = ..., factors: _Optional[_Iterable[str]] = ..., normalized_score: _Optional[int] = ..., source_score: _Optional[str] = ..., risk_factors: _Optional[_Iterable[_Union[RiskFactor, _Mapping]]] = ...) -> None: ...

class RiskFactor(_message.Message):
    __slots__ = ("description", "severity")
    class Severity(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        SEVERITY_UNSPECIFIED: _ClassVar[RiskFactor.Severity]
        SEVERITY_LOW: _ClassVar[RiskFactor.Severity]
        SEVERITY_MEDIUM: _ClassVar[RiskFactor.Severity]
        SEVERITY_HIGH: _ClassVar[RiskFactor.Severity]
        SEVERITY_CRITICAL: _ClassVar[RiskFactor.Severity]
    SEVERITY_UNSPECIFIED: RiskFactor.Severity
    SEVERITY_LOW: RiskFactor.Severity
    SEVERITY_MEDIUM: RiskFactor.Severity
    SEVERITY_HIGH: RiskFactor.Severity
    SEVERITY_CRITICAL: RiskFactor.Severity
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    description: str
    severity: RiskFactor.Severity
    def __init__(self, description: _Optional[str] = ..., severity: _Optional[_Union[RiskFactor.Severity, str]] = ...) -> None: ...

class Issue(_message.Message):
    __slots__ = ("value", "severity")
    VALUE_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    value: str
    severity: str
    def __init__(self, value: _Optional[str] = ..., severity: _Optional[str] = ...) -> None: ...

class VendorTrait(_message.Message):
    __slots__ = ("vendor_id", "vendor_name", "vendor_dba_name", "website_domain", "external_vendor_id", "deep_link_url", "source_business_id", "source_entity_id", "trailing_30d_spend", "trailing_365d_spend", "ytd_spend")
    VENDOR_ID_FIELD_NUMBER: _ClassVar[int]
    VENDOR_NAME_FIELD_NUMBER: _ClassVar[int]
    VENDOR_DBA_NAME_FIELD_NUMBER: _ClassVar[int]
    WEBSITE_DOMAIN_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_VENDOR_ID_FIELD_NUMBER: _ClassVar[int]
    DEEP_LINK_URL_FIELD_NUMBER: _ClassVar[int]
    SOURCE_BUSINESS_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_ENTITY_ID_FIELD_NUMBER: _ClassVar[int]
    TRAILING_30D_SPEND_FIELD_NUMBER: _ClassVar[int]
    TRAILING_365D_SPEND_FIELD_NUMBER: _ClassVar[int]
    YTD_SPEND_FIELD_NUMBER: _ClassVar[int]
    vendor_id: str
    vendor_name: str
    vendor_dba_name: str
    website_domain: str
    external_vendor_id: str
    deep_link_url: str
    source_business_id: str
    source_entity_id: str
    trailing_30d_spend: Money
    trailing_365d_spend: Money
    ytd_spend: Money
    def __init__(self, vendor_id: _Optional[str] = ..., vendor_name: _Optional[str] = ..., vendor_dba_name: _Optional[str] = ..., website_domain: _Optional[str] = ..., external_vendor_id: _Optional[str] = ..., deep_link_url: _Optional[str] = ..., source_business_id: _Optional[str] = ..., source_entity_id: _Optional[str] = ..., trailing_30d_spend: _Optional[_Union[Money, _Mapping]] = ..., trailing_365d_spend: _Optional[_Union[Money, _Mapping]] = ..., ytd_spend: _Optional[_Union[Money, _Mapping]] = ...) -> None: ...

class VendorAgreementTrait(_message.Message):
    __slots__ = ("agreement_name", "start_date", "end_date", "last_date_to_terminate", "auto_renewal", "renewal_status", "renewal_status_raw", "total_value", "line_items", "pricing_model", "external_account_manager_email", "external_account_manager_name")
    class RenewalStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        RENEWAL_STATUS_UNSPECIFIED: _ClassVar[VendorAgreementTrait.RenewalStatus]
        RENEWAL_STATUS_NOT_STARTED: _ClassVar[VendorAgreementTrait.RenewalStatus]
        RENEWAL_STATUS_INITIATED: _ClassVar[VendorAgreementTrait.RenewalStatus]
        RENEWAL_STATUS_RENEWED: _ClassVar[VendorAgreementTrait.RenewalStatus]
        RENEWAL_STATUS_CANCELLED: _ClassVar[VendorAgreementTrait.RenewalStatus]
        RENEWAL_STATUS_REJECTED: _ClassVar[VendorAgreementTrait.RenewalStatus]
        RENEWAL_STATUS_EXPIRED: _ClassVar[VendorAgreementTrait.RenewalStatus]
    RENEWAL_STATUS_UNSPECIFIED: VendorAgreementTrait.RenewalStatus
    RENEWAL_STATUS_NOT_STARTED: VendorAgreementTrait.RenewalStatus
    RENEWAL_STATUS_INITIATED: VendorAgreementTrait.RenewalStatus
    RENEWAL_STATUS_RENEWED: VendorAgreementTrait.RenewalStatus
    RENEWAL_STATUS_CANCELLED: VendorAgreementTrait.RenewalStatus
    RENEWAL_STATUS_REJECTED: VendorAgreementTrait.RenewalStatus
    RENEWAL_STATUS_EXPIRED: VendorAgreementTrait.RenewalStatus
    class PricingModel(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        PRICING_MODEL_UNSPECIFIED: _ClassVar[VendorAgreementTrait.PricingModel]
        PRICING_MODEL_UNKNOWN: _ClassVar[VendorAgreementTrait.PricingModel]
        PRICING_MODEL_PER_SEAT: _ClassVar[VendorAgreementTrait.PricingModel]
        PRICING_MODEL_PER_LICENSE: _ClassVar[VendorAgreementTrait.PricingModel]
        PRICING_MODEL_FLAT: _ClassVar[VendorAgreementTrait.PricingModel]
        PRICING_MODEL_TIERED: _ClassVar[VendorAgreementTrait.PricingModel]
        PRICING_MODEL_USAGE: _ClassVar[VendorAgreementTrait.PricingModel]
    PRICING_MODEL_UNSPECIFIED: VendorAgreementTrait.PricingModel
    PRICING_MODEL_UNKNOWN: VendorAgreementTrait.PricingModel
    PRICING_MODEL_PER_SEAT: VendorAgreementTrait.PricingModel
    PRICING_MODEL_PER_LICENSE: VendorAgreementTrait.PricingModel
    PRICING_MODEL_FLAT: VendorAgreementTrait.PricingModel
    PRICING_MODEL_TIERED: VendorAgreementTrait.PricingModel
    PRICING_MODEL_USAGE: VendorAgreementTrait.PricingModel
    AGREEMENT_NAME_FIELD_NUMBER: _ClassVar[int]
    START_DATE_FIELD_NUMBER: _ClassVar[int]
    END_DATE_FIELD_NUMBER: _ClassVar[int]
    LAST_DATE_TO_TERMINATE_FIELD_NUMBER: _ClassVar[int]
    AUTO_RENEWAL_FIELD_NUMBER: _ClassVar[int]
    RENEWAL_STATUS_FIELD_NUMBER: _ClassVar[int]
    RENEWAL_STATUS_RAW_FIELD_NUMBER: _ClassVar[int]
    TOTAL_VALUE_FIELD_NUMBER: _ClassVar[int]
    LINE_ITEMS_FIELD_NUMBER: _ClassVar[int]
    PRICING_MODEL_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_ACCOUNT_MANAGER_EMAIL_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_ACCOUNT_MANAGER_NAME_FIELD_NUMBER: _ClassVar[int]
    agreement_name: str
    start_date: _timestamp_pb2.Timestamp
    end_date: _timestamp_pb2.Timestamp
    last_date_to_terminate: _timestamp_pb2.Timestamp
    auto_renewal: bool
    renewal_status: VendorAgreementTrait.RenewalStatus
    renewal_status_raw: str
    total_value: Money
    line_items: _containers.RepeatedCompositeFieldContainer[LineItem]
    pricing_model: VendorAgreementTrait.PricingModel
    external_account_manager_email: str
    external_account_manager_name: str
    def __init__(self, agreement_name: _Optional[str] = ..., start_date: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_date: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_date_to_terminate: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., auto_renewal: _Optional[bool] = ..., renewal_status: _Optional[_Union[VendorAgreementTrait.RenewalStatus, str]] = ..., renewal_status_raw: _Optional[str] = ..., total_value: _Optional[_Union[Money, _Mapping]] = ..., line_items: _Optional[_Iterable[_Union[LineItem, _Mapping]]] = ..., pricing_model: _Optional[_Union[VendorAgreementTrait.PricingModel, str]] = ..., external_account_manager_email: _Optional[str] = ..., external_account_manager_name: _Optional[str] = ...) -> None: ...

class LineItem(_message.Message):
    __slots__ = ("product_or_service_name", "quantity", "unit", "price_per_unit", "total_price")
    PRODUCT_OR_SERVICE_NAME_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    PRICE_PER_UNIT_FIELD_NUMBER: _ClassVar[int]
    TOTAL_PRICE_FIELD_NUMBER: _ClassVar[int]
    product_or_service_name: str
    quantity: float
    unit: str
    price_per_unit: Money
    total_price: Money
    def __init__(self, product_or_service_name: _Optional[str] = ..., quantity: _Optional[float] = ..., unit: _Optional[str] = ..., price_per_unit: _Optional[_Union[Money, _Mapping]] = ..., total_price: _Optional[_Union[Money, _Mapping]] = ...) -> None: ...

class Money(_message.Message):
    __slots__ = ("amount_minor", "currency_code")
    AMOUNT_MINOR_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_CODE_FIELD_NUMBER: _ClassVar[int]
    amount_minor: int
    currency_code: str
    def __init__(self, amount_minor: _Optional[int] = ..., currency_code: _Optional[str] = ...) -> None: ...

class ChildResourceType(_message.Message):
    __slots__ = ("resource_type_id",)
    RESOURCE_TYPE_ID_FIELD_NUMBER: _ClassVar[int]
    resource_type_id: str
    def __init__(self, resource_type_id: _Optional[str] = ...) -> None: ...

class GrantExpandable(_message.Message):
    __slots__ = ("entitlement_ids", "shallow", "resource_type_ids")
    ENTITLEMENT_IDS_FIELD_NUMBER: _ClassVar[int]
    SHALLOW_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_TYPE_IDS_FIELD_NUMBER: _ClassVar[int]
    entitlement_ids: _containers.RepeatedScalarFieldContainer[str]
    shallow: bool
    resource_type_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, entitlement_ids: _Optional[_Iterable[str]] = ..., shallow: _Optional[bool] = ..., resource_type_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class GrantImmutable(_message.Message):
    __slots__ = ("source_id", "metadata")
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    source_id: str
    metadata: _struct_pb2.Struct
    def __init__(self, source_id: _Optional[str] = ..., metadata: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class GrantMetadata(_message.Message):
    __slots__ = ("metadata",)
    METADATA_FIELD_NUMBER: _ClassVar[int]
    metadata: _struct_pb2.Struct
    def __init__(self, metadata: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class GrantReplaced(_message.Message):
    __slots__ = ("replaced_grant_id",)
    REPLACED_GRANT_ID_FIELD_NUMBER: _ClassVar[int]
    replaced_grant_id: str
    def __init__(self, replaced_grant_id: _Optional[str] = ...) -> None: ...

class EntitlementImmutable(_message.Message):
    __slots__ = ("source_id", "metadata")
    SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    source_id: str
    metadata: _struct_pb2.Struct
    def __init__(self, source_id: _Optional[str] = ..., metadata: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class EntitlementExclusionGroup(_message.Message):
    __slots__ = ("exclusion_group_id", "order", "is_default", "scope_to_resource")
    EXCLUSION_GROUP_ID_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    IS_DEFAULT_FIELD_NUMBER: _ClassVar[int]
    SCOPE_TO_RESOURCE_FIELD_NUMBER: _ClassVar[int]
    exclusion_group_id: str
    order: int
    is_default: bool
    scope_to_resource: bool
    def __init__(self, exclusion_group_id: _Optional[str] = ..., order: _Optional[int] = ..., is_default: _Optional[bool] = ..., scope_to_resource: _Optional[bool] = ...) -> None: ...

class CapabilityPermission(_message.Message):
    __slots__ = ("permission",)
    PERMISSION_FIELD_NUMBER: _ClassVar[int]
    permission: str
    def __init__(self, permission: _Optional[str] = ...) -> None: ...

class CapabilityPermissions(_message.Message):
    __slots__ = ("permissions",)
    PERMISSIONS_FIELD_NUMBER: _ClassVar[int]
    permissions: _containers.RepeatedCompositeFieldContainer[CapabilityPermission]
    def __init__(self, permissions: _Optional[_Iterable[_Union[CapabilityPermission, _Mapping]]] = ...) -> None: ...

class ExternalLink(_message.Message):
    __slots__ = ("url",)
    URL_FIELD_NUMBER: _ClassVar[int]
    url: str
    def __init__(self, url: _Optional[str] = ...) -> None: ...

class RawId(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class Aliases(_message.Message):
    __slots__ = ("ids",)
    IDS_FIELD_NUMBER: _ClassVar[int]
    ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, ids: _Optional[_Iterable[str]] = ...) -> None: ...

class V1Identifier(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class ExternalResourceMatch(_message.Message):
    __slots__ = ("resource_type", "key", "value")
    RESOURCE_TYPE_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    resource_type: ResourceType.Trait
    key: str
    value: str
    def __init__(self, resource_type: _Optional[_Union[ResourceType.Trait, str]] = ..., key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...

class ExternalResourceMatchAll(_message.Message):
    __slots__ = ("resource_type",)
    RESOURCE_TYPE_FIELD_NUMBER: _ClassVar[int]
    resource_type: ResourceType.Trait
    def __init__(self, resource_type: _Optional[_Union[ResourceType.Trait, str]] = ...) -> None: ...

class ExternalResourceMatchID(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class ResourceDeleted(_message.Message):
    __slots__ = ("resource_id",)
    RESOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    resource_id: ResourceId
    def __init__(self, resource_id: _Optional[_Union[ResourceId, _Mapping]] = ...) -> None: ...

class EnqueuePageTokens(_message.Message):
    __slots__ = ("page_tokens", "estimated_total")
    PAGE_TOKENS_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_TOTAL_FIELD_NUMBER: _ClassVar[int]
    page_tokens: _containers.RepeatedScalarFieldContainer[str]
    estimated_total: int
    def __init__(self, page_tokens: _Optional[_Iterable[str]] = ..., estimated_total: _Optional[int] = ...) -> None: ...

class RateLimitDescription(_message.Message):
    __slots__ = ("status", "limit", "remaining", "reset_at")
    class Status(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATUS_UNSPECIFIED: _ClassVar[RateLimitDescription.Status]
        STATUS_OK: _ClassVar[RateLimitDescription.Status]
        STATUS_OVERLIMIT: _ClassVar[RateLimitDescription.Status]
        STATUS_ERROR: _ClassVar[RateLimitDescription.Status]
    STATUS_UNSPECIFIED: RateLimitDescription.Status
    STATUS_OK: RateLimitDescription.Status
    STATUS_OVERLIMIT: RateLimitDescription.Status
    STATUS_ERROR: RateLimitDescription.Status
    STATUS_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    REMAINING_FIELD_NUMBER: _ClassVar[int]
    RESET_AT_FIELD_NUMBER: _ClassVar[int]
    status: RateLimitDescription.Status
    limit: int
    remaining: int
    reset_at: _timestamp_pb2.Timestamp
    def __init__(self, status: _Optional[_Union[RateLimitDescription.Status, str]] = ..., limit: _Optional[int] = ..., remaining: _Optional[int] = ..., reset_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class RateLimitWaitReport(_message.Message):
    __slots__ = ("wait_ms",)
    WAIT_MS_FIELD_NUMBER: _ClassVar[int]
    wait_ms: int
    def __init__(self, wait_ms: _Optional[int] = ...) -> None: ...

class RequestId(_message.Message):
    __slots__ = ("request_id",)
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    def __init__(self, request_id: _Optional[str] = ...) -> None: ...

class ExternalTicketSettings(_message.Message):
    __slots__ = ("enabled",)
    ENABLED_FIELD_NUMBER: _ClassVar[int]
    enabled: bool
    def __init__(self, enabled: _Optional[bool] = ...) -> None: ...

class ETag(_message.Message):
    __slots__ = ("value", "entitlement_id")
    VALUE_FIELD_NUMBER: _ClassVar[int]
    ENTITLEMENT_ID_FIELD_NUMBER: _ClassVar[int]
    value: str
    entitlement_id: str
    def __init__(self, value: _Optional[str] = ..., entitlement_id: _Optional[str] = ...) -> None: ...

class ETagMetadata(_message.Message):
    __slots__ = ("metadata",)
    METADATA_FIELD_NUMBER: _ClassVar[int]
    metadata: _struct_pb2.Struct
    def __init__(self, metadata: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class ETagMatch(_message.Message):
    __slots__ = ("entitlement_id",)
    ENTITLEMENT_ID_FIELD_NUMBER: _ClassVar[int]
    entitlement_id: str
    def __init__(self, entitlement_id: _Optional[str] = ...) -> None: ...

class ConnectorMetadata(_message.Message):
    __slots__ = ("display_name", "help_url", "icon", "logo", "profile", "annotations", "description", "capabilities", "account_creation_schema")
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    HELP_URL_FIELD_NUMBER: _ClassVar[int]
    ICON_FIELD_NUMBER: _ClassVar[int]
    LOGO_FIELD_NUMBER: _ClassVar[int]
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    CAPABILITIES_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_CREATION_SCHEMA_FIELD_NUMBER: _ClassVar[int]
    display_name: str
    help_url: str
    icon: AssetRef
    logo: AssetRef
    profile: _struct_pb2.Struct
    annotations: _containers.RepeatedCompositeFieldContainer[_any_pb2.Any]
    description: str
    capabilities: ConnectorCapabilities
    account_creation_schema: ConnectorAccountCreationSchema
    def __init__(self, display_name: _Optional[str] = ..., help_url: _Optional[str] = ..., icon: _Optional[_Union[AssetRef, _Mapping]] = ..., logo: _Optional[_Union[AssetRef, _Mapping]] = ..., profile: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., annotations: _Optional[_Iterable[_Union[_any_pb2.Any, _Mapping]]] = ..., description: _Optional[str] = ..., capabilities: _Optional[_Union[ConnectorCapabilities, _Mapping]] = ..., account_creation_schema: _Optional[_Union[ConnectorAccountCreationSchema, _Mapping]] = ...) -> None: ...

class ConnectorCapabilities(_message.Message):
    __slots__ = ("resource_type_capabilities", "connector_capabilities", "credential_details")
    RESOURCE_TYPE_CAPABILITIES_FIELD_NUMBER: _ClassVar[int]
    CONNECTOR_CAPABILITIES_FIELD_NUMBER: _ClassVar[int]
    CREDENTIAL_DETAILS_FIELD_NUMBER: _ClassVar[int]
    resource_type_capabilities: _containers.RepeatedCompositeFieldContainer[ResourceTypeCapability]
    connector_capabilities: _containers.RepeatedScalarFieldContainer[Capability]
    credential_details: CredentialDetails
    def __init__(self, resource_type_capabilities: _Optional[_Iterable[_Union[ResourceTypeCapability, _Mapping]]] = ..., connector_capabilities: _Optional[_Iterable[_Union[Capability, str]]] = ..., credential_details: _Optional[_Union[CredentialDetails, _Mapping]] = ...) -> None: ...

class ResourceTypeCapability(_message.Message):
    __slots__ = ("resource_type", "capabilities", "permissions", "opt_in_required", "skip_sync_anomaly_detection", "credential_issue", "deprecated")
    RESOURCE_TYPE_FIELD_NUMBER: _ClassVar[int]
    CAPABILITIES_FIELD_NUMBER: _ClassVar[int]
    PERMISSIONS_FIELD_NUMBER: _ClassVar[int]
    OPT_IN_REQUIRED_FIELD_NUMBER: _ClassVar[int]
    SKIP_SYNC_ANOMALY_DETECTION_FIELD_NUMBER: _ClassVar[int]
    CREDENTIAL_ISSUE_FIELD_NUMBER: _ClassVar[int]
    DEPRECATED_FIELD_NUMBER: _ClassVar[int]
    resource_type: ResourceType
    capabilities: _containers.RepeatedScalarFieldContainer[Capability]
    permissions: CapabilityPermissions
    opt_in_required: bool
    skip_sync_anomaly_detection: bool
    credential_issue: CredentialDetailsCredentialIssue
    deprecated: bool
    def __init__(self, resource_type: _Optional[_Union[ResourceType, _Mapping]] = ..., capabilities: _Optional[_Iterable[_Union[Capability, str]]] = ..., permissions: _Optional[_Union[CapabilityPermissions, _Mapping]] = ..., opt_in_required: _Optional[bool] = ..., skip_sync_anomaly_detection: _Optional[bool] = ..., credential_issue: _Optional[_Union[CredentialDetailsCredentialIssue, _Mapping]] = ..., deprecated: _Optional[bool] = ...) -> None: ...

class CredentialDetails(_message.Message):
    __slots__ = ("capability_account_provisioning", "capability_credential_rotation")
    CAPABILITY_ACCOUNT_PROVISIONING_FIELD_NUMBER: _ClassVar[int]
    CAPABILITY_CREDENTIAL_ROTATION_FIELD_NUMBER: _ClassVar[int]
    capability_account_provisioning: CredentialDetailsAccountProvisioning
    capability_credential_rotation: CredentialDetailsCredentialRotation
    def __init__(self, capability_account_provisioning: _Optional[_Union[CredentialDetailsAccountProvisioning, _Mapping]] = ..., capability_credential_rotation: _Optional[_Union[CredentialDetailsCredentialRotation, _Mapping]] = ...) -> None: ...

class CredentialDetailsAccountProvisioning(_message.Message):
    __slots__ = ("supported_credential_options", "preferred_credential_option")
    SUPPORTED_CREDENTIAL_OPTIONS_FIELD_NUMBER: _ClassVar[int]
    PREFERRED_CREDENTIAL_OPTION_FIELD_NUMBER: _ClassVar[int]
    supported_credential_options: _containers.RepeatedScalarFieldContainer[CapabilityDetailCredentialOption]
    preferred_credential_option: CapabilityDetailCredentialOption
    def __init__(self, supported_credential_options: _Optional[_Iterable[_Union[CapabilityDetailCredentialOption, str]]] = ..., preferred_credential_option: _Optional[_Union[CapabilityDetailCredentialOption, str]] = ...) -> None: ...

class CredentialDetailsCredentialRotation(_message.Message):
    __slots__ = ("supported_credential_options", "preferred_credential_option")
    SUPPORTED_CREDENTIAL_OPTIONS_FIELD_NUMBER: _ClassVar[int]
    PREFERRED_CREDENTIAL_OPTION_FIELD_NUMBER: _ClassVar[int]
    supported_credential_options: _containers.RepeatedScalarFieldContainer[CapabilityDetailCredentialOption]
    preferred_credential_option: CapabilityDetailCredentialOption
    def __init__(self, supported_credential_options: _Optional[_Iterable[_Union[CapabilityDetailCredentialOption, str]]] = ..., preferred_credential_option: _Optional[_Union[CapabilityDetailCredentialOption, str]] = ...) -> None: ...

class CredentialDetailsCredentialIssue(_message.Message):
    __slots__ = ("options", "preferred_option")
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    PREFERRED_OPTION_FIELD_NUMBER: _ClassVar[int]
    options: _containers.RepeatedCompositeFieldContainer[CredentialIssueOptionDescriptor]
    preferred_option: CapabilityDetailCredentialOption
    def __init__(self, options: _Optional[_Iterable[_Union[CredentialIssueOptionDescriptor, _Mapping]]] = ..., preferred_option: _Optional[_Union[CapabilityDetailCredentialOption, str]] = ...) -> None: ...

class CredentialIssueOptionDescriptor(_message.Message):
    __slots__ = ("option", "key_profiles", "expiry", "scopes", "custom_scopes_allowed", "custom_audiences_allowed", "audiences", "resource_mode", "secret_resource_type_id")
    OPTION_FIELD_NUMBER: _ClassVar[int]
    KEY_PROFILES_FIELD_NUMBER: _ClassVar[int]
    EXPIRY_FIELD_NUMBER: _ClassVar[int]
    SCOPES_FIELD_NUMBER: _ClassVar[int]
    CUSTOM_SCOPES_ALLOWED_FIELD_NUMBER: _ClassVar[int]
    CUSTOM_AUDIENCES_ALLOWED_FIELD_NUMBER: _ClassVar[int]
    AUDIENCES_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_MODE_FIELD_NUMBER: _ClassVar[int]
    SECRET_RESOURCE_TYPE_ID_FIELD_NUMBER: _ClassVar[int]
    option: CapabilityDetailCredentialOption
    key_profiles: _containers.RepeatedCompositeFieldContainer[KeyGenerationProfile]
    expiry: IssuanceExpiryCapability
    scopes: _containers.RepeatedScalarFieldContainer[str]
    custom_scopes_allowed: bool
    custom_audiences_allowed: bool
    audiences: _containers.RepeatedScalarFieldContainer[str]
    resource_mode: CredentialResourceMode
    secret_resource_type_id: str
    def __init__(self, option: _Optional[_Union[CapabilityDetailCredentialOption, str]] = ..., key_profiles: _Optional[_Iterable[_Union[KeyGenerationProfile, _Mapping]]] = ..., expiry: _Optional[_Union[IssuanceExpiryCapability, _Mapping]] = ..., scopes: _Optional[_Iterable[str]] = ..., custom_scopes_allowed: _Optional[bool] = ..., custom_audiences_allowed: _Optional[bool] = ..., audiences: _Optional[_Iterable[str]] = ..., resource_mode: _Optional[_Union[CredentialResourceMode, str]] = ..., secret_resource_type_id: _Optional[str] = ...) -> None: ...

class IssuanceExpiryCapability(_message.Message):
    __slots__ = ("min", "max")
    MIN_FIELD_NUMBER: _ClassVar[int]
    MAX_FIELD_NUMBER: _ClassVar[int]
    min: _duration_pb2.Duration
    max: _duration_pb2.Duration
    def __init__(self, min: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., max: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class ConnectorAccountCreationSchema(_message.Message):
    __slots__ = ("field_map",)
    class Field(_message.Message):
        __slots__ = ("display_name", "required", "description", "placeholder", "order", "deprecated", "string_field", "bool_field", "string_list_field", "int_field", "map_field")
        DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
        REQUIRED_FIELD_NUMBER: _ClassVar[int]
        DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
        PLACEHOLDER_FIELD_NUMBER: _ClassVar[int]
        ORDER_FIELD_NUMBER: _ClassVar[int]
        DEPRECATED_FIELD_NUMBER: _ClassVar[int]
        STRING_FIELD_FIELD_NUMBER: _ClassVar[int]
        BOOL_FIELD_FIELD_NUMBER: _ClassVar[int]
        STRING_LIST_FIELD_FIELD_NUMBER: _ClassVar[int]
        INT_FIELD_FIELD_NUMBER: _ClassVar[int]
        MAP_FIELD_FIELD_NUMBER: _ClassVar[int]
        display_name: str
        required: bool
        description: str
        placeholder: str
        order: int
        deprecated: bool
        string_field: ConnectorAccountCreationSchema.StringField
        bool_field: ConnectorAccountCreationSchema.BoolField
        string_list_field: ConnectorAccountCreationSchema.StringListField
        int_field: ConnectorAccountCreationSchema.IntField
        map_field: ConnectorAccountCreationSchema.MapField
        def __init__(self, display_name: _Optional[str] = ..., required: _Optional[bool] = ..., description: _Optional[str] = ..., placeholder: _Optional[str] = ..., order: _Optional[int] = ..., deprecated: _Optional[bool] = ..., string_field: _Optional[_Union[ConnectorAccountCreationSchema.StringField, _Mapping]] = ..., bool_field: _Optional[_Union[ConnectorAccountCreationSchema.BoolField, _Mapping]] = ..., string_list_field: _Optional[_Union[ConnectorAccountCreationSchema.StringListField, _Mapping]] = ..., int_field: _Optional[_Union[ConnectorAccountCreationSchema.IntField, _Mapping]] = ..., map_field: _Optional[_Union[ConnectorAccountCreationSchema.MapField, _Mapping]] = ...) -> None: ...
    class StringField(_message.Message):
        __slots__ = ("default_value",)
        DEFAULT_VALUE_FIELD_NUMBER: _ClassVar[int]
        default_value: str
        def __init__(self, default_value: _Optional[str] = ...) -> None: ...
    class BoolField(_message.Message):
        __slots__ = ("default_value",)
        DEFAULT_VALUE_FIELD_NUMBER: _ClassVar[int]
        default_value: bool
        def __init__(self, default_value: _Optional[bool] = ...) -> None: ...
    class StringListField(_message.Message):
        __slots__ = ("default_value",)
        DEFAULT_VALUE_FIELD_NUMBER: _ClassVar[int]
        default_value: _containers.RepeatedScalarFieldContainer[str]
        def __init__(self, default_value: _Optional[_Iterable[str]] = ...) -> None: ...
    class IntField(_message.Message):
        __slots__ = ("default_value",)
        DEFAULT_VALUE_FIELD_NUMBER: _ClassVar[int]
        default_value: int
        def __init__(self, default_value: _Optional[int] = ...) -> None: ...
    class MapField(_message.Message):
        __slots__ = ("default_value",)
        class DefaultValueEntry(_message.Message):
            __slots__ = ("key", "value")
            KEY_FIELD_NUMBER: _ClassVar[int]
            VALUE_FIELD_NUMBER: _ClassVar[int]
            key: str
            value: ConnectorAccountCreationSchema.Field
            def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[ConnectorAccountCreationSchema.Field, _Mapping]] = ...) -> None: ...
        DEFAULT_VALUE_FIELD_NUMBER: _ClassVar[int]
        default_value: _containers.MessageMap[str, ConnectorAccountCreationSchema.Field]
        def __init__(self, default_value: _Optional[_Mapping[str, ConnectorAccountCreationSchema.Field]] = ...) -> None: ...
    class FieldMapEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: ConnectorAccountCreationSchema.Field
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[ConnectorAccountCreationSchema.Field, _Mapping]] = ...) -> None: ...
    FIELD_MAP_FIELD_NUMBER: _ClassVar[int]
    field_map: _containers.MessageMap[str, ConnectorAccountCreationSchema.Field]
    def __init__(self, field_map: _Optional[_Mapping[str, ConnectorAccountCreationSchema.Field]] = ...) -> None: ...

class GrantManagerServiceGrantResponse(_message.Message):
    __slots__ = ("annotations", "grants")
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    GRANTS_FIELD_NUMBER: _ClassVar[int]
    annotations: _containers.RepeatedCompositeFieldContainer[_any_pb2.Any]
    grants: _containers.RepeatedCompositeFieldContainer[Grant]
    def __init__(self, annotations: _Optional[_Iterable[_Union[_any_pb2.Any, _Mapping]]] = ..., grants: _Optional[_Iterable[_Union[Grant, _Mapping]]] = ...) -> None: ...

class GrantManagerServiceRevokeResponse(_message.Message):
    __slots__ = ("annotations",)
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    annotations: _containers.RepeatedCompositeFieldContainer[_any_pb2.Any]
    def __init__(self, annotations: _Optional[_Iterable[_Union[_any_pb2.Any, _Mapping]]] = ...) -> None: ...

class AccountInfo(_message.Message):
    __slots__ = ("emails", "login", "login_aliases", "profile")
    class Email(_message.Message):
        __slots__ = ("address", "is_primary")
        ADDRESS_FIELD_NUMBER: _ClassVar[int]
        IS_PRIMARY_FIELD_NUMBER: _ClassVar[int]
        address: str
        is_primary: bool
        def __init__(self, address: _Optional[str] = ..., is_primary: _Optional[bool] = ...) -> None: ...
    EMAILS_FIELD_NUMBER: _ClassVar[int]
    LOGIN_FIELD_NUMBER: _ClassVar[int]
    LOGIN_ALIASES_FIELD_NUMBER: _ClassVar[int]
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    emails: _containers.RepeatedCompositeFieldContainer[AccountInfo.Email]
    login: str
    login_aliases: _containers.RepeatedScalarFieldContainer[str]
    profile: _struct_pb2.Struct
    def __init__(self, emails: _Optional[_Iterable[_Union[AccountInfo.Email, _Mapping]]] = ..., login: _Optional[str] = ..., login_aliases: _Optional[_Iterable[str]] = ..., profile: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class CredentialOptions(_message.Message):
    __slots__ = ("force_change_at_next_login", "random_password", "no_password", "sso", "encrypted_password")
    class RandomPassword(_message.Message):
        __slots__ = ("length", "constraints")
        LENGTH_FIELD_NUMBER: _ClassVar[int]
        CONSTRAINTS_FIELD_NUMBER: _ClassVar[int]
        length: int
        constraints: _containers.RepeatedCompositeFieldContainer[PasswordConstraint]
        def __init__(self, length: _Optional[int] = ..., constraints: _Optional[_Iterable[_Union[PasswordConstraint, _Mapping]]] = ...) -> None: ...
    class SSO(_message.Message):
        __slots__ = ("sso_provider",)
        SSO_PROVIDER_FIELD_NUMBER: _ClassVar[int]
        sso_provider: str
        def __init__(self, sso_provider: _Optional[str] = ...) -> None: ...
    class EncryptedPassword(_message.Message):
        __slots__ = ("encrypted_passwords",)
        ENCRYPTED_PASSWORDS_FIELD_NUMBER: _ClassVar[int]
        encrypted_passwords: _containers.RepeatedCompositeFieldContainer[EncryptedData]
        def __init__(self, encrypted_passwords: _Optional[_Iterable[_Union[EncryptedData, _Mapping]]] = ...) -> None: ...
    class NoPassword(_message.Message):
        __slots__ = ()
        def __init__(self) -> None: ...
    FORCE_CHANGE_AT_NEXT_LOGIN_FIELD_NUMBER: _ClassVar[int]
    RANDOM_PASSWORD_FIELD_NUMBER: _ClassVar[int]
    NO_PASSWORD_FIELD_NUMBER: _ClassVar[int]
    SSO_FIELD_NUMBER: _ClassVar[int]
    ENCRYPTED_PASSWORD_FIELD_NUMBER: _ClassVar[int]
    force_change_at_next_login: bool
    random_password: CredentialOptions.RandomPassword
    no_password: CredentialOptions.NoPassword
    sso: CredentialOptions.SSO
    encrypted_password: CredentialOptions.EncryptedPassword
    def __init__(self, force_change_at_next_login: _Optional[bool] = ..., random_password: _Optional[_Union[CredentialOptions.RandomPassword, _Mapping]] = ..., no_password: _Optional[_Union[CredentialOptions.NoPassword, _Mapping]] = ..., sso: _Optional[_Union[CredentialOptions.SSO, _Mapping]] = ..., encrypted_password: _Optional[_Union[CredentialOptions.EncryptedPassword, _Mapping]] = ...) -> None: ...

class PasswordConstraint(_message.Message):
    __slots__ = ("char_set", "min_count")
    CHAR_SET_FIELD_NUMBER: _ClassVar[int]
    MIN_COUNT_FIELD_NUMBER: _ClassVar[int]
    char_set: str
    min_count: int
    def __init__(self, char_set: _Optional[str] = ..., min_count: _Optional[int] = ...) -> None: ...

class CredentialIssueOptions(_message.Message):
    __slots__ = ("api_key", "keypair", "token", "client_secret")
    class ApiKey(_message.Message):
        __slots__ = ("scopes",)
        SCOPES_FIELD_NUMBER: _ClassVar[int]
        scopes: _containers.RepeatedScalarFieldContainer[str]
        def __init__(self, scopes: _Optional[_Iterable[str]] = ...) -> None: ...
    class Keypair(_message.Message):
        __slots__ = ("profile",)
        PROFILE_FIELD_NUMBER: _ClassVar[int]
        profile: KeyGenerationProfile
        def __init__(self, profile: _Optional[_Union[KeyGenerationProfile, _Mapping]] = ...) -> None: ...
    class Token(_message.Message):
        __slots__ = ("scopes", "audiences")
        SCOPES_FIELD_NUMBER: _ClassVar[int]
        AUDIENCES_FIELD_NUMBER: _ClassVar[int]
        scopes: _containers.RepeatedScalarFieldContainer[str]
        audiences: _containers.RepeatedScalarFieldContainer[str]
        def __init__(self, scopes: _Optional[_Iterable[str]] = ..., audiences: _Optional[_Iterable[str]] = ...) -> None: ...
    class ClientSecret(_message.Message):
        __slots__ = ()
        def __init__(self) -> None: ...
    API_KEY_FIELD_NUMBER: _ClassVar[int]
    KEYPAIR_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    CLIENT_SECRET_FIELD_NUMBER: _ClassVar[int]
    api_key: CredentialIssueOptions.ApiKey
    keypair: CredentialIssueOptions.Keypair
    token: CredentialIssueOptions.Token
    client_secret: CredentialIssueOptions.ClientSecret
    def __init__(self, api_key: _Optional[_Union[CredentialIssueOptions.ApiKey, _Mapping]] = ..., keypair: _Optional[_Union[CredentialIssueOptions.Keypair, _Mapping]] = ..., token: _Optional[_Union[CredentialIssueOptions.Token, _Mapping]] = ..., client_secret: _Optional[_Union[CredentialIssueOptions.ClientSecret, _Mapping]] = ...) -> None: ...

class KeyGenerationProfile(_message.Message):
    __slots__ = ("kty", "rsa_modulus_bits", "crv")
    KTY_FIELD_NUMBER: _ClassVar[int]
    RSA_MODULUS_BITS_FIELD_NUMBER: _ClassVar[int]
    CRV_FIELD_NUMBER: _ClassVar[int]
    kty: str
    rsa_modulus_bits: int
    crv: str
    def __init__(self, kty: _Optional[str] = ..., rsa_modulus_bits: _Optional[int] = ..., crv: _Optional[str] = ...) -> None: ...

class EncryptionConfig(_message.Message):
    __slots__ = ("principal", "provider", "key_id", "jwk_public_key_config", "age_recipient_config")
    class JWKPublicKeyConfig(_message.Message):
        __slots__ = ("pub_key",)
        PUB_KEY_FIELD_NUMBER: _ClassVar[int]
        pub_key: bytes
        def __init__(self, pub_key: _Optional[bytes] = ...) -> None: ...
    class AgeRecipientConfig(_message.Message):
        __slots__ = ("recipient",)
        RECIPIENT_FIELD_NUMBER: _ClassVar[int]
        recipient: str
        def __init__(self, recipient: _Optional[str] = ...) -> None: ...
    PRINCIPAL_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    JWK_PUBLIC_KEY_CONFIG_FIELD_NUMBER: _ClassVar[int]
    AGE_RECIPIENT_CONFIG_FIELD_NUMBER: _ClassVar[int]
    principal: Resource
    provider: str
    key_id: str
    jwk_public_key_config: EncryptionConfig.JWKPublicKeyConfig
    age_recipient_config: EncryptionConfig.AgeRecipientConfig
    def __init__(self, principal: _Optional[_Union[Resource, _Mapping]] = ..., provider: _Optional[str] = ..., key_id: _Optional[str] = ..., jwk_public_key_config: _Optional[_Union[EncryptionConfig.JWKPublicKeyConfig, _Mapping]] = ..., age_recipient_config: _Optional[_Union[EncryptionConfig.AgeRecipientConfig, _Mapping]] = ...) -> None: ...

class EncryptedData(_message.Message):
    __slots__ = ("provider", "key_id", "name", "description", "schema", "encrypted_bytes", "key_ids")
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    ENCRYPTED_BYTES_FIELD_NUMBER: _ClassVar[int]
    KEY_IDS_FIELD_NUMBER: _ClassVar[int]
    provider: str
    key_id: str
    name: str
    description: str
    schema: str
    encrypted_bytes: bytes
    key_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, provider: _Optional[str] = ..., key_id: _Optional[str] = ..., name: _Optional[str] = ..., description: _Optional[str] = ..., schema: _Optional[str] = ..., encrypted_bytes: _Optional[bytes] = ..., key_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class PlaintextData(_message.Message):
    __slots__ = ("name", "description", "schema", "bytes")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    name: str
    description: str
    schema: str
    bytes: bytes
    def __init__(self, name: _Optional[str] = ..., description: _Optional[str] = ..., schema: _Optional[str] = ..., bytes: _Optional[bytes] = ...) -> None: ...

class CreateAccountResponse(_message.Message):
    __slots__ = ("encrypted_data", "annotations", "success", "action_required", "already_exists", "in_progress")
    class SuccessResult(_message.Message):
        __slots__ = ("resource", "is_create_account_result", "invitation_expires_at")
        RESOURCE_FIELD_NUMBER: _ClassVar[int]
        IS_CREATE_ACCOUNT_RESULT_FIELD_NUMBER: _ClassVar[int]
        INVITATION_EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
        resource: Resource
        is_create_account_result: bool
        invitation_expires_at: _timestamp_pb2.Timestamp
        def __init__(self, resource: _Optional[_Union[Resource, _Mapping]] = ..., is_create_account_result: _Optional[bool] = ..., invitation_expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
    class ActionRequiredResult(_message.Message):
        __slots__ = ("resource", "message", "is_create_account_result")
        RESOURCE_FIELD_NUMBER: _ClassVar[int]
        MESSAGE_FIELD_NUMBER: _ClassVar[int]
        IS_CREATE_ACCOUNT_RESULT_FIELD_NUMBER: _ClassVar[int]
        resource: Resource
        message: str
        is_create_account_result: bool
        def __init__(self, resource: _Optional[_Union[Resource, _Mapping]] = ..., message: _Optional[str] = ..., is_create_account_result: _Optional[bool] = ...) -> None: ...
    class AlreadyExistsResult(_message.Message):
        __slots__ = ("resource", "is_create_account_result")
        RESOURCE_FIELD_NUMBER: _ClassVar[int]
        IS_CREATE_ACCOUNT_RESULT_FIELD_NUMBER: _ClassVar[int]
        resource: Resource
        is_create_account_result: bool
        def __init__(self, resource: _Optional[_Union[Resource, _Mapping]] = ..., is_create_account_result: _Optional[bool] = ...) -> None: ...
    class InProgressResult(_message.Message):
        __slots__ = ("resource", "is_create_account_result")
        RESOURCE_FIELD_NUMBER: _ClassVar[int]
        IS_CREATE_ACCOUNT_RESULT_FIELD_NUMBER: _ClassVar[int]
        resource: Resource
        is_create_account_result: bool
        def __init__(self, resource: _Optional[_Union[Resource, _Mapping]] = ..., is_create_account_result: _Optional[bool] = ...) -> None: ...
    ENCRYPTED_DATA_FIELD_NUMBER: _ClassVar[int]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    ACTION_REQUIRED_FIELD_NUMBER: _ClassVar[int]
    ALREADY_EXISTS_FIELD_NUMBER: _ClassVar[int]
    IN_PROGRESS_FIELD_NUMBER: _ClassVar[int]
    encrypted_data: _containers.RepeatedCompositeFieldContainer[EncryptedData]
    annotations: _containers.RepeatedCompositeFieldContainer[_any_pb2.Any]
    success: CreateAccountResponse.SuccessResult
    action_required: CreateAccountResponse.ActionRequiredResult
    already_exists: CreateAccountResponse.AlreadyExistsResult
    in_progress: CreateAccountResponse.InProgressResult
    def __init__(self, encrypted_data: _Optional[_Iterable[_Union[EncryptedData, _Mapping]]] = ..., annotations: _Optional[_Iterable[_Union[_any_pb2.Any, _Mapping]]] = ..., success: _Optional[_Union[CreateAccountResponse.SuccessResult, _Mapping]] = ..., action_required: _Optional[_Union[CreateAccountResponse.ActionRequiredResult, _Mapping]] = ..., already_exists: _Optional[_Union[CreateAccountResponse.AlreadyExistsResult, _Mapping]] = ..., in_progress: _Optional[_Union[CreateAccountResponse.InProgressResult, _Mapping]] = ...) -> None: ...

class CreateResourceResponse(_message.Message):
    __slots__ = ("created", "annotations")
    CREATED_FIELD_NUMBER: _ClassVar[int]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    created: Resource
    annotations: _containers.RepeatedCompositeFieldContainer[_any_pb2.Any]
    def __init__(self, created: _Optional[_Union[Resource, _Mapping]] = ..., annotations: _Optional[_Iterable[_Union[_any_pb2.Any, _Mapping]]] = ...) -> None: ...

class DeleteResourceResponse(_message.Message):
    __slots__ = ("annotations",)
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    annotations: _containers.RepeatedCompositeFieldContainer[_any_pb2.Any]
    def __init__(self, annotations: _Optional[_Iterable[_Union[_any_pb2.Any, _Mapping]]] = ...) -> None: ...

class DeleteResourceV2Response(_message.Message):
    __slots__ = ("annotations",)
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    annotations: _containers.RepeatedCompositeFieldContainer[_any_pb2.Any]
    def __init__(self, annotations: _Optional[_Iterable[_Union[_any_pb2.Any, _Mapping]]] = ...) -> None: ...

class RotateCredentialResponse(_message.Message):
    __slots__ = ("encrypted_data", "resource_id", "annotations")
    ENCRYPTED_DATA_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    encrypted_data: _containers.RepeatedCompositeFieldContainer[EncryptedData]
    resource_id: ResourceId
    annotations: _containers.RepeatedCompositeFieldContainer[_any_pb2.Any]
    def __init__(self, encrypted_data: _Optional[_Iterable[_Union[EncryptedData, _Mapping]]] = ..., resource_id: _Optional[_Union[ResourceId, _Mapping]] = ..., annotations: _Optional[_Iterable[_Union[_any_pb2.Any, _Mapping]]] = ...) -> None: ...

class IssueCredentialResponse(_message.Message):
    __slots__ = ("secret", "encrypted_data", "annotations", "resource_mode", "request_id")
    SECRET_FIELD_NUMBER: _ClassVar[int]
    ENCRYPTED_DATA_FIELD_NUMBER: _ClassVar[int]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_MODE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    secret: Resource
    encrypted_data: _containers.RepeatedCompositeFieldContainer[EncryptedData]
    annotations: _containers.RepeatedCompositeFieldContainer[_any_pb2.Any]
    resource_mode: CredentialResourceMode
    request_id: str
    def __init__(self, secret: _Optional[_Union[Resource, _Mapping]] = ..., encrypted_data: _Optional[_Iterable[_Union[EncryptedData, _Mapping]]] = ..., annotations: _Optional[_Iterable[_Union[_any_pb2.Any, _Mapping]]] = ..., resource_mode: _Optional[_Union[CredentialResourceMode, str]] = ..., request_id: _Optional[str] = ...) -> None: ...

class ListActionSchemasResponse(_message.Message):
    __slots__ = ("schemas", "annotations")
    SCHEMAS_FIELD_NUMBER: _ClassVar[int]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    schemas: _containers.RepeatedCompositeFieldContainer[BatonActionSchema]
    annotations: _containers.RepeatedCompositeFieldContainer[_any_pb2.Any]
    def __init__(self, schemas: _Optional[_Iterable[_Union[BatonActionSchema, _Mapping]]] = ..., annotations: _Optional[_Iterable[_Union[_any_pb2.Any, _Mapping]]] = ...) -> None: ...

class GetActionSchemaResponse(_message.Message):
    __slots__ = ("schema", "annotations")
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    schema: BatonActionSchema
    annotations: _containers.RepeatedCompositeFieldContainer[_any_pb2.Any]
    def __init__(self, schema: _Optional[_Union[BatonActionSchema, _Mapping]] = ..., annotations: _Optional[_Iterable[_Union[_any_pb2.Any, _Mapping]]] = ...) -> None: ...

class BatonActionSchema(_message.Message):
    __slots__ = ("name", "arguments", "constraints", "return_types", "display_name", "description", "action_type", "resource_type_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ARGUMENTS_FIELD_NUMBER: _ClassVar[int]
    CONSTRAINTS_FIELD_NUMBER: _ClassVar[int]
    RETURN_TYPES_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    ACTION_TYPE_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_TYPE_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    arguments: _containers.RepeatedCompositeFieldContainer[_config_pb2.Field]
    constraints: _containers.RepeatedCompositeFieldContainer[_config_pb2.Constraint]
    return_types: _containers.RepeatedCompositeFieldContainer[_config_pb2.Field]
    display_name: str
    description: str
    action_type: _containers.RepeatedScalarFieldContainer[ActionType]
    resource_type_id: str
    def __init__(self, name: _Optional[str] = ..., arguments: _Optional[_Iterable[_Union[_config_pb2.Field, _Mapping]]] = ..., constraints: _Optional[_Iterable[_Union[_config_pb2.Constraint, _Mapping]]] = ..., return_types: _Optional[_Iterable[_Union[_config_pb2.Field, _Mapping]]] = ..., display_name: _Optional[str] = ..., description: _Optional[str] = ..., action_type: _Optional[_Iterable[_Union[ActionType, str]]] = ..., resource_type_id: _Optional[str] = ...) -> None: ...

class InvokeActionResponse(_message.Message):
    __slots__ = ("id", "status", "annotations", "response", "name")
    ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    id: str
    status: BatonActionStatus
    annotations: _containers.RepeatedCompositeFieldContainer[_any_pb2.Any]
    response: _struct_pb2.Struct
    name: str
    def __init__(self, id: _Optional[str] = ..., status: _Optional[_Union[BatonActionStatus, str]] = ..., annotations: _Optional[_Iterable[_Union[_any_pb2.Any, _Mapping]]] = ..., response: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., name: _Optional[str] = ...) -> None: ...

class GetActionStatusResponse(_message.Message):
    __slots__ = ("name", "id", "status", "annotations", "response")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_FIELD_NUMBER: _ClassVar[int]
    name: str
    id: str
    status: BatonActionStatus
    annotations: _containers.RepeatedCompositeFieldContainer[_any_pb2.Any]
    response: _struct_pb2.Struct
    def __init__(self, name: _Optional[str] = ..., id: _Optional[str] = ..., status: _Optional[_Union[BatonActionStatus, str]] = ..., annotations: _Optional[_Iterable[_Union[_any_pb2.Any, _Mapping]]] = ..., response: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...

class ListEventFeedsResponse(_message.Message):
    __slots__ = ("list", "annotations")
    LIST_FIELD_NUMBER: _ClassVar[int]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    list: _containers.RepeatedCompositeFieldContainer[EventFeedMetadata]
    annotations: _containers.RepeatedCompositeFieldContainer[_any_pb2.Any]
    def __init__(self, list: _Optional[_Iterable[_Union[EventFeedMetadata, _Mapping]]] = ..., annotations: _Optional[_Iterable[_Union[_any_pb2.Any, _Mapping]]] = ...) -> None: ...

class EventFeedMetadata(_message.Message):
    __slots__ = ("id", "supported_event_types")
    ID_FIELD_NUMBER: _ClassVar[int]
    SUPPORTED_EVENT_TYPES_FIELD_NUMBER: _ClassVar[int]
    id: str
    supported_event_types: _containers.RepeatedScalarFieldContainer[EventType]
    def __init__(self, id: _Optional[str] = ..., supported_event_types: _Optional[_Iterable[_Union[EventType, str]]] = ...) -> None: ...

class ListEventsResponse(_message.Message):
    __slots__ = ("events", "cursor", "has_more", "annotations")
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    HAS_MORE_FIELD_NUMBER: _ClassVar[int]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[Event]
    cursor: str
    has_more: bool
    annotations: _containers.RepeatedCompositeFieldContainer[_any_pb2.Any]
    def __init__(self, events: _Optional[_Iterable[_Union[Event, _Mapping]]] = ..., cursor: _Optional[str] = ..., has_more: _Optional[bool] = ..., annotations: _Optional[_Iterable[_Union[_any_pb2.Any, _Mapping]]] = ...) -> None: ...

class Event(_message.Message):
    __slots__ = ("id", "occurred_at", "annotations", "usage_event", "grant_event", "revoke_event", "resource_change_event", "create_grant_event", "create_revoke_event")
    ID_FIELD_NUMBER: _ClassVar[int]
    OCCURRED_AT_FIELD_NUMBER: _ClassVar[int]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    USAGE_EVENT_FIELD_NUMBER: _ClassVar[int]
    GRANT_EVENT_FIELD_NUMBER: _ClassVar[int]
    REVOKE_EVENT_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_CHANGE_EVENT_FIELD_NUMBER: _ClassVar[int]
    CREATE_GRANT_EVENT_FIELD_NUMBER: _ClassVar[int]
    CREATE_REVOKE_EVENT_FIELD_NUMBER: _ClassVar[int]
    id: str
    occurred_at: _timestamp_pb2.Timestamp
    annotations: _containers.RepeatedCompositeFieldContainer[_any_pb2.Any]
    usage_event: UsageEvent
    grant_event: GrantEvent
    revoke_event: RevokeEvent
    resource_change_event: ResourceChangeEvent
    create_grant_event: CreateGrantEvent
    create_revoke_event: CreateRevokeEvent
    def __init__(self, id: _Optional[str] = ..., occurred_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., annotations: _Optional[_Iterable[_Union[_any_pb2.Any, _Mapping]]] = ..., usage_event: _Optional[_Union[UsageEvent, _Mapping]] = ..., grant_event: _Optional[_Union[GrantEvent, _Mapping]] = ..., revoke_event: _Optional[_Union[RevokeEvent, _Mapping]] = ..., resource_change_event: _Optional[_Union[ResourceChangeEvent, _Mapping]] = ..., create_grant_event: _Optional[_Union[CreateGrantEvent, _Mapping]] = ..., create_revoke_event: _Optional[_Union[CreateRevokeEvent, _Mapping]] = ...) -> None: ...

class UsageEvent(_message.Message):
    __slots__ = ("target_resource", "actor_resource")
    TARGET_RESOURCE_FIELD_NUMBER: _ClassVar[int]
    ACTOR_RESOURCE_FIELD_NUMBER: _ClassVar[int]
    target_resource: Resource
    actor_resource: Resource
    def __init__(self, target_resource: _Optional[_Union[Resource, _Mapping]] = ..., actor_resource: _Optional[_Union[Resource, _Mapping]] = ...) -> None: ...

class GrantEvent(_message.Message):
    __slots__ = ("grant",)
    GRANT_FIELD_NUMBER: _ClassVar[int]
    grant: Grant
    def __init__(self, grant: _Optional[_Union[Grant, _Mapping]] = ...) -> None: ...

class RevokeEvent(_message.Message):
    __slots__ = ("entitlement", "principal")
    ENTITLEMENT_FIELD_NUMBER: _ClassVar[int]
    PRINCIPAL_FIELD_NUMBER: _ClassVar[int]
    entitlement: Entitlement
    principal: Resource
    def __init__(self, entitlement: _Optional[_Union[Entitlement, _Mapping]] = ..., principal: _Optional[_Union[Resource, _Mapping]] = ...) -> None: ...

class CreateGrantEvent(_message.Message):
    __slots__ = ("entitlement", "principal", "annotations")
    ENTITLEMENT_FIELD_NUMBER: _ClassVar[int]
    PRINCIPAL_FIELD_NUMBER: _ClassVar[int]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    entitlement: Entitlement
    principal: Resource
    annotations: _containers.RepeatedCompositeFieldContainer[_any_pb2.Any]
    def __init__(self, entitlement: _Optional[_Union[Entitlement, _Mapping]] = ..., principal: _Optional[_Union[Resource, _Mapping]] = ..., annotations: _Optional[_Iterable[_Union[_any_pb2.Any, _Mapping]]] = ...) -> None: ...

class CreateRevokeEvent(_message.Message):
    __slots__ = ("entitlement", "principal", "annotations")
    ENTITLEMENT_FIELD_NUMBER: _ClassVar[int]
    PRINCIPAL_FIELD_NUMBER: _ClassVar[int]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    entitlement: Entitlement
    principal: Resource
    annotations: _containers.RepeatedCompositeFieldContainer[_any_pb2.Any]
    def __init__(self, entitlement: _Optional[_Union[Entitlement, _Mapping]] = ..., principal: _Optional[_Union[Resource, _Mapping]] = ..., annotations: _Optional[_Iterable[_Union[_any_pb2.Any, _Mapping]]] = ...) -> None: ...

class ResourceChangeEvent(_message.Message):
    __slots__ = ("resource_id", "parent_resource_id")
    RESOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    PARENT_RESOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    resource_id: ResourceId
    parent_resource_id: ResourceId
    def __init__(self, resource_id: _Optional[_Union[ResourceId, _Mapping]] = ..., parent_resource_id: _Optional[_Union[ResourceId, _Mapping]] = ...) -> None: ...

class TicketSchema(_message.Message):
    __slots__ = ("id", "display_name", "types", "statuses", "custom_fields", "annotations")
    class CustomFieldsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: TicketCustomField
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[TicketCustomField, _Mapping]] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    TYPES_FIELD_NUMBER: _ClassVar[int]
    STATUSES_FIELD_NUMBER: _ClassVar[int]
    CUSTOM_FIELDS_FIELD_NUMBER: _ClassVar[int]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    id: str
    display_name: str
    types: _containers.RepeatedCompositeFieldContainer[TicketType]
    statuses: _containers.RepeatedCompositeFieldContainer[TicketStatus]
    custom_fields: _containers.MessageMap[str, TicketCustomField]
    annotations: _containers.RepeatedCompositeFieldContainer[_any_pb2.Any]
    def __init__(self, id: _Optional[str] = ..., display_name: _Optional[str] = ..., types: _Optional[_Iterable[_Union[TicketType, _Mapping]]] = ..., statuses: _Optional[_Iterable[_Union[TicketStatus, _Mapping]]] = ..., custom_fields: _Optional[_Mapping[str, TicketCustomField]] = ..., annotations: _Optional[_Iterable[_Union[_any_pb2.Any, _Mapping]]] = ...) -> None: ...

class TicketCustomField(_message.Message):
    __slots__ = ("id", "display_name", "required", "annotations", "string_value", "string_values", "bool_value", "timestamp_value", "pick_string_value", "pick_multiple_string_values", "pick_object_value", "pick_multiple_object_values", "number_value")
    ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    REQUIRED_FIELD_NUMBER: _ClassVar[int]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    STRING_VALUE_FIELD_NUMBER: _ClassVar[int]
    STRING_VALUES_FIELD_NUMBER: _ClassVar[int]
    BOOL_VALUE_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_VALUE_FIELD_NUMBER: _ClassVar[int]
    PICK_STRING_VALUE_FIELD_NUMBER: _ClassVar[int]
    PICK_MULTIPLE_STRING_VALUES_FIELD_NUMBER: _ClassVar[int]
    PICK_OBJECT_VALUE_FIELD_NUMBER: _ClassVar[int]
    PICK_MULTIPLE_OBJECT_VALUES_FIELD_NUMBER: _ClassVar[int]
    NUMBER_VALUE_FIELD_NUMBER: _ClassVar[int]
    id: str
    display_name: str
    required: bool
    annotations: _containers.RepeatedCompositeFieldContainer[_any_pb2.Any]
    string_value: TicketCustomFieldStringValue
    string_values: TicketCustomFieldStringValues
    bool_value: TicketCustomFieldBoolValue
    timestamp_value: TicketCustomFieldTimestampValue
    pick_string_value: TicketCustomFieldPickStringValue
    pick_multiple_string_values: TicketCustomFieldPickMultipleStringValues
    pick_object_value: TicketCustomFieldPickObjectValue
    pick_multiple_object_values: TicketCustomFieldPickMultipleObjectValues
    number_value: TicketCustomFieldNumberValue
    def __init__(self, id: _Optional[str] = ..., display_name: _Optional[str] = ..., required: _Optional[bool] = ..., annotations: _Optional[_Iterable[_Union[_any_pb2.Any, _Mapping]]] = ..., string_value: _Optional[_Union[TicketCustomFieldStringValue, _Mapping]] = ..., string_values: _Optional[_Union[TicketCustomFieldStringValues, _Mapping]] = ..., bool_value: _Optional[_Union[TicketCustomFieldBoolValue, _Mapping]] = ..., timestamp_value: _Optional[_Union[TicketCustomFieldTimestampValue, _Mapping]] = ..., pick_string_value: _Optional[_Union[TicketCustomFieldPickStringValue, _Mapping]] = ..., pick_multiple_string_values: _Optional[_Union[TicketCustomFieldPickMultipleStringValues, _Mapping]] = ..., pick_object_value: _Optional[_Union[TicketCustomFieldPickObjectValue, _Mapping]] = ..., pick_multiple_object_values: _Optional[_Union[TicketCustomFieldPickMultipleObjectValues, _Mapping]] = ..., number_value: _Optional[_Union[TicketCustomFieldNumberValue, _Mapping]] = ...) -> None: ...

class TicketCustomFieldStringValue(_message.Message):
    __slots__ = ("value", "default_value")
    VALUE_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_VALUE_FIELD_NUMBER: _ClassVar[int]
    value: str
    default_value: str
    def __init__(self, value: _Optional[str] = ..., default_value: _Optional[str] = ...) -> None: ...

class TicketCustomFieldStringValues(_message.Message):
    __slots__ = ("values", "default_values")
    VALUES_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedScalarFieldContainer[str]
    default_values: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, values: _Optional[_Iterable[str]] = ..., default_values: _Optional[_Iterable[str]] = ...) -> None: ...

class TicketCustomFieldBoolValue(_message.Message):
    __slots__ = ("value",)
    VALUE_FIELD_NUMBER: _ClassVar[int]
    value: bool
    def __init__(self, value: _Optional[bool] = ...) -> None: ...

class TicketCustomFieldNumberValue(_message.Message):
    __slots__ = ("value", "default_value")
    VALUE_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_VALUE_FIELD_NUMBER: _ClassVar[int]
    value: _wrappers_pb2.FloatValue
    default_value: _wrappers_pb2.FloatValue
    def __init__(self, value: _Optional[_Union[_wrappers_pb2.FloatValue, _Mapping]] = ..., default_value: _Optional[_Union[_wrappers_pb2.FloatValue, _Mapping]] = ...) -> None: ...

class TicketCustomFieldTimestampValue(_message.Message):
    __slots__ = ("value", "default_value")
    VALUE_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_VALUE_FIELD_NUMBER: _ClassVar[int]
    value: _timestamp_pb2.Timestamp
    default_value: _timestamp_pb2.Timestamp
    def __init__(self, value: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., default_value: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class TicketCustomFieldPickStringValue(_message.Message):
    __slots__ = ("value", "allowed_values", "default_value")
    VALUE_FIELD_NUMBER: _ClassVar[int]
    ALLOWED_VALUES_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_VALUE_FIELD_NUMBER: _ClassVar[int]
    value: str
    allowed_values: _containers.RepeatedScalarFieldContainer[str]
    default_value: str
    def __init__(self, value: _Optional[str] = ..., allowed_values: _Optional[_Iterable[str]] = ..., default_value: _Optional[str] = ...) -> None: ...

class TicketCustomFieldPickMultipleStringValues(_message.Message):
    __slots__ = ("values", "allowed_values", "default_values")
    VALUES_FIELD_NUMBER: _ClassVar[int]
    ALLOWED_VALUES_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedScalarFieldContainer[str]
    allowed_values: _containers.RepeatedScalarFieldContainer[str]
    default_values: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, values: _Optional[_Iterable[str]] = ..., allowed_values: _Optional[_Iterable[str]] = ..., default_values: _Optional[_Iterable[str]] = ...) -> None: ...

class TicketCustomFieldPickObjectValue(_message.Message):
    __slots__ = ("value", "allowed_values", "default_value")
    VALUE_FIELD_NUMBER: _ClassVar[int]
    ALLOWED_VALUES_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_VALUE_FIELD_NUMBER: _ClassVar[int]
    value: TicketCustomFieldObjectValue
    allowed_values: _containers.RepeatedCompositeFieldContainer[TicketCustomFieldObjectValue]
    default_value: TicketCustomFieldObjectValue
    def __init__(self, value: _Optional[_Union[TicketCustomFieldObjectValue, _Mapping]] = ..., allowed_values: _Optional[_Iterable[_Union[TicketCustomFieldObjectValue, _Mapping]]] = ..., default_value: _Optional[_Union[TicketCustomFieldObjectValue, _Mapping]] = ...) -> None: ...

class TicketCustomFieldPickMultipleObjectValues(_message.Message):
    __slots__ = ("values", "allowed_values", "default_values")
    VALUES_FIELD_NUMBER: _ClassVar[int]
    ALLOWED_VALUES_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_VALUES_FIELD_NUMBER: _ClassVar[int]
    values: _containers.RepeatedCompositeFieldContainer[TicketCustomFieldObjectValue]
    allowed_values: _containers.RepeatedCompositeFieldContainer[TicketCustomFieldObjectValue]
    default_values: _containers.RepeatedCompositeFieldContainer[TicketCustomFieldObjectValue]
    def __init__(self, values: _Optional[_Iterable[_Union[TicketCustomFieldObjectValue, _Mapping]]] = ..., allowed_values: _Optional[_Iterable[_Union[TicketCustomFieldObjectValue, _Mapping]]] = ..., default_values: _Optional[_Iterable[_Union[TicketCustomFieldObjectValue, _Mapping]]] = ...) -> None: ...

class TicketCustomFieldObjectValue(_message.Message):
    __slots__ = ("id", "display_name")
    ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    id: str
    display_name: str
    def __init__(self, id: _Optional[str] = ..., display_name: _Optional[str] = ...) -> None: ...

class TicketStatus(_message.Message):
    __slots__ = ("id", "display_name")
    ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    id: str
    display_name: str
    def __init__(self, id: _Optional[str] = ..., display_name: _Optional[str] = ...) -> None: ...

class TicketsServiceGetTicketSchemaRequest(_message.Message):
    __slots__ = ("id", "annotations")
    ID_FIELD_NUMBER: _ClassVar[int]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    id: str
    annotations: _containers.RepeatedCompositeFieldContainer[_any_pb2.Any]
    def __init__(self, id: _Optional[str] = ..., annotations: _Optional[_Iterable[_Union[_any_pb2.Any, _Mapping]]] = ...) -> None: ...

class TicketsServiceGetTicketSchemaResponse(_message.Message):
    __slots__ = ("schema", "annotations")
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    schema: TicketSchema
    annotations: _containers.RepeatedCompositeFieldContainer[_any_pb2.Any]
    def __init__(self, schema: _Optional[_Union[TicketSchema, _Mapping]] = ..., annotations: _Optional[_Iterable[_Union[_any_pb2.Any, _Mapping]]] = ...) -> None: ...

class TicketsServiceListTicketSchemasRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "annotations")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    annotations: _containers.RepeatedCompositeFieldContainer[_any_pb2.Any]
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., annotations: _Optional[_Iterable[_Union[_any_pb2.Any, _Mapping]]] = ...) -> None: ...

class TicketsServiceListTicketSchemasResponse(_message.Message):
    __slots__ = ("list", "next_page_token", "annotations")
    LIST_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    list: _containers.RepeatedCompositeFieldContainer[TicketSchema]
    next_page_token: str
    annotations: _containers.RepeatedCompositeFieldContainer[_any_pb2.Any]
    def __init__(self, list: _Optional[_Iterable[_Union[TicketSchema, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., annotations: _Optional[_Iterable[_Union[_any_pb2.Any, _Mapping]]] = ...) -> None: ...

class Ticket(_message.Message):
    __slots__ = ("id", "display_name", "description", "assignees", "reporter", "status", "type", "labels", "url", "custom_fields", "created_at", "updated_at", "completed_at", "requested_for")
    class CustomFieldsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: TicketCustomField
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[TicketCustomField, _Mapping]] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    ASSIGNEES_FIELD_NUMBER: _ClassVar[int]
    REPORTER_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    CUSTOM_FIELDS_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    COMPLETED_AT_FIELD_NUMBER: _ClassVar[int]
    REQUESTED_FOR_FIELD_NUMBER: _ClassVar[int]
    id: str
    display_name: str
    description: str
    assignees: _containers.RepeatedCompositeFieldContainer[Resource]
    reporter: Resource
    status: TicketStatus
    type: TicketType
    labels: _containers.RepeatedScalarFieldContainer[str]
    url: str
    custom_fields: _containers.MessageMap[str, TicketCustomField]
    created_at: _timestamp_pb2.Timestamp
    updated_at: _timestamp_pb2.Timestamp
    completed_at: _timestamp_pb2.Timestamp
    requested_for: Resource
    def __init__(self, id: _Optional[str] = ..., display_name: _Optional[str] = ..., description: _Optional[str] = ..., assignees: _Optional[_Iterable[_Union[Resource, _Mapping]]] = ..., reporter: _Optional[_Union[Resource, _Mapping]] = ..., status: _Optional[_Union[TicketStatus, _Mapping]] = ..., type: _Optional[_Union[TicketType, _Mapping]] = ..., labels: _Optional[_Iterable[str]] = ..., url: _Optional[str] = ..., custom_fields: _Optional[_Mapping[str, TicketCustomField]] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., updated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., completed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., requested_for: _Optional[_Union[Resource, _Mapping]] = ...) -> None: ...

class TicketType(_message.Message):
    __slots__ = ("id", "display_name")
    ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    id: str
    display_name: str
    def __init__(self, id: _Optional[str] = ..., display_name: _Optional[str] = ...) -> None: ...

class TicketRequest(_message.Message):
    __slots__ = ("display_name", "description", "status", "type", "labels", "custom_fields", "requested_for")
    class CustomFieldsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: TicketCustomField
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[TicketCustomField, _Mapping]] = ...) -> None: ...
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    CUSTOM_FIELDS_FIELD_NUMBER: _ClassVar[int]
    REQUESTED_FOR_FIELD_NUMBER: _ClassVar[int]
    display_name: str
    description: str
    status: TicketStatus
    type: TicketType
    labels: _containers.RepeatedScalarFieldContainer[str]
    custom_fields: _containers.MessageMap[str, TicketCustomField]
    requested_for: Resource
    def __init__(self, display_name: _Optional[str] = ..., description: _Optional[str] = ..., status: _Optional[_Union[TicketStatus, _Mapping]] = ..., type: _Optional[_Union[TicketType, _Mapping]] = ..., labels: _Optional[_Iterable[str]] = ..., custom_fields: _Optional[_Mapping[str, TicketCustomField]] = ..., requested_for: _Optional[_Union[Resource, _Mapping]] = ...) -> None: ...

class TicketsServiceCreateTicketRequest(_message.Message):
    __slots__ = ("request", "schema", "annotations")
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    request: TicketRequest
    schema: TicketSchema
    annotations: _containers.RepeatedCompositeFieldContainer[_any_pb2.Any]
    def __init__(self, request: _Optional[_Union[TicketRequest, _Mapping]] = ..., schema: _Optional[_Union[TicketSchema, _Mapping]] = ..., annotations: _Optional[_Iterable[_Union[_any_pb2.Any, _Mapping]]] = ...) -> None: ...

class TicketsServiceCreateTicketResponse(_message.Message):
    __slots__ = ("ticket", "annotations", "error")
    TICKET_FIELD_NUMBER: _ClassVar[int]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    ticket: Ticket
    annotations: _containers.RepeatedCompositeFieldContainer[_any_pb2.Any]
    error: str
    def __init__(self, ticket: _Optional[_Union[Ticket, _Mapping]] = ..., annotations: _Optional[_Iterable[_Union[_any_pb2.Any, _Mapping]]] = ..., error: _Optional[str] = ...) -> None: ...

class TicketsServiceGetTicketRequest(_message.Message):
    __slots__ = ("id", "annotations")
    ID_FIELD_NUMBER: _ClassVar[int]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    id: str
    annotations: _containers.RepeatedCompositeFieldContainer[_any_pb2.Any]
    def __init__(self, id: _Optional[str] = ..., annotations: _Optional[_Iterable[_Union[_any_pb2.Any, _Mapping]]] = ...) -> None: ...

class TicketsServiceGetTicketResponse(_message.Message):
    __slots__ = ("ticket", "annotations", "error")
    TICKET_FIELD_NUMBER: _ClassVar[int]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    ticket: Ticket
    annotations: _containers.RepeatedCompositeFieldContainer[_any_pb2.Any]
    error: str
    def __init__(self, ticket: _Optional[_Union[Ticket, _Mapping]] = ..., annotations: _Optional[_Iterable[_Union[_any_pb2.Any, _Mapping]]] = ..., error: _Optional[str] = ...) -> None: ...

class TicketsServiceBulkCreateTicketsRequest(_message.Message):
    __slots__ = ("ticket_requests",)
    TICKET_REQUESTS_FIELD_NUMBER: _ClassVar[int]
    ticket_requests: _containers.RepeatedCompositeFieldContainer[TicketsServiceCreateTicketRequest]
    def __init__(self, ticket_requests: _Optional[_Iterable[_Union[TicketsServiceCreateTicketRequest, _Mapping]]] = ...) -> None: ...

class TicketsServiceBulkCreateTicketsResponse(_message.Message):
    __slots__ = ("tickets",)
    TICKETS_FIELD_NUMBER: _ClassVar[int]
    tickets: _containers.RepeatedCompositeFieldContainer[TicketsServiceCreateTicketResponse]
    def __init__(self, tickets: _Optional[_Iterable[_Union[TicketsServiceCreateTicketResponse, _Mapping]]] = ...) -> None: ...

class TicketsServiceBulkGetTicketsRequest(_message.Message):
    __slots__ = ("ticket_requests",)
    TICKET_REQUESTS_FIELD_NUMBER: _ClassVar[int]
    ticket_requests: _containers.RepeatedCompositeFieldContainer[TicketsServiceGetTicketRequest]
    def __init__(self, ticket_requests: _Optional[_Iterable[_Union[TicketsServiceGetTicketRequest, _Mapping]]] = ...) -> None: ...

class TicketsServiceBulkGetTicketsResponse(_message.Message):
    __slots__ = ("tickets",)
    TICKETS_FIELD_NUMBER: _ClassVar[int]
    tickets: _containers.RepeatedCompositeFieldContainer[TicketsServiceGetTicketResponse]
    def __init__(self, tickets: _Optional[_Iterable[_Union[TicketsServiceGetTicketResponse, _Mapping]]] = ...) -> None: ...

class ExternalTicketRef(_message.Message):
    __slots__ = ("id", "external_ticket_provisioner_config_id")
    ID_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_TICKET_PROVISIONER_CONFIG_ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    external_ticket_provisioner_config_id: str
    def __init__(self, id: _Optional[str] = ..., external_ticket_provisioner_config_id: _Optional[str] = ...) -> None: ...

class SkipGrants(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SkipEntitlements(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SkipEntitlementsAndGrants(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GrantAlreadyExists(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GrantAlreadyRevoked(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class InsertResourceGrants(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class OptInRequired(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Deprecated(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SkipSyncAnomalyDetection(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class BatonID(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ResourceDoesNotExist(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class TypeScopedGrants(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class TypeScopedEntitlements(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
