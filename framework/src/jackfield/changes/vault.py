"""Secret arguments: a change holds where the value is read from, and only the connector is given the value.

Promises that no value is in a change, and so in no plan, journal, policy or output; and that whatever the connector says
of one is masked. Hides the values.
"""

import json
from collections.abc import Callable, Sequence
from urllib.parse import quote, quote_plus

from jackfield.changes.kinds.operations import Operations
from jackfield.changes.kinds.registry import kind_of
from jackfield.config import Mask, Secret
from jackfield.errors import BadConfig
from jackfield_contracts import Change

SHORTEST = 4
"""Characters of the shortest value that can be told from other text, and so be masked in it."""

Reveal = Callable[[str, str], Secret]
"""What a reference (``env:NAME``) refers to; the second text is its place, for the error."""


class Vault:
    """The values that the changes of one command need."""

    def __init__(self, reveal: Reveal | None, mask: Mask) -> None:
        self._reveal = reveal
        self._mask = mask
        self._values: dict[str, Secret] = {}

    def __repr__(self) -> str:
        return "Vault(***)"

    def open(self, changes: Sequence[Change], operations: Operations) -> None:
        """Read every value that *changes* need, each reference once; raises BadConfig where one leads nowhere."""
        for change in changes:
            for name, reference in operations.secrets(change).items():
                if reference not in self._values:
                    self._values[reference] = self._read(name, reference)

    def _read(self, name: str, reference: str) -> Secret:
        if self._reveal is None:
            raise BadConfig("secret arguments can't be read here", path=name)
        value = self._reveal(reference, name)
        text = value.reveal()
        if len(text) < SHORTEST:
            raise BadConfig(
                f"what {name} refers to has fewer than {SHORTEST} characters, and can't be masked", path=name
            )
        # In the forms in which an application may send it back.
        forms = (
            text,
            json.dumps(text)[1:-1],
            json.dumps(text, ensure_ascii=False)[1:-1],
            quote(text),
            quote_plus(text),
        )
        self._mask.learn([Secret(form) for form in dict.fromkeys((*forms, quote(text, safe="")))])
        return value

    def filled(self, change: Change, operations: Operations) -> Change:
        """*change* with its secret values in place, for the call of the connector and nothing else."""
        values = {name: self._values[reference].reveal() for name, reference in operations.secrets(change).items()}
        kind = kind_of(change)
        return kind.with_arguments(change, {**kind.arguments(change), **values}) if values else change
