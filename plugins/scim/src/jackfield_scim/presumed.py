"""``python -m jackfield_scim.presumed FILE``: where a provider, by a recording of it, speaks SCIM in its own way.

Each presumption that does not hold names the setting that is for it. Needs the extra ``testkit`` of jackfield.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from jackfield_scim import wire
from jackfield_testkit.presumptions import Check, Exchange, Sight, listed, main, status, table

Exchanges = Sequence[Exchange]
Row = dict[str, Any]

_LISTED: Final = ("/Users", "/Groups")
_SEVERAL: Final = ("emails", "roles", "entitlements")
_ERROR: Final = "urn:ietf:params:scim:api:messages:2.0:error"
_REFUSED: Final = (400, 403, 404, 405, 409, 412, 415, 422, 501)
_NO_PATCH: Final = (404, 405, 501)
_NO_TYPE: Final = (406, 415)
_GONE: Final = 404


class Presumption(msgspec.Struct, frozen=True, kw_only=True):
    """What is presumed of a provider, the setting that is for one of which it is not true, and how a recording shows it."""

    presumed: str
    setting: str
    check: Check

    def told(self) -> str:
        """In one sentence."""
        return f"{self.presumed} Else: {self.setting}."


def _document(exchange: Exchange) -> Row:
    """The JSON object of a success, by small letters; empty for anything else."""
    answer = exchange.answer
    if answer is None or not 200 <= answer.status < 300 or answer.body.kind != "json":
        return {}
    return _row(answer.body.value)


def _row(value: object) -> Row:
    return {name.lower(): each for name, each in table(value).items()}


def _query(exchange: Exchange, name: str) -> str | None:
    return next((value for key, value in exchange.query if key.lower() == name.lower()), None)


def _pages(exchanges: Exchanges, *endpoints: str, filtered: bool = False) -> Iterator[Exchange]:
    for each in exchanges:
        is_page = each.method == "GET" and each.path in (endpoints or _LISTED) and "resources" in _document(each)
        if is_page and (_query(each, "filter") is not None) is filtered:
            yield each


def _rows(page: Exchange) -> list[Row]:
    return [_row(each) for each in listed(_document(page).get("resources"))]


def _single(exchanges: Exchanges, endpoint: str) -> Iterator[tuple[Exchange, Row]]:
    """The resources that were read alone."""
    for each in exchanges:
        document = _document(each)
        if each.method == "GET" and each.path.startswith(f"{endpoint}/") and "schemas" in document:
            yield each, document


def _every(exchanges: Exchanges, endpoint: str) -> Iterator[tuple[int, Row]]:
    """The resources of an endpoint, in listings or alone, with the number of the exchange."""
    for page in (*_pages(exchanges, endpoint), *_pages(exchanges, endpoint, filtered=True)):
        yield from ((page.number, row) for row in _rows(page))
    yield from ((each.number, row) for each, row in _single(exchanges, endpoint))


def _totals(exchanges: Exchanges) -> Iterator[Sight]:
    for endpoint in _LISTED:
        ids: set[str] = set()
        pages = list(_pages(exchanges, endpoint))
        came = 0
        for page in pages:
            before = len(ids)
            ids.update(str(row.get("id")) for row in _rows(page))
            came = len(ids) - before
        last = pages[-1] if pages else None
        # Only where the last page shows that nothing follows.
        ended = last is not None and (came == 0 or (_query(last, "cursor") and not _document(last).get("nextcursor")))
        totals = [(page.number, _document(page).get("totalresults")) for page in pages] if ended else []
        yield from ((number, total == len(ids)) for number, total in totals if total is not None)


def _start(exchanges: Exchanges) -> Iterator[Sight]:
    for endpoint in _LISTED:
        pages = [each for each in _pages(exchanges, endpoint) if _query(each, "startIndex") is not None]
        first = next((_rows(page)[:1] for page in pages if _query(page, "startIndex") == "1"), list[Row]())
        for page in pages:
            asked = _query(page, "startIndex")
            if asked != "1" and _rows(page):
                told = _document(page).get("startindex")
                yield page.number, _rows(page)[:1] != first and (told is None or str(told) == asked)


def _cursors(exchanges: Exchanges) -> Iterator[Sight]:
    for each in exchanges:
        if each.method == "GET" and each.path in _LISTED and _query(each, "cursor"):
            yield each.number, "resources" in _document(each)


def _truths(exchanges: Exchanges) -> Iterator[Sight]:
    for number, row in _every(exchanges, "/Users"):
        for value in (row.get("active"), *(_row(each).get("primary") for each in listed(row.get("emails")))):
            if value is not None:
                yield number, isinstance(value, bool)


def _active(exchanges: Exchanges) -> Iterator[Sight]:
    yield from ((number, row.get("active") is not None) for number, row in _every(exchanges, "/Users"))


def _objects(exchanges: Exchanges) -> Iterator[Sight]:
    for number, row in _every(exchanges, "/Users"):
        for name in _SEVERAL:
            yield from ((number, isinstance(each, dict)) for each in listed(row.get(name)))


def _members_listed(exchanges: Exchanges) -> Iterator[Sight]:
    empty = {
        str(row.get("id")) for page in _pages(exchanges, "/Groups") for row in _rows(page) if not row.get("members")
    }
    for each, group in _single(exchanges, "/Groups"):
        if str(group.get("id")) in empty:
            yield each.number, not group.get("members")


def _member_types(exchanges: Exchanges) -> Iterator[Sight]:
    for number, group in _every(exchanges, "/Groups"):
        for member in map(_row, listed(group.get("members"))):
            yield number, bool(member.get("type") or member.get("$ref"))


def _etags(exchanges: Exchanges) -> Iterator[Sight]:
    for endpoint in _LISTED:
        for each, row in _single(exchanges, endpoint):
            headers = {name.lower() for name in each.answer.headers} if each.answer is not None else set[str]()
            yield each.number, "etag" in headers or bool(_row(row.get("meta")).get("version"))


def _patches(exchanges: Exchanges) -> Iterator[Sight]:
    yield from (
        (each.number, status(each) not in _NO_PATCH) for each in exchanges if each.method == "PATCH" and status(each)
    )


def _filters(exchanges: Exchanges) -> Iterator[Sight]:
    for endpoint in _LISTED:
        everybody = {str(row.get("id")) for page in _pages(exchanges, endpoint) for row in _rows(page)}
        for page in _pages(exchanges, endpoint, filtered=True):
            # What was typed is replaced in a recording: that a filter lets only some through is what shows.
            yield page.number, len(_rows(page)) < max(2, len(everybody))
    for each in exchanges:
        if each.path in _LISTED and _query(each, "filter") is not None and status(each) in _REFUSED:
            yield each.number, False


def _errors(exchanges: Exchanges) -> Iterator[Sight]:
    for each in exchanges:
        if each.answer is not None and each.answer.status in _REFUSED:
            schemas = listed(_row(each.answer.body.value).get("schemas"))
            yield each.number, _ERROR in [str(one).lower() for one in schemas]


def _conflicts(exchanges: Exchanges) -> Iterator[Sight]:
    for each in exchanges:
        if each.method == "POST" and each.answer is not None and each.answer.status == 409:
            yield each.number, _row(each.answer.body.value).get("scimtype") == "uniqueness"


def _deletes(exchanges: Exchanges) -> Iterator[Sight]:
    deleted: set[str] = set()
    for each in exchanges:
        if each.method == "DELETE" and 200 <= status(each) < 300:
            deleted.add(each.path)
        elif each.method == "GET" and each.path in deleted and status(each):
            yield each.number, status(each) == _GONE


def _media_type(exchanges: Exchanges) -> Iterator[Sight]:
    yield from ((each.number, status(each) not in _NO_TYPE) for each in exchanges if status(each))


def _member_types_sent(exchanges: Exchanges) -> Iterator[Sight]:
    for each in exchanges:
        operations = [_row(one) for one in listed(_row(each.body.value).get("operations"))]
        values = [_row(value) for one in operations for value in listed(one.get("value"))]
        if each.method == "PATCH" and any(value.get("type") in ("User", "Group") for value in values) and status(each):
            yield each.number, status(each) not in _REFUSED


def _zones(exchanges: Exchanges) -> Iterator[Sight]:
    for endpoint in _LISTED:
        for number, row in _every(exchanges, endpoint):
            if isinstance(created := _row(row.get("meta")).get("created"), str):
                yield number, wire.instant(created) is not None


def _ids(exchanges: Exchanges) -> Iterator[Sight]:
    for endpoint in _LISTED:
        yield from ((number, wire.ident(row.get("id")) is not None) for number, row in _every(exchanges, endpoint))


def _presumption(presumed: str, setting: str, check: Callable[[Exchanges], Iterator[Sight]]) -> Presumption:
    def in_order(exchanges: Exchanges) -> Iterator[Sight]:
        # A recording has them in the order of their answers.
        return check(sorted(exchanges, key=lambda each: each.number))

    return Presumption(presumed=presumed, setting=setting, check=in_order)


_TOLD: Final = "no setting is for it; the sync tells that it falls short"

PRESUMPTIONS: Final[Mapping[str, Presumption]] = {
    "total": _presumption("totalResults is how many a listing gives.", 'totals = "ignored"', _totals),
    "start-index": _presumption("A page begins where startIndex says.", _TOLD, _start),
    "cursor": _presumption("A cursor that was given leads to the next page.", 'paging = "index"', _cursors),
    "id": _presumption("Each resource has an id.", "no setting is for it; such rows are told", _ids),
    "truths": _presumption("active and primary are true or false.", "text_booleans = true", _truths),
    "active": _presumption("Each user tells active.", "active_if_absent = true, if those are enabled", _active),
    "objects": _presumption("Addresses, roles and entitlements are objects.", "text_values = true", _objects),
    "zone": _presumption("Times have a zone.", "no setting is for it; when they were made is unknown", _zones),
    "members-listed": _presumption(
        "A group without members in the listing has none (members_listed = true saves requests).",
        "leave members_listed = false",
        _members_listed,
    ),
    "member-types": _presumption(
        "A member says whether it is a user or a group.",
        'untyped_members = "user", if there are no nested groups',
        _member_types,
    ),
    "member-types-sent": _presumption(
        "Members may be sent with their type.", "send_member_type = false", _member_types_sent
    ),
    "etag": _presumption(
        "A resource has an ETag or a version (only PUT needs it).", "put_without_etag = true", _etags
    ),
    "patch": _presumption("Resources are changed by PATCH.", 'patch = "no"', _patches),
    "filter": _presumption("A filter is answered, and lets only some through.", 'filters = "no"', _filters),
    "errors": _presumption("A refusal is a SCIM error document.", "bare_errors = true", _errors),
    "conflict": _presumption(
        "A name that is taken is refused with scimType uniqueness.",
        "no setting is for it; the refusal is told as what it says",
        _conflicts,
    ),
    "delete": _presumption("Who was deleted is not found any more.", "deletes = false", _deletes),
    "media-type": _presumption(
        "application/scim+json is taken and given.", 'media_type = "application/json"', _media_type
    ),
}  # fmt: skip
PRESUMED: Final[Mapping[str, str]] = {name: each.told() for name, each in PRESUMPTIONS.items()}
CHECKS: Final[Mapping[str, Check]] = {name: each.check for name, each in PRESUMPTIONS.items()}

if __name__ == "__main__":
    sys.exit(main(PRESUMED, CHECKS, {}))
