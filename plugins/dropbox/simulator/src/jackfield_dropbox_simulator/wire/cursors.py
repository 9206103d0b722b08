"""Cursors that nobody can read or make up, and that the same process alone honours."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets

import msgspec


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """Where a listing goes on: after the row with key `after`; `subject` is the group whose members are listed.

    `blank` says that the page before this one was left empty, `missing` how large a share at the end this listing leaves
    out.
    """

    listing: str
    after: int
    limit: int
    subject: str = ""
    with_removed: bool = False
    blank: bool = False
    missing: float = 0.0


class CursorCodec:
    """Encrypts and signs cursors with a key of its own; each encoding of the same cursor looks different."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._decoder = msgspec.msgpack.Decoder(Cursor)

    def forget(self) -> None:
        """Honour no cursor any more that was given until now."""
        self._key = secrets.token_bytes(32)

    def encode(self, cursor: Cursor) -> str:
        """The opaque text for a cursor."""
        plain = msgspec.msgpack.encode(cursor)
        nonce = secrets.token_bytes(12)
        sealed = nonce + self._mix(nonce, plain)
        return "AA" + base64.urlsafe_b64encode(sealed + self._tag(sealed)).decode().rstrip("=")

    def decode(self, text: str) -> Cursor | None:
        """The cursor behind the text, or None when it is not one of ours."""
        try:
            raw = base64.b64decode(text[2:] + "=" * (-(len(text) - 2) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        sealed, tag = raw[:-12], raw[-12:]
        if not text.startswith("AA") or len(sealed) < 12 or not hmac.compare_digest(tag, self._tag(sealed)):
            return None
        return self._decoder.decode(self._mix(sealed[:12], sealed[12:]))

    def _mix(self, nonce: bytes, data: bytes) -> bytes:
        stream = b""
        while len(stream) < len(data):
            stream += hashlib.blake2b(nonce + len(stream).to_bytes(4, "big"), key=self._key).digest()
        return bytes(a ^ b for a, b in zip(data, stream, strict=False))

    def _tag(self, sealed: bytes) -> bytes:
        return hashlib.blake2b(sealed, key=self._key, digest_size=12, person=b"tag").digest()
