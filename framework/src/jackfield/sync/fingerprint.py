"""Whether a partial snapshot was made with the same configuration, without keeping any of it."""

import hmac
import secrets

import msgspec

from jackfield.config import ConnectorConfig
from jackfield.config.load import revealed


def fingerprint(config: ConnectorConfig) -> str:
    """A keyed hash of all values, behind its salt, which is new each time.

    Secrets count with what they are now, not with where they are kept: another token in the same file is another value.
    """
    return _hashed(config, secrets.token_hex(16))


def fits(config: ConnectorConfig, mark: str) -> bool:
    """Whether *mark* is a fingerprint of *config*."""
    salt, _, _ = mark.partition(":")
    return _hashed(config, salt) == mark


def _hashed(config: ConnectorConfig, salt: str) -> str:
    values = msgspec.json.encode(config, enc_hook=revealed, order="deterministic")
    return f"{salt}:{hmac.new(salt.encode(), values, 'sha256').hexdigest()}"
