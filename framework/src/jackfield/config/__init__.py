"""Configuration: ``jackfield.toml``, the environment, and references to secrets.

Promises that each wrong value is named by its path and never shown if it is secret; hides where a value came from.
"""

from jackfield.config.find import config_places, find_config, load_settings
from jackfield.config.findings import AcceptedFinding, FindingKind, FindingsSettings
from jackfield.config.load import (
    RESERVED,
    ConnectionSettings,
    HostSettings,
    connection_names,
    connector_config,
)
from jackfield.config.secrets import ConnectorConfig, Mask, Secret, resolve_reference

__all__ = [
    "RESERVED",
    "AcceptedFinding",
    "ConnectionSettings",
    "ConnectorConfig",
    "FindingKind",
    "FindingsSettings",
    "HostSettings",
    "Mask",
    "Secret",
    "config_places",
    "connection_names",
    "connector_config",
    "find_config",
    "load_settings",
    "resolve_reference",
]
