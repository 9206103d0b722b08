"""The limits that the schema sets to values, and how a value that breaks one is brought within them."""

import re

MOST_NAME = 1024
MOST_TYPE_DESCRIPTION = 4096
MOST_DESCRIPTION = 2048
MOST_URL = 1024
_MOST_EMAIL, _MOST_LOCAL, _MOST_LABEL = 254, 64, 63
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?")
_CUT = "…"


def cut(text: str, most: int) -> str:
    """*text*, cut after whole characters where it is of more than *most* bytes."""
    if len(text) <= most // 4 or len(raw := text.encode()) <= most:
        return text
    return raw[: most - len(_CUT.encode())].decode(errors="ignore") + _CUT


def is_url(text: str) -> bool:
    """Whether *text* may stand where an address is asked for."""
    return text.startswith("https://") and len(text.encode()) <= MOST_URL and not any(one.isspace() for one in text)


def is_email(text: str) -> bool:
    """Whether *text* may stand where an e-mail address is asked for: one of plain ASCII."""
    local, at, domain = text.rpartition("@")
    return (
        bool(at)
        and len(text) <= _MOST_EMAIL
        and len(local) <= _MOST_LOCAL
        and _LOCAL.fullmatch(local) is not None
        and all(len(label) <= _MOST_LABEL and _LABEL.fullmatch(label) for label in domain.split("."))
    )
