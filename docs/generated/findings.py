"""The kinds of findings: what each says, how it is worked out, and what would mend it."""

from generated.text import table
from jackfield.findings import KINDS


def kinds() -> str:
    """A table of the kinds in the order in which people read them."""
    rows = [
        (
            f"`{kind.name.value}`",
            kind.severity.value + (", raised" if kind.raised else ""),
            kind.says,
            kind.how,
            ", ".join(f"`{key}`" for key in kind.keys) or "–",
        )
        for kind in KINDS
    ]
    return table(("kind", "severity", "what it says", "how it is worked out", "set by"), rows)


def mends() -> str:
    """A table of what would mend each kind, and what ``--plan`` writes for it."""
    rows = [(f"`{kind.name.value}`", kind.mend, kind.plans or "nothing") for kind in KINDS]
    return table(("kind", "what would mend it", "what `--plan` writes"), rows)
