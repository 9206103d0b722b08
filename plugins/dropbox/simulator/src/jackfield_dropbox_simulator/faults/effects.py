"""What each fault does to an answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

import msgspec

from ..wire.answers import HTML, Answer, auth_error, encode, html, plain, rate_limited, route_error
from .book import Fault
from .kinds import When
from .twist import Twist

_PAGING = {"empty_page": "empty", "endless_empty": "empty", "repeated_cursor": "repeat", "cycling_cursors": "cycle"}


def instead(faults: Sequence[Fault], scope: str, when: When) -> Answer | None:
    """The answer that the first fault of this stage, on this side of the effect, gives instead of the route's."""
    for fault in faults:
        if fault.kind.stage == "instead" and fault.when == when:
            return _instead(fault, scope)
    return None


def _instead(fault: Fault, scope: str) -> Answer:
    params = fault.params
    match fault.kind.kind:
        case "rate_limited":
            return rate_limited(params["retry_after"], reason=params["reason"])
        case "rate_limited_json":
            return rate_limited(params["retry_after"], reason=params["reason"], header=False)
        case "rate_limited_bare":
            return plain(429, "")
        case "server_error":
            return html(500, "Internal Server Error", "An internal error occurred.")
        case "unavailable":
            return plain(503, "Service Unavailable")
        case "unauthorized":
            return auth_error("invalid_access_token")
        case "missing_scope":
            return auth_error("missing_scope", required_scope=params["scope"] or scope)
        case "cursor_reset":
            return route_error("invalid_cursor")
        case _:
            refused = {"error": "invalid_grant", "error_description": "refresh token is invalid or revoked"}
            return Answer(status=400, body=encode(refused))


def twist(faults: Sequence[Fault]) -> Twist:
    """How the faults bend the data of the answer."""
    bent = Twist()
    for fault in faults:
        params = fault.params
        match fault.kind.kind:
            case "empty_page" | "endless_empty" | "repeated_cursor" | "cycling_cursors" as kind:
                bent.paging, bent.cycle = _PAGING[kind], fault.cycle
            case "duplicate_rows":
                bent.duplicate = True
            case "short_listing":
                bent.omit, bent.omit_group = params["omit"], params["group_id"]
            case "short_tail":
                bent.omit_share, bent.share_group = params["share"], params["group_id"]
            case "wrong_count":
                bent.count_delta, bent.count_group = params["delta"], params["group_id"]
                bent.count_everywhere = params["everywhere"]
            case "absent_count":
                bent.count_absent, bent.count_group = True, params["group_id"]
            case "wrong_totals":
                bent.totals_delta = params["delta"]
            case "big_limit_fails":
                bent.limit_above = params["limit"]
            case _:
                continue
    return bent


def spoil(faults: Sequence[Fault], answer: Answer) -> Answer:
    """The finished answer after the faults on bodies."""
    for fault in faults:
        if fault.kind.stage != "body" or answer.status != 200:
            continue
        match fault.kind.kind:
            case "truncated":
                answer.body = answer.body[: len(answer.body) // 2]
            case "invalid_body":
                answer.body, answer.content_type = b"<html><body>Please sign in</body></html>", HTML
            case "huge_body":
                answer.body += b" " * max(0, fault.params["bytes"] - len(answer.body))
            case _:
                answer.body = _unknown_tags(answer.body, fault.params)
    return answer


def _unknown_tags(body: bytes, params: dict[str, Any]) -> bytes:
    decoded: Any = msgspec.json.decode(body)
    unions, every = set(params["unions"]), max(1, params["every"])
    for number, (record, name) in enumerate(_places(decoded, unions)):
        if number % every == 0:
            record[name] = {".tag": f"unheard_of_{name}"}
    return encode(decoded)


def _places(value: Any, unions: set[str]) -> Iterator[tuple[dict[str, Any], str]]:
    if isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from _places(item, unions)
    elif isinstance(value, dict):
        record = cast("dict[str, Any]", value)
        for name in list(record):
            if name in unions:
                yield record, name
            else:
                yield from _places(record[name], unions)
