"""The JSON of answers: what stands where, and the same answer with something else in one place.

A place is a path of names, ``*`` standing for every element of a list. Promises that what is no JSON stays as it is.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, cast

import msgspec

from jackfield.http import Response
from jackfield_testkit.wire import Send, Sent

Place = tuple[str, ...]


def decoded(given: Response) -> Any:
    """The JSON of a success; None where there is none."""
    if given.status >= 300:
        return None
    try:
        return msgspec.json.decode(given.body)
    except msgspec.DecodeError:
        return None


def values(body: Any, at: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Everything in *body* that is no object, with its place; a list is given itself, and then what it holds."""
    if isinstance(body, dict):
        for name, each in cast("dict[str, Any]", body).items():
            yield from values(each, (*at, name))
        return
    yield at, body
    if isinstance(body, list):
        for each in cast("list[Any]", body):
            yield from values(each, (*at, "*"))


def in_answers(answers: Iterable[tuple[Sent, Response]]) -> Iterator[tuple[Place, Any]]:
    """Everything that *answers* hold, with its place in its own answer."""
    for _, given in answers:
        body = decoded(given)
        if body is not None:
            yield from values(body)


def changed(body: Any, at: Place, change: Callable[[Any], Any]) -> Any:
    """*body* with what stands at a place as *change* makes it."""
    if not at:
        return change(body)
    name, rest = at[0], at[1:]
    if isinstance(body, list) and name == "*":
        return [changed(each, rest, change) for each in cast("list[Any]", body)]
    if isinstance(body, dict) and name in body:
        known = cast("dict[str, Any]", body)
        return {key: changed(each, rest, change) if key == name else each for key, each in known.items()}
    return cast("Any", body)


def with_more(body: Any, more: Mapping[str, Any]) -> Any:
    """*body* whose objects within lists have *more* fields."""
    if isinstance(body, list):
        rows = cast("list[Any]", body)
        return [{**with_more(each, more), **more} if isinstance(each, dict) else with_more(each, more) for each in rows]
    if isinstance(body, dict):
        return {name: with_more(each, more) for name, each in cast("dict[str, Any]", body).items()}
    return body


def with_changed(at: Place, change: Callable[[Any], Any]) -> Callable[[Send], Any]:
    """A fault: a success arrives with what stands at a place as *change* makes it."""

    async def fault(send: Send) -> Response:
        given = await send()
        body = decoded(given)
        if body is None:
            return given
        return with_body(given, changed(body, at, change))

    return fault


def with_body(given: Response, body: Any) -> Response:
    """An answer with another body."""
    return msgspec.structs.replace(given, body=msgspec.json.encode(body))


def place_text(at: Place) -> str:
    """A place for people."""
    return ".".join(at) or "the whole body"
