"""The official SDK as a judge of recorded traffic.

`check_exchange()` decodes a request and its answer with the SDK's generated validators. It serves for traffic that the
simulator recorded as well as for what a test sent itself. It shares nothing with the simulator or the connector.
"""

# pyright: basic
# The SDK and its generator have no types.

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

with warnings.catch_warnings():
    # The SDK imports modules that warn of their own deprecation.
    warnings.simplefilter("ignore")
    import dropbox.stone_base as stone_base
    import dropbox.stone_serializers as serializers
    import dropbox.team as sdk_team
    import dropbox.team_log as sdk_log
    from stone.backends.python_rsrc import stone_validators as validators

# A 400 about anything but the argument says nothing of the argument; that members/add_v2 takes 20 people at most
# stands in the text of the specification, not in the SDK's validators.
_NOT_ABOUT_THE_ARGUMENT = (
    '"Content-Type" header',
    '"Authorization"',
    "Bad HTTP method",
    "Unknown API function",
    "new_members: list must contain at most 20 items",
)


@cache
def routes() -> dict[str, Any]:
    """The SDK's routes by their name under `/2/`."""
    found: dict[str, Any] = {}
    for namespace, module in (("team", sdk_team), ("team_log", sdk_log)):
        for value in vars(module).values():
            if isinstance(value, stone_base.Route):
                suffix = f"_v{value.version}" if value.version > 1 else ""
                found[f"{namespace}/{value.name}{suffix}"] = value
    return found


def encode(validator: Any, value: Any) -> bytes:
    """What the SDK sends for a value."""
    return serializers.json_encode(validator, value).encode()


def decode(validator: Any, data: bytes, *, strict: bool = True) -> Any:
    """What the SDK makes of some JSON; a mismatch is an AssertionError with the place."""
    try:
        decoded = json.loads(data)
    except ValueError as error:
        raise AssertionError(f"not JSON: {error}") from error
    return _decode(validator, decoded, strict=strict)


def _decode(validator: Any, decoded: Any, *, strict: bool) -> Any:
    try:
        return serializers.json_compat_obj_decode(validator, decoded, strict=strict)
    except validators.ValidationError as error:
        kind = "strict" if strict else "lenient"
        raise AssertionError(f"the SDK ({kind}) refuses it: {error}") from error


def check_exchange(route: str, request_bytes: bytes, status: int, response_bytes: bytes) -> None:
    """Asserts that request and answer fit the route's definition; other statuses have no form to check."""
    known = routes().get(route)
    if known is None:
        assert status == 400, f"{route}: the SDK has no such route, yet it was answered with {status}"
        return
    if status == 400:
        _check_refused(known, route, request_bytes, response_bytes.decode())
        return
    try:
        if status in (200, 409):
            decode(known.arg_type, request_bytes)
        if status == 200:
            for strict in (True, False):
                decode(known.result_type, response_bytes, strict=strict)
        elif status == 409:
            _check_error(known.error_type, json.loads(response_bytes))
        elif status == 401:
            _check_auth_error(json.loads(response_bytes))
    except AssertionError as error:
        raise AssertionError(f"{route} ({status}): {error}") from error


def _check_refused(known: Any, route: str, request: bytes, text: str) -> None:
    assert text.startswith(f'Error in call to API function "{route}": '), f"{route} (400): {text[:200]}"
    # Python takes true for a number, and so does the SDK.
    if "got boolean" in text or any(sign in text for sign in _NOT_ABOUT_THE_ARGUMENT):
        return
    try:
        decode(known.arg_type, request)
    except AssertionError:
        return
    raise AssertionError(f"{route}: refused with {text!r}, yet the SDK takes the argument {request[:300]!r}")


def _check_error(validator: Any, answer: Any) -> None:
    assert set(answer) <= {"error_summary", "error", "user_message"}, f"unknown fields in {sorted(answer)}"
    for strict in (True, False):
        _decode(validator, answer["error"], strict=strict)
    tag = answer["error"].get(".tag")
    if tag is not None:
        assert answer["error_summary"].startswith(f"{tag}/"), f"summary {answer['error_summary']!r} for {tag}"


def _check_auth_error(answer: Any) -> None:
    tag = answer["error"][".tag"]
    known = {"invalid_access_token", "expired_access_token", "missing_scope", "user_suspended", "route_access_denied"}
    assert tag in known, f"unknown tag {tag!r}"
    assert ("required_scope" in answer["error"]) == (tag == "missing_scope"), f"fields of {answer['error']}"


def exchanges(record: Path) -> Iterator[tuple[str, bytes, int, bytes]]:
    """The exchanges of a file that the simulator's `--record` wrote, as arguments for `check_exchange()`."""
    with record.open(encoding="utf-8") as lines:
        for line in lines:
            entry = json.loads(line)
            yield entry["route"], entry["request"].encode(), entry["status"], entry["answer"].encode()
