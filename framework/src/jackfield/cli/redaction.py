"""Taking secrets out of text that people will read."""

import re
from typing import Any

from jackfield.config.secrets import MASK as _MASK
from jackfield.config.secrets import Mask

_NAME = re.compile(
    r"(^|[_-])(token|secret|password|passwd|passphrase|authorization|code|code_verifier|verifier|cookie|credentials?"
    r"|api_?key|private_?key)$",
    re.IGNORECASE,
)
_BEARER = re.compile(r"\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{4,}", re.IGNORECASE)
_PAIR = re.compile(
    r"""((?:token|secret|password|authorization|code|code_verifier)["']?(?:=|["']\s*:\s*)["']?)([^\s"'&,;)}]+)""",
    re.IGNORECASE,
)
# It begins at the slashes: what may stand before them would be tried anew at each of its characters.
_IN_ADDRESS = re.compile(r"(://[^/\s:@]*:)[^\s/]+@")


class Redactor:
    """Knows the secrets of this run, and how others look."""

    def __init__(self) -> None:
        self._mask = Mask()

    def learn(self, value: object) -> None:
        """Remember the secrets in *value*: a Secret, or a Struct that has some."""
        self._mask.learn(value)

    def text(self, text: str) -> str:
        """*text* without the secrets that are known, and without what looks like one."""
        text = self._mask.text(text)
        text = _BEARER.sub(rf"\1 {_MASK}", text)
        text = _IN_ADDRESS.sub(rf"\1{_MASK}@", text)
        return _PAIR.sub(rf"\1{_MASK}", text)

    def facts(self, facts: dict[str, Any]) -> dict[str, Any]:
        """*facts* with the values masked whose names say that they are secret, at any depth."""
        return {name: _MASK if _NAME.search(name) and value else self._value(value) for name, value in facts.items()}

    def _value(self, value: Any) -> Any:
        if isinstance(value, dict):
            return self.facts({str(name): each for name, each in value.items()})  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        if isinstance(value, (list, tuple)):
            return [self._value(each) for each in value]  # pyright: ignore[reportUnknownVariableType]
        if value is None or isinstance(value, (bool, int, float)):
            return value
        return self.text(value if isinstance(value, str) else str(value))
