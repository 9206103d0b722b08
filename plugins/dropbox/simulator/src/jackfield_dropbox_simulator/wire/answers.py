"""Answers in Dropbox's forms, before any fault touches them."""

from __future__ import annotations

import secrets
from typing import Any

import msgspec

JSON = "application/json"
TEXT = "text/plain; charset=utf-8"
HTML = "text/html; charset=utf-8"


class Answer(msgspec.Struct, kw_only=True):
    """What goes back for one request."""

    status: int = 200
    body: bytes = b"null"
    content_type: str = JSON
    headers: dict[str, str] = msgspec.field(default_factory=lambda: dict[str, str]())


class RouteError(Exception):
    """The route refuses; `error` is the JSON of its error union or struct."""

    def __init__(self, tag: str, value: object = None) -> None:
        super().__init__(tag)
        self.tag = tag
        self.value = value


class RejectedError(Exception):
    """The request is answered with this before or instead of the route's own answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def encode(value: object) -> bytes:
    """JSON, compact and in UTF-8."""
    return msgspec.json.encode(value)


def _summary(*tags: str) -> str:
    # Dropbox ends a summary with a tail of changing length, so that nobody compares whole summaries.
    return "/".join(tags) + "/" + "." * (1 + secrets.randbelow(6))


def route_error(tag: str, value: object = None) -> Answer:
    """A 409 with the route's error; a value sits under a key with the tag's name."""
    error: dict[str, Any] = {".tag": tag}
    if value is not None:
        error[tag] = value
    return Answer(status=409, body=encode({"error_summary": _summary(tag), "error": error}))


def auth_error(tag: str, **fields: object) -> Answer:
    """A 401, such as `missing_scope`."""
    return Answer(status=401, body=encode({"error_summary": _summary(tag), "error": {".tag": tag, **fields}}))


def bad_request(route: str, message: str) -> Answer:
    """A 400 with the plain text that Dropbox gives for a malformed call."""
    text = f'Error in call to API function "{route}": {message}'
    return Answer(status=400, body=text.encode(), content_type=TEXT)


def plain(status: int, text: str) -> Answer:
    """An answer in plain text."""
    return Answer(status=status, body=text.encode(), content_type=TEXT)


def html(status: int, title: str, text: str) -> Answer:
    """A page for people, as a proxy or an outage gives it."""
    page = (
        f"<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1><p>{text}</p></body></html>"
    )
    return Answer(status=status, body=page.encode(), content_type=HTML)


def rate_limited(retry_after: int | None, *, reason: str = "too_many_requests", header: bool = True) -> Answer:
    """A 429 with Dropbox's JSON."""
    wait = 1 if retry_after is None else retry_after
    body = {
        "error_summary": _summary(reason),
        "error": {"reason": {".tag": reason}, "retry_after": wait},
    }
    return Answer(status=429, body=encode(body), headers={"Retry-After": str(wait)} if header else {})
