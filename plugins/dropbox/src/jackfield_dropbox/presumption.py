"""What a presumption is: something about Dropbox that the connector counts on and that no documentation promises."""

import msgspec


class Presumption(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is presumed, declared beside the code that counts on it.

    ``source`` says where it comes from, ``noticed`` how it shows that it does not hold, and ``then`` what happens. ``switch``
    is what makes the simulator do otherwise: a switch of its behaviour, a setting or a fault; ``test`` is the one that flips
    it, as ``FILE::FUNCTION``.
    """

    name: str
    presumed: str
    source: str
    noticed: str
    then: str
    switch: str
    test: str
