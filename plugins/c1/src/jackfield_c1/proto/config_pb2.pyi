from google.protobuf import any_pb2 as _any_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class StringFieldType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STRING_FIELD_TYPE_TEXT_UNSPECIFIED: _ClassVar[StringFieldType]
    STRING_FIELD_TYPE_RANDOM: _ClassVar[StringFieldType]
    STRING_FIELD_TYPE_OAUTH2: _ClassVar[StringFieldType]
    STRING_FIELD_TYPE_CONNECTOR_DERIVED_OPTIONS: _ClassVar[StringFieldType]
    STRING_FIELD_TYPE_FILE_UPLOAD: _ClassVar[StringFieldType]

class ConstraintKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CONSTRAINT_KIND_UNSPECIFIED: _ClassVar[ConstraintKind]
    CONSTRAINT_KIND_REQUIRED_TOGETHER: _ClassVar[ConstraintKind]
    CONSTRAINT_KIND_AT_LEAST_ONE: _ClassVar[ConstraintKind]
    CONSTRAINT_KIND_MUTUALLY_EXCLUSIVE: _ClassVar[ConstraintKind]
    CONSTRAINT_KIND_DEPENDENT_ON: _ClassVar[ConstraintKind]
STRING_FIELD_TYPE_TEXT_UNSPECIFIED: StringFieldType
STRING_FIELD_TYPE_RANDOM: StringFieldType
STRING_FIELD_TYPE_OAUTH2: StringFieldType
STRING_FIELD_TYPE_CONNECTOR_DERIVED_OPTIONS: StringFieldType
STRING_FIELD_TYPE_FILE_UPLOAD: StringFieldType
CONSTRAINT_KIND_UNSPECIFIED: ConstraintKind
CONSTRAINT_KIND_REQUIRED_TOGETHER: ConstraintKind
CONSTRAINT_KIND_AT_LEAST_ONE: ConstraintKind
CONSTRAINT_KIND_MUTUALLY_EXCLUSIVE: ConstraintKind
CONSTRAINT_KIND_DEPENDENT_ON: ConstraintKind

class Field(_message.Message):
    __slots__ = ("name", "display_name", "description", "placeholder", "is_required", "is_ops", "is_secret", "string_field", "int_field", "bool_field", "string_slice_field", "string_map_field", "resource_id_field", "resource_id_slice_field", "resource_field", "resource_slice_field", "entitlement_slice_field", "grant_slice_field")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    PLACEHOLDER_FIELD_NUMBER: _ClassVar[int]
    IS_REQUIRED_FIELD_NUMBER: _ClassVar[int]
    IS_OPS_FIELD_NUMBER: _ClassVar[int]
    IS_SECRET_FIELD_NUMBER: _ClassVar[int]
    STRING_FIELD_FIELD_NUMBER: _ClassVar[int]
    INT_FIELD_FIELD_NUMBER: _ClassVar[int]
    BOOL_FIELD_FIELD_NUMBER: _ClassVar[int]
    STRING_SLICE_FIELD_FIELD_NUMBER: _ClassVar[int]
    STRING_MAP_FIELD_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_ID_FIELD_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_ID_SLICE_FIELD_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_FIELD_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_SLICE_FIELD_FIELD_NUMBER: _ClassVar[int]
    ENTITLEMENT_SLICE_FIELD_FIELD_NUMBER: _ClassVar[int]
    GRANT_SLICE_FIELD_FIELD_NUMBER: _ClassVar[int]
    name: str
    display_name: str
    description: str
    placeholder: str
    is_required: bool
    is_ops: bool
    is_secret: bool
    string_field: StringField
    int_field: IntField
    bool_field: BoolField
    string_slice_field: StringSliceField
    string_map_field: StringMapField
    resource_id_field: ResourceIdField
    resource_id_slice_field: ResourceIdSliceField
    resource_field: ResourceField
    resource_slice_field: ResourceSliceField
    entitlement_slice_field: EntitlementSliceField
    grant_slice_field: GrantSliceField
    def __init__(self, name: _Optional[str] = ..., display_name: _Optional[str] = ..., description: _Optional[str] = ..., placeholder: _Optional[str] = ..., is_required: _Optional[bool] = ..., is_ops: _Optional[bool] = ..., is_secret: _Optional[bool] = ..., string_field: _Optional[_Union[StringField, _Mapping]] = ..., int_field: _Optional[_Union[IntField, _Mapping]] = ..., bool_field: _Optional[_Union[BoolField, _Mapping]] = ..., string_slice_field: _Optional[_Union[StringSliceField, _Mapping]] = ..., string_map_field: _Optional[_Union[StringMapField, _Mapping]] = ..., resource_id_field: _Optional[_Union[ResourceIdField, _Mapping]] = ..., resource_id_slice_field: _Optional[_Union[ResourceIdSliceField, _Mapping]] = ..., resource_field: _Optional[_Union[ResourceField, _Mapping]] = ..., resource_slice_field: _Optional[_Union[ResourceSliceField, _Mapping]] = ..., entitlement_slice_field: _Optional[_Union[EntitlementSliceField, _Mapping]] = ..., grant_slice_field: _Optional[_Union[GrantSliceField, _Mapping]] = ...) -> None: ...

