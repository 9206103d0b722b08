"""Keys that a JSON object has twice, of which a decoder takes the last without a word."""

import json
from contextlib import suppress


def repeated_key(text: str | bytes) -> str | None:
    """A key that an object of the JSON *text* has twice, None if there is none."""
    found: list[str] = []

    def note(pairs: list[tuple[str, object]]) -> None:
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                found.append(name)
            seen.add(name)

    with suppress(RecursionError, ValueError):
        json.loads(text, object_pairs_hook=note)
    return found[0] if found else None
