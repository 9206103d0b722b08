"""What a connector of files makes of words that nobody foresaw, of rows that are broken, and of files that change."""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from jackfield.errors import JackfieldError, PluginBug
from jackfield_contracts import AccountStatus, AppTrait, Grant, GrantId, Page, Resource, ResourceId, Severity, UserTrait
from jackfield_testkit.bench import Bench, Synced, differences
from jackfield_testkit.data import Finding, Lacking, NotApplicable, Truth
from jackfield_testkit.sources import Rows, cells, exported_anew, instead, line_of, rows, sources, with_word
from jackfield_testkit.walk import Walk, walk
from jackfield_testkit.wire import Wire

_FEWEST = 20
"""Rows of a file below which it takes no two pages."""

_HIDDEN = "testkit-2b7e151628aed2a6"
"""What stands where nobody reads it."""

_FEWEST_LETTERS = 5
_MOST_QUOTED = 2
"""Cells of a broken row that a message may name, so that it is found: an id, and what is wrong."""

_UNFORESEEN = ("testkit_new", "", "7")


async def guesses_at_no_word_of_a_file(bench: Bench) -> None:
    """A status in a file that nobody foresaw, or none, is shown as unknown, or not understood.

    Exports get new words, and empty cells, with the next release: an account that is "probably active" is nobody's to review.
    """
    wire = Wire()
    known = await bench.sync(wire)
    files = sources(bench.values)
    if wire.sent or not files:
        raise NotApplicable("the connector reads no files")
    raw = {id: trait.status_raw for id, each in known.resources.items() if isinstance(trait := each.trait, UserTrait)}
    words = sorted({word for word in raw.values() if word})
    if not words:
        raise NotApplicable("no user has a status in a word")
    felt = False
    for word in words:
        for other in _UNFORESEEN:
            with with_word(files, word, other) as places:
                shown = await bench.sync() if places else None
            if shown is not None:
                felt = True
                _unknown({id for id, was in raw.items() if was == word}, shown, f"in the files {word!r} is {other!r}")
    if not felt:
        raise NotApplicable("the words of a status stand in no file")


def _unknown(whose: set[ResourceId], shown: Synced, step: str) -> None:
    for id in sorted(whose):
        resource = shown.resources.get(id)
        if resource is None and shown.complete:
            raise Finding(f"{id} is gone, and the snapshot calls itself complete", step)
        if resource is None or not isinstance(trait := resource.trait, UserTrait):
            continue
        if trait.status is not AccountStatus.UNKNOWN:
            raise Finding(f"{id} has a status that nobody documented, and is shown as {trait.status.value}", step)


