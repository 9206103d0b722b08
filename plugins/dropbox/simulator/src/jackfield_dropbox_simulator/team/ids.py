"""Identifiers in the forms that Dropbox uses."""

from __future__ import annotations

import hashlib
import random

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def _tail(rng: random.Random, length: int) -> str:
    return "".join(rng.choices(_ALPHABET, k=length))


def member_id(rng: random.Random) -> str:
    """A new team member id."""
    return "dbmid:AA" + _tail(rng, 32)


def account_id(rng: random.Random) -> str:
    """A new account id, 40 characters long as Dropbox's."""
    return "dbid:AA" + _tail(rng, 33)


def group_id(rng: random.Random) -> str:
    """A new group id."""
    return f"g:{rng.getrandbits(128):032x}"


def team_id(rng: random.Random) -> str:
    """A new team id."""
    return "dbtid:AA" + _tail(rng, 32)


def folder_id(rng: random.Random) -> str:
    """A new namespace id."""
    return str(rng.randrange(10**9, 10**10))


def role_id(name: str) -> str:
    """The id of the role of that name; as at Dropbox, the same in every team."""
    digest = hashlib.blake2b(name.encode(), digest_size=16).hexdigest()
    return f"pid_dbtmr:AAAAAM{digest}"


def job_id(rng: random.Random) -> str:
    """A new id of an asynchronous job."""
    return "dbjid:AA" + _tail(rng, 60)
