"""What a connector of files makes of words in them that nobody foresaw."""

from jackfield_contracts import AccountStatus, ResourceId, UserTrait
from jackfield_testkit.bench import Bench, Synced, differences
from jackfield_testkit.data import Finding, NotApplicable
from jackfield_testkit.sources import cut, sources, with_word
from jackfield_testkit.wire import Wire

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
            with cut(file, length):
                shown = await bench.sync()
            if shown.complete and (wrong := differences(shown, truth)):
                step = f"of the {len(content)} bytes of {file.name} there are the first {length}"
                raise Finding(f"the snapshot calls itself complete, and {wrong[0]}", step, "jackfield sync")


def _within_a_row(content: bytes) -> int:
    """A place in the middle of *content* that is no end of a row."""
    at = len(content) // 2
    while at > 1 and content[at - 1 : at] in b"\r\n":
        at -= 1
    return at