async def takes_no_half_a_file_for_whole(bench: Bench) -> None:
    """A file that is cut off in the middle of a row is not understood, or its part is not complete.

    Exports are copied while they are written, and disks run full: who stands in the other half has not left.
    """
    wire = Wire()
    truth = bench.truth()
    known = await bench.sync(wire)
    files = [each for each in sources(bench.values) if each.stat().st_size]
    if wire.sent or not files or not known.complete:
        raise NotApplicable("the connector reads no files, or an undisturbed sync is not complete")
    for file in files:
        content = file.read_bytes()
        last = content.rstrip(b"\r\n").rfind(b"\n") + 1
        for length in (last + max(1, (len(content) - last) // 2), _within_a_row(content)):
            with instead(file, content[:length]):
                shown = await bench.sync()
            if shown.complete and (wrong := _differences(shown, truth)):
                step = f"of the {len(content)} bytes of {file.name} there are the first {length}"
                raise Finding(f"the snapshot calls itself complete, and {wrong[0]}", step, "jackfield sync")
        with instead(file, content[: content.find(b"\n") + 1]):
            shown = await bench.sync()
        people = any(isinstance(each.trait, UserTrait) for each in shown.resources.values())
        if not people and any(isinstance(known.resources[id].trait, UserTrait) for id in shown.lost_of(known)):
            step = f"{file.name} has its first line, and nothing else"
            raise Finding("the snapshot has nobody in it, and says that it saw all of them", step, "jackfield sync")


def _within_a_row(content: bytes) -> int:
    """A place in the middle of *content* that is no end of a row."""
    at = len(content) // 2
    while at > 1 and content[at - 1 : at] in b"\r\n":
        at -= 1
    return at


def _differences(shown: Synced, truth: Truth) -> list[str]:
    """As ``differences``, but of what an application itself is known by: the date of a file may be that."""
    own = {id for id, each in shown.resources.items() if isinstance(each.trait, AppTrait)}
    facts = {id: each for id, each in truth.facts.items() if id not in own}
    return differences(shown, msgspec.structs.replace(truth, facts=facts))


async def files_of(bench: Bench) -> list[tuple[Path, Rows]]:
    """The files of rows that the connector reads; the check does not apply where it reads none."""
    wire = Wire()
    known = await bench.sync(wire)
    files = [each for each in sources(bench.values) if each.stat().st_size]
    if wire.sent or not files:
        raise NotApplicable("the connector reads no files")
    if not known.complete:
        raise NotApplicable("an undisturbed sync is not complete, which another check tells")
    ids = {each.id for each in bench.truth().resources}
    found = [(file, read) for file in files if (read := rows(file, ids)) is not None]
    if not found:
        raise Lacking("none of the files that the connector reads has a row a line")
    return found


async def tells_of_broken_rows(bench: Bench) -> None:
    """A row that lacks a cell, has bytes of no text, or stands twice with other words is told, by its own line if by any.

    What is filled up, replaced or overwritten without a word is shown as what the application says.
    """
    truth = bench.truth()
    names = {facts["display_name"] for facts in truth.facts.values() if facts.get("display_name")}
    names -= {id.id for id in truth.resources}
    for file, read in await files_of(bench):
        before = await bench.sync()
        for what, number, broken in _broken(read, names):
            with instead(file, broken):
                shown = await bench.sync()
            step = f"line {number} of {file.name} {what}"
            if isinstance(shown.error, PluginBug):
                raise Finding(f"the connector failed instead of naming what happened: {shown.error}", step)
            said = _said(shown)
            if _HIDDEN in said:
                raise Finding("what stands in a cell that nobody mapped is told in a message", step)
            if len(quoted := _quoted(read, broken, number, said)) > _MOST_QUOTED:
                raise Finding(f"a message quotes {len(quoted)} cells of the row, such as those of a person", step)
            if shown.complete and len(shown.diagnostics) <= len(before.diagnostics):
                raise Finding(
                    "the snapshot calls itself complete, and no diagnostic tells of it", step, "jackfield sync"
                )
            if lost := shown.lost_of(before):
                raise Finding(f"{lost[0]} is missing, and its scope is told as seen whole", step, "jackfield sync")
            _right_line(said, file.name, number, len(read.lines) + 2, step)


def _quoted(read: Rows, broken: bytes, number: int, said: str) -> list[str]:
    """The cells of line *number* that stand in a message; short ones may stand there by chance."""
    if read.delimiter is None:
        return []
    line = broken.splitlines(keepends=True)[number - 1]
    (row,) = cells((line.decode(errors="surrogateescape").encode(errors="replace"),), read.delimiter)
    return sorted({cell for cell in row if len(cell) >= _FEWEST_LETTERS and cell in said})


def _said(shown: Synced) -> str:
    told = [f"{each.summary} {each.detail or ''} {each.path or ''}" for each in shown.diagnostics]
    told += [str(seal.reason) for seal in shown.run.scopes if seal.reason]
    return "\n".join([*told, str(shown.error or "")])


def _right_line(said: str, file: str, number: int, most: int, step: str) -> None:
    """Fail where lines are named, and the broken one is not among them."""
    places = re.findall(rf"(?:\blines? |{re.escape(file)}:)([\d,]*\d)", said)
    named = {int(each.replace(",", "")) for each in places}
    if named and not named & {number, number + 1} and max(named) <= most:
        raise Finding(f"it is told of line {min(named)}, and line {number} is broken", step)


def _broken(read: Rows, names: set[str]) -> Iterator[tuple[str, int, bytes]]:
    """What is broken, on which line, and the content of the whole file; none that a reader could rightly take."""
    at = len(read.lines) - 2  # on the last page, where there are several
    line = read.lines[at]
    number = at + (2 if read.heading is not None else 1)
    if read.delimiter is not None and read.heading is not None:
        (row,) = cells((line,), read.delimiter)
        if len(row) > 1:
            short = line_of(row[:-1], read.delimiter, line)
            yield "lacks its last cell", number, read.content(_with(read.lines, at, short))
            more = line_of([*row, _HIDDEN], read.delimiter, line)
            yield "has a cell too many", number, read.content(_with(read.lines, at, more))
    if read.delimiter is None:
        yield "is no document", number, read.content(_with(read.lines, at, b"{\n"))
    named = [
        (place, name)
        for place, each in enumerate(read.lines)
        for name in names
        if len(name) > 1 and name.encode() in each
    ]
    if named:
        place, name = named[len(named) * 2 // 3]
        whole = read.lines[place]
        number = place + (2 if read.heading is not None else 1)
        if not read.content().isascii():  # else nothing shows that it is UTF-8
            bad = whole.replace(name.encode(), name.encode()[:1] + b"\xff" + name.encode()[2:], 1)
            yield "has a byte of no text", number, read.content(_with(read.lines, place, bad))
        other = whole.replace(name.encode(), b"Somebody Else", 1)
        twice = read.content((*read.lines[: place + 1], other, *read.lines[place + 1 :]))
        yield f"stands twice, the second time with another word in the place of {name!r}", number, twice


def _with(lines: Sequence[bytes], at: int, line: bytes) -> list[bytes]:
    return [*lines[:at], line, *lines[at + 1 :]]


async def reads_columns_by_their_names(bench: Bench) -> None:
    """Columns, or the fields of a document, in another order are the same columns.

    The next release of an application puts a new column before the others: whoever counts columns shows ids as names.
    """
    truth = bench.truth()
    tried = False
    for file, read in await files_of(bench):
        if read.delimiter is None or read.heading is None:
            continue
        tried = True
        lines = (read.heading, *read.lines)
        turned = [
            line_of([*row[1:], row[0]], read.delimiter, line)
            for row, line in zip(cells(lines, read.delimiter), lines, strict=True)
        ]
        with instead(file, b"".join(turned)):
            shown = await bench.sync()
        _whole_or_told(shown, truth, f"the first column of {file.name} is its last one")
    if not tried:
        raise NotApplicable("no file has a heading")


def _whole_or_told(shown: Synced, truth: Truth, step: str) -> None:
    if shown.complete and (wrong := _differences(shown, truth)):
        raise Finding(f"the snapshot calls itself complete, and {wrong[0]}", step, "jackfield sync")


async def reads_one_edition_of_a_file(bench: Bench) -> None:
    """A file that is written anew between two pages is not read on where the old one was left.

    Half of one export and half of the next one are together what the application never had.
    """
    found = await files_of(bench)
    truth = bench.truth()
    turned = False
    for file, read in found:
        if len(read.lines) < _FEWEST:
            continue
        half = len(read.lines) // 2
        # The same rows, so that the size is the same as well, and the truth.
        anew = read.content((*read.lines[half:], *read.lines[:half]))
        between = _Once(lambda file=file, anew=anew: exported_anew(file, anew))
        before = file.read_bytes()
        try:
            walked = await walk(bench, between=between)
        except PluginBug as error:
            raise Finding(f"the connector failed instead of naming what happened: {error}", file.name) from None
        except JackfieldError:
            walked = None
        exported_anew(file, before)
        turned = turned or between.done
        if walked is not None and between.done:
            _all_there(walked, truth, f"{file.name} is written anew after its first page, its second half first")
    if not turned:
        raise Lacking("no file is so long that it takes several pages")


class _Once:
    """Does something after the first page that has another one after it."""

    def __init__(self, do: Callable[[], None]) -> None:
        self._do = do
        self.done = False

    def __call__(self, page: Page) -> None:
        if page.next is not None and not self.done:
            self.done = True
            self._do()


def _all_there(walked: Walk, truth: Truth, step: str) -> None:
    calls = [call for read in walked.last for call in read]
    if any(call.page.incomplete for call in calls):
        return
    items = [item for call in calls for item in call.page.items]
    shown = {item.id for item in items if isinstance(item, Resource)}
    held = {
        GrantId(entitlement=item.entitlement, principal=item.principal) for item in items if isinstance(item, Grant)
    }
    for lost in (truth.resources - shown, truth.grants - held):
        if lost:
            raise Finding(f"{min(lost)} was there all the time, and no page has it", step)  # type: ignore[type-var]


async def checks_what_it_will_read(bench: Bench) -> None:
    """``check`` says no of a sync for which a file is not there, or has other columns than those that are named.

    Who runs it after writing a configuration learns in a second what a sync at night would have told in the morning.
    """
    for file, read in await files_of(bench):
        ways: list[tuple[str, bytes | None]] = [(f"{file.name} is not there", None)]
        if read.heading is not None and read.delimiter is not None:
            (names,) = cells((read.heading,), read.delimiter)
            other = line_of([f"{name}_testkit" for name in names], read.delimiter, read.heading)
            ways.append((f"the columns of {file.name} have other names", other + b"".join(read.lines)))
        for step, content in ways:
            with instead(file, content):
                shown = await bench.sync()
                available, told = await _checked(bench)
            nothing = not any(isinstance(each.trait, UserTrait) for each in shown.resources.values())
            if not shown.complete and (available if nothing else not told):
                raise Finding(f"the sync is {shown}, and check says that all is well", step, "jackfield check")


async def _checked(bench: Bench) -> tuple[bool, bool]:
    """Whether ``check`` says that a sync is possible, and whether it tells of anything that is wrong."""
    try:
        async with bench.open() as connection:
            report = await connection.check()
    except JackfieldError:
        return False, True
    reads = {each.name for each in bench.found.type.capabilities if each.hook == "read_page"}
    possible = all(each.available is True for each in report.capabilities if each.capability in reads)
    wrong = any(each.severity is not Severity.INFO for each in report.diagnostics)
    return possible, wrong or not possible or any(each.reason for each in report.capabilities)
