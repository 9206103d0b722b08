"""Whether a partial snapshot was made with the same configuration, without keeping any of it."""

import hmac
from typing import Any

import msgspec

from jackfield.config import ConnectorConfig, Secret


def fingerprint(config: ConnectorConfig, salt: bytes) -> str:
    """A keyed hash of all values, secrets included; another salt gives another hash."""
    values = {field: _plain(getattr(config, field)) for field in config.__struct_fields__}
    return hmac.new(salt, msgspec.json.encode(values, order="deterministic"), "sha256").hexdigest()


def _plain(value: Any) -> Any:
    return value.reveal() if isinstance(value, Secret) else value
