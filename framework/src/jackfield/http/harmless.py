"""What of an application's requests and answers may stand in a recording as it is; everything else is replaced there.

Promises that nothing is harmless that was not named; hides how it is found out of the types that answers are decoded into.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum

import msgspec


class Harmless(msgspec.Struct, frozen=True, kw_only=True):
    """What an application documents for everybody, and is therefore no value of a person.

    ``fields``: names of JSON fields, query parameters and fields of forms. ``words``: by the field, the values of its closed
    sets, such as tags and scopes. ``numbers``: fields whose numbers count, limit or last. ``times``: fields whose numbers are
    times since 1970, which are shifted. ``paths``: routes, ``{}`` for a part that names something (``users/{}``); what stands
    before them in an address is replaced. ``prefixes``: beginnings of ids, such as ``dbmid:``. Names of fields are compared
    without regard to case.
    """

    fields: frozenset[str] = frozenset()
    words: Mapping[str, frozenset[str]] = {}
    numbers: frozenset[str] = frozenset()
    times: frozenset[str] = frozenset()
    paths: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()

    def __add__(self, other: "Harmless") -> "Harmless":
        """What either calls harmless."""
        words = {
            name: self.words.get(name, frozenset()) | other.words.get(name, frozenset())
            for name in {**self.words, **other.words}
        }
        return Harmless(
            fields=self.fields | other.fields,
            words=words,
            numbers=self.numbers | other.numbers,
            times=self.times | other.times,
            paths=self.paths + other.paths,
            prefixes=self.prefixes + other.prefixes,
        )


def fields_of(*types: object) -> Harmless:
    """The names of the fields of *types* and of what they hold, and the words of their literals and enumerations.

    They are the types that answers are decoded into: what stands in a program is no value of a person. Only classes that
    have names for their fields are looked into (Structs, dataclasses, typed dictionaries, named tuples).
    """
    fields: set[str] = set()
    words: dict[str, set[str]] = {}
    seen: set[object] = set()
    waiting = list(msgspec.inspect.multi_type_info(types))
    while waiting:
        one = waiting.pop()
        names: tuple[msgspec.inspect.Field, ...] = getattr(one, "fields", ())
        cls: object = getattr(one, "cls", None)
        if names:
            if cls in seen:
                continue
            seen.add(cls)
        if isinstance(one, msgspec.inspect.StructType) and one.tag_field is not None:
            fields.add(one.tag_field)
            words.setdefault(one.tag_field, set()).add(str(one.tag))
        for each in names:
            fields.add(each.encode_name)
            if found := set(_words(each.type)):
                words.setdefault(each.encode_name, set()).update(found)
            waiting.append(each.type)
        waiting += _inside(one)
    return Harmless(fields=frozenset(fields), words={name: frozenset(some) for name, some in words.items()})


def _inside(one: msgspec.inspect.Type) -> Iterator[msgspec.inspect.Type]:
    """The types that *one* is made of, but for its fields."""
    for name in ("item_type", "key_type", "value_type"):
        each: object = getattr(one, name, None)
        if isinstance(each, msgspec.inspect.Type):
            yield each
    for name in ("types", "item_types"):
        several: Iterable[object] = getattr(one, name, ())
        yield from (each for each in several if isinstance(each, msgspec.inspect.Type))


def _words(one: msgspec.inspect.Type) -> Iterator[str]:
    """The texts that a closed set allows, in *one*, or in a list or a choice of such."""
    if isinstance(one, msgspec.inspect.LiteralType):
        yield from (str(value) for value in one.values)
    elif isinstance(one, msgspec.inspect.EnumType):
        members: Iterable[Enum] = one.cls
        yield from (str(each.value) for each in members)
    else:
        for each in _inside(one):
            if not getattr(each, "fields", ()):
                yield from _words(each)


STANDARD = Harmless(
    fields=frozenset(
        [
            *("access_token", "token_type", "expires_in", "refresh_token", "scope", "id_token", "token"),
            *("error", "error_description", "error_uri", "grant_type", "client_id", "client_secret", "code"),
            *("code_verifier", "redirect_uri", "audience", "resource", "assertion", "client_assertion"),
            *("client_assertion_type", "username", "password"),
        ]
    ),
    words={
        "token_type": frozenset(["bearer", "Bearer"]),
        "grant_type": frozenset(["authorization_code", "refresh_token", "client_credentials", "password"]),
        "error": frozenset(
            [
                *("invalid_grant", "invalid_client", "unauthorized_client", "invalid_request", "invalid_token"),
                *("unsupported_grant_type", "invalid_scope", "insufficient_scope", "temporarily_unavailable"),
                *("server_error", "slow_down"),
            ]
        ),
    },
    numbers=frozenset(["expires_in"]),
)
"""What the standards of signing in name (RFC 6749, 7523), whatever the application."""
