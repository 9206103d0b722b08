"""E-mail addresses as people give them, before anything is asked by one."""

from typing import Final

from jackfield.errors import BadConfig
from jackfield.visible import visible

ADDRESSES: Final = ("login", "email")
"""What of an account may be an address, and shows in small or large letters alike."""


def address_problem(text: str) -> BadConfig | None:
    """Why *text* can be nobody's address, None if it may be one, or is not written like one.

    What is not seen in it, or two signs ``@``, would make another person of it than the one who is read.
    """
    if "@" not in text:
        return None
    if (shown := visible(text)) != text:
        return BadConfig(
            f"the address {shown!r} holds a character that nobody sees",
            hint="Type it anew; such characters come along when it is copied.",
        )
    if any(one.isspace() for one in text.strip()):
        return BadConfig(f"the address {text!r} holds white space", hint="Name one address.")
    name, _, domain = text.strip().rpartition("@")
    if "@" in name or not name or not domain:
        return BadConfig(f"{text!r} is no e-mail address", hint="Write it as name@domain.")
    return None
