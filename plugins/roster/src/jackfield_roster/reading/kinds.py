"""What a file is, by its first bytes: its name says little."""

from typing import BinaryIO

from jackfield.errors import RemoteContract

_LOOK = 4096
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_SEARCHED = 1 << 20
_OTHERS = (
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "packed with gzip"),
    (b"7z\xbc\xaf", "packed with 7-Zip"),
    (b"{\\rtf", "a text document (RTF)"),
    (b"SQLite format 3\0", "a database of SQLite"),
)
_OLD = (b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00")
AS_TABLE = "export it as .xlsx or .csv"
_SAVE = "save it as .xlsx or .csv in a spreadsheet program, or have the application export that"


def protected(name: str) -> RemoteContract:
    """The error for a file that only a password opens."""
    return RemoteContract(f"{name} is protected by a password: save it without one, or export it as CSV")


def is_workbook(opened: BinaryIO, name: str) -> bool:
    """Whether the file is a workbook of today rather than text. Raises RemoteContract, saying what it is, if neither."""
    opened.seek(0)
    look = opened.read(_LOOK)
    if look.startswith(b"PK"):
        return True
    if look.startswith(_OLE):
        if _holds(opened, _ENCRYPTED):
            raise protected(name)
        raise RemoteContract(f"{name} is a file of an old office program, such as .xls: {_SAVE}")
    if look.startswith(_OLD):
        raise RemoteContract(f"{name} is a workbook in the old format .xls: {_SAVE}")
    other = next((what for mark, what in _OTHERS if look.startswith(mark)), None)
    if other is not None:
        raise RemoteContract(f"{name} is {other}: {AS_TABLE}")
    text = look.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith(b"<?xml") and b"urn:schemas-microsoft-com:office:spreadsheet" in text:
        raise RemoteContract(f"{name} is a workbook in XML of 2003: {_SAVE}")
    if text.startswith((b"<!doctype html", b"<html", b"<head", b"<meta", b"<table", b"<style")):
        raise RemoteContract(f"{name} is a web page: {_SAVE}")
    if text.startswith(b"<?xml"):
        raise RemoteContract(f"{name} is XML: {AS_TABLE}")
    return False


def _holds(opened: BinaryIO, mark: bytes) -> bool:
    """Whether *mark* is near the beginning or the end of the file."""
    size = opened.seek(0, 2)
    found = False
    for start in (0, max(0, size - _SEARCHED)):
        opened.seek(start)
        found = found or mark in opened.read(_SEARCHED)
    return found
