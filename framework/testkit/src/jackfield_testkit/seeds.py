"""The seeds of the random checks, as they are asked for on a command line."""


def seeds_of(text: str) -> range:
    """The seeds that ``[FIRST:]NUMBER`` means; raises ValueError for anything else, and for none at all."""
    first, _, number = text.rpartition(":")
    try:
        start, count = int(first or 0), int(number)
    except ValueError:
        raise ValueError(f"seeds are a number or FIRST:NUMBER, not {text!r}") from None
    if count < 1 or start < 0:
        raise ValueError(f"seeds are one at least, from 0 on, not {text!r}")
    return range(start, start + count)