class StringField(_message.Message):
    __slots__ = ("default_value", "type", "allowed_extensions", "options", "suggested_value")
    DEFAULT_VALUE_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    ALLOWED_EXTENSIONS_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    SUGGESTED_VALUE_FIELD_NUMBER: _ClassVar[int]
    default_value: str
    type: StringFieldType
    allowed_extensions: _containers.RepeatedScalarFieldContainer[str]
    options: _containers.RepeatedCompositeFieldContainer[StringFieldOption]
    suggested_value: str
    def __init__(self, default_value: _Optional[str] = ..., type: _Optional[_Union[StringFieldType, str]] = ..., allowed_extensions: _Optional[_Iterable[str]] = ..., options: _Optional[_Iterable[_Union[StringFieldOption, _Mapping]]] = ..., suggested_value: _Optional[str] = ...) -> None: ...

class StringFieldOption(_message.Message):
    __slots__ = ("name", "value", "display_name")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    value: str
    display_name: str
    def __init__(self, name: _Optional[str] = ..., value: _Optional[str] = ..., display_name: _Optional[str] = ...) -> None: ...

class IntField(_message.Message):
    __slots__ = ("default_value", "suggested_value")
    DEFAULT_VALUE_FIELD_NUMBER: _ClassVar[int]
    SUGGESTED_VALUE_FIELD_NUMBER: _ClassVar[int]
    default_value: int
    suggested_value: int
    def __init__(self, default_value: _Optional[int] = ..., suggested_value: _Optional[int] = ...) -> None: ...

class BoolField(_message.Message):
    __slots__ = ("default_value", "suggested_value")
    DEFAULT_VALUE_FIELD_NUMBER: _ClassVar[int]
    SUGGESTED_VALUE_FIELD_NUMBER: _ClassVar[int]
    default_value: bool
    suggested_value: bool
    def __init__(self, default_value: _Optional[bool] = ..., suggested_value: _Optional[bool] = ...) -> None: ...

class StringSliceField(_message.Message):
    __slots__ = ("default_value", "suggested_value")
    DEFAULT_VALUE_FIELD_NUMBER: _ClassVar[int]
    SUGGESTED_VALUE_FIELD_NUMBER: _ClassVar[int]
    default_value: _containers.RepeatedScalarFieldContainer[str]
    suggested_value: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, default_value: _Optional[_Iterable[str]] = ..., suggested_value: _Optional[_Iterable[str]] = ...) -> None: ...

class StringMapField(_message.Message):
    __slots__ = ("default_value", "suggested_value")
    class DefaultValueEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _any_pb2.Any
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_any_pb2.Any, _Mapping]] = ...) -> None: ...
    class SuggestedValueEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _any_pb2.Any
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_any_pb2.Any, _Mapping]] = ...) -> None: ...
    DEFAULT_VALUE_FIELD_NUMBER: _ClassVar[int]
    SUGGESTED_VALUE_FIELD_NUMBER: _ClassVar[int]
    default_value: _containers.MessageMap[str, _any_pb2.Any]
    suggested_value: _containers.MessageMap[str, _any_pb2.Any]
    def __init__(self, default_value: _Optional[_Mapping[str, _any_pb2.Any]] = ..., suggested_value: _Optional[_Mapping[str, _any_pb2.Any]] = ...) -> None: ...

class ResourceIdField(_message.Message):
    __slots__ = ("default_value",)
    DEFAULT_VALUE_FIELD_NUMBER: _ClassVar[int]
    default_value: ResourceId
    def __init__(self, default_value: _Optional[_Union[ResourceId, _Mapping]] = ...) -> None: ...

class ResourceIdSliceField(_message.Message):
    __slots__ = ("default_value",)
    DEFAULT_VALUE_FIELD_NUMBER: _ClassVar[int]
    default_value: _containers.RepeatedCompositeFieldContainer[ResourceIdField]
    def __init__(self, default_value: _Optional[_Iterable[_Union[ResourceIdField, _Mapping]]] = ...) -> None: ...

class ResourceField(_message.Message):
    __slots__ = ("default_value",)
    DEFAULT_VALUE_FIELD_NUMBER: _ClassVar[int]
    default_value: Resource
    def __init__(self, default_value: _Optional[_Union[Resource, _Mapping]] = ...) -> None: ...

