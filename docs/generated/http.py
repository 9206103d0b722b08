"""What a connector takes from jackfield.http, for authors."""

import inspect
from collections.abc import Iterable, Iterator

import msgspec

from generated import source
from generated.text import doc
from jackfield import http

CALLS = ("JsonApi", "Response", "HttpSession", "default_retry_after")
RECORDING = ("Harmless", "fields_of")
PAGING = ("Listing", "ByCursor", "ByPage", "ByOffset", "ByLink")
CREDENTIALS = ("Bearer", "Basic", "ApiKey", "OAuthClient", "ClientCredentials", "RefreshingToken", "Authorizer")


def reference(names: Iterable[str]) -> str:
    """A section for each: how it is made, its docstring, and its methods."""
    return "\n\n".join("\n\n".join(_section(name, getattr(http, name))) for name in names)


def _section(name: str, thing: object) -> Iterator[str]:
    yield f"### `{name}`"
    if not isinstance(thing, type):
        yield _code(source.signature(thing))
        yield doc(thing)
        return
    if made := _made(thing):
        yield _code(made)
    yield doc(thing)
    for method, function in _methods(thing):
        yield f"**`{method}`**" + (" (a property)" if isinstance(vars(thing)[method], property) else "")
        if not isinstance(vars(thing)[method], property):
            yield _code(source.signature(function))
        yield doc(function)


def _made(thing: type) -> str:
    """The fields of a Struct, those of the Structs that it derives from first; else what ``__init__`` takes."""
    if issubclass(thing, msgspec.Struct):
        found = {
            field.name: f"{field.name}: {field.type}" + (f" = {field.default}" if field.default else "")
            for each in reversed(thing.__mro__)
            if issubclass(each, msgspec.Struct) and each is not msgspec.Struct
            for field in source.fields(each)
        }
        return "\n".join(found.values())
    made = vars(thing).get("__init__")
    return source.signature(made) if inspect.isfunction(made) and not getattr(thing, "_is_protocol", False) else ""


def _methods(thing: type) -> Iterator[tuple[str, object]]:
    for name, each in vars(thing).items():
        function = each.fget if isinstance(each, property) else each
        if not name.startswith("_") and inspect.isfunction(function):
            yield name, function


def _code(text: str) -> str:
    return f"```python\n{text}\n```"
