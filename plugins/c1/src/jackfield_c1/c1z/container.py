"""The container of a ``.c1z`` file, version 1: five bytes, and a database compressed by Zstandard."""

import os
from pathlib import Path
from typing import BinaryIO

import zstandard

from jackfield.errors import BadConfig

MAGIC = b"C1ZF\0"
MAGIC_3 = b"C1Z3\0"
MOST_WINDOW = 1 << 27
"""Of the window that a frame may ask for: what other readers grant."""
MOST_DECODED = 3 << 30
"""How large the database may be: what the older readers grant."""
MOST_RATIO = 200
"""How many times the size of its file the database may have: those that were measured have ten to thirty times."""
_ANY_RATIO = 64 << 20
"""So large a database may be whatever the size of its file."""
_LEVEL = 3
_CHUNK = 1 << 20
_MOST_HEADER = 18
_SKIPPED = 0x184D2A50
_REPEATED = 1


def pack(database: Path, to: BinaryIO) -> None:
    """Write the file of *database* to *to*: one frame with its size and a checksum."""
    size = database.stat().st_size
    if size > MOST_DECODED:
        raise BadConfig(
            f"the file would hold {size:,} bytes, and readers of .c1z take {MOST_DECODED:,}",
            hint="Write a part of the snapshot, such as some of its resource types.",
        )
    to.write(MAGIC)
    packer = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True, write_content_size=True)
    with database.open("rb") as content:
        packer.copy_stream(content, to, size=size)


def unpack(file: BinaryIO, name: str, to: Path, *, most: int = MOST_DECODED, ratio: int = MOST_RATIO) -> None:
    """Write the database inside of *file* to *to*, whatever frames it is in; raises BadConfig where it is none of version 1.

    Where it is of more than *most* bytes, or of more than 64 MiB and *ratio* times the size of the file, it is refused before
    more than that is written: at once, where the file says its size. *name* is that of the file, for messages. *file* can be
    wound back.
    """
    head = file.read(len(MAGIC))
    if head == MAGIC_3:
        raise BadConfig(
            "it is a .c1z file of version 3, whose rows can't be read",
            path=name,
            hint="Let the connector write it anew with `--storage-engine sqlite` (BATON_STORAGE_ENGINE=sqlite).",
        )
    if head != MAGIC:
        raise BadConfig("it is no .c1z file: it does not begin as one", path=name)
    size = 0
    handle = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as out:
            declared = _walk(file, name)
            packed = file.seek(0, os.SEEK_END)
            allowed = min(most, max(_ANY_RATIO, packed * ratio))
            if declared > allowed:
                raise _too_large(name, allowed, most, ratio)
            file.seek(len(MAGIC))
            unpacker = zstandard.ZstdDecompressor(max_window_size=MOST_WINDOW)
            with unpacker.stream_reader(file, read_across_frames=True, closefd=False) as content:
                while chunk := content.read(_CHUNK):
                    size += len(chunk)
                    if size > allowed:
                        raise _too_large(name, allowed, most, ratio)
                    out.write(chunk)
    except zstandard.ZstdError as error:
        raise BadConfig(f"it is damaged: {error}", path=name) from None


def _too_large(name: str, allowed: int, most: int, ratio: int) -> BadConfig:
    if allowed == most:
        return BadConfig(
            f"what it holds is too large: more than {most:,} bytes",
            path=name,
            hint="If it comes from somebody you trust, say --option most_bytes=NUMBER.",
        )
    return BadConfig(
        f"what it holds is too large: more than {allowed:,} bytes, and it may be {ratio:,} times as large as the file",
        path=name,
        hint="If it comes from somebody you trust, say --option most_ratio=NUMBER.",
    )


def _walk(file: BinaryIO, name: str) -> int:
    """Go through the frames from block to block; how much they say to hold. Raises BadConfig where the last one is cut off.

    The decoder takes a file that is cut off for one that ends there.
    """
    end = file.seek(0, os.SEEK_END)
    at, declared = len(MAGIC), 0
    while at < end:
        file.seek(at)
        head = file.read(_MOST_HEADER)
        if int.from_bytes(head[:4], "little") & 0xFFFF_FFF0 == _SKIPPED:
            at += 8 + int.from_bytes(head[4:8], "little")
            continue
        frame = zstandard.get_frame_parameters(head)
        if frame.window_size > MOST_WINDOW:
            raise BadConfig(
                f"it needs a window of {frame.window_size:,} bytes, and {MOST_WINDOW:,} are granted", path=name
            )
        if frame.content_size not in (zstandard.CONTENTSIZE_UNKNOWN, zstandard.CONTENTSIZE_ERROR):
            declared += frame.content_size
        at += zstandard.frame_header_size(head)
        last = False
        while not last and at < end:
            file.seek(at)
            block = int.from_bytes(file.read(3), "little")
            last, kind, size = bool(block & 1), block >> 1 & 3, block >> 3
            at += 3 + (1 if kind == _REPEATED else size)
        at += 4 if frame.has_checksum else 0
        if not last:
            at = end + 1
    if at > end:
        raise BadConfig("it is cut off", path=name)
    return declared