class ResourceSliceField(_message.Message):
    __slots__ = ("default_value",)
    DEFAULT_VALUE_FIELD_NUMBER: _ClassVar[int]
    default_value: _containers.RepeatedCompositeFieldContainer[Resource]
    def __init__(self, default_value: _Optional[_Iterable[_Union[Resource, _Mapping]]] = ...) -> None: ...

class Resource(_message.Message):
    __slots__ = ("resource_id", "parent_resource_id", "display_name", "description", "annotations")
    RESOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    PARENT_RESOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    resource_id: ResourceId
    parent_resource_id: ResourceId
    display_name: str
    description: str
    annotations: _containers.RepeatedCompositeFieldContainer[_any_pb2.Any]
    def __init__(self, resource_id: _Optional[_Union[ResourceId, _Mapping]] = ..., parent_resource_id: _Optional[_Union[ResourceId, _Mapping]] = ..., display_name: _Optional[str] = ..., description: _Optional[str] = ..., annotations: _Optional[_Iterable[_Union[_any_pb2.Any, _Mapping]]] = ...) -> None: ...

class ResourceId(_message.Message):
    __slots__ = ("resource_type_id", "resource_id")
    RESOURCE_TYPE_ID_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    resource_type_id: str
    resource_id: str
    def __init__(self, resource_type_id: _Optional[str] = ..., resource_id: _Optional[str] = ...) -> None: ...

class EntitlementSliceField(_message.Message):
    __slots__ = ("default_value",)
    DEFAULT_VALUE_FIELD_NUMBER: _ClassVar[int]
    default_value: _containers.RepeatedCompositeFieldContainer[Entitlement]
    def __init__(self, default_value: _Optional[_Iterable[_Union[Entitlement, _Mapping]]] = ...) -> None: ...

class Entitlement(_message.Message):
    __slots__ = ("id", "display_name", "description", "slug", "purpose", "grantable_to_resource_type_ids", "resource_id", "resource_type_id")
    ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    SLUG_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    GRANTABLE_TO_RESOURCE_TYPE_IDS_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_TYPE_ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    display_name: str
    description: str
    slug: str
    purpose: str
    grantable_to_resource_type_ids: _containers.RepeatedScalarFieldContainer[str]
    resource_id: str
    resource_type_id: str
    def __init__(self, id: _Optional[str] = ..., display_name: _Optional[str] = ..., description: _Optional[str] = ..., slug: _Optional[str] = ..., purpose: _Optional[str] = ..., grantable_to_resource_type_ids: _Optional[_Iterable[str]] = ..., resource_id: _Optional[str] = ..., resource_type_id: _Optional[str] = ...) -> None: ...

class GrantSliceField(_message.Message):
    __slots__ = ("default_value",)
    DEFAULT_VALUE_FIELD_NUMBER: _ClassVar[int]
    default_value: _containers.RepeatedCompositeFieldContainer[Grant]
    def __init__(self, default_value: _Optional[_Iterable[_Union[Grant, _Mapping]]] = ...) -> None: ...

class Grant(_message.Message):
    __slots__ = ("id", "entitlement", "principal")
    ID_FIELD_NUMBER: _ClassVar[int]
    ENTITLEMENT_FIELD_NUMBER: _ClassVar[int]
    PRINCIPAL_FIELD_NUMBER: _ClassVar[int]
    id: str
    entitlement: EntitlementRef
    principal: Resource
    def __init__(self, id: _Optional[str] = ..., entitlement: _Optional[_Union[EntitlementRef, _Mapping]] = ..., principal: _Optional[_Union[Resource, _Mapping]] = ...) -> None: ...

class EntitlementRef(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class Constraint(_message.Message):
    __slots__ = ("kind", "field_names", "secondary_field_names", "name", "help_text", "is_field_group")
    KIND_FIELD_NUMBER: _ClassVar[int]
    FIELD_NAMES_FIELD_NUMBER: _ClassVar[int]
    SECONDARY_FIELD_NAMES_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    HELP_TEXT_FIELD_NUMBER: _ClassVar[int]
    IS_FIELD_GROUP_FIELD_NUMBER: _ClassVar[int]
    kind: ConstraintKind
    field_names: _containers.RepeatedScalarFieldContainer[str]
    secondary_field_names: _containers.RepeatedScalarFieldContainer[str]
    name: str
    help_text: str
    is_field_group: bool
    def __init__(self, kind: _Optional[_Union[ConstraintKind, str]] = ..., field_names: _Optional[_Iterable[str]] = ..., secondary_field_names: _Optional[_Iterable[str]] = ..., name: _Optional[str] = ..., help_text: _Optional[str] = ..., is_field_group: _Optional[bool] = ...) -> None: ...
