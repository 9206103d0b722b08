"""The errors that a connector raises, and what the host does next."""

import inspect
import re

from generated.text import first, table
from jackfield import errors

_BRANCH = re.compile(r"^[│ ]*[├└]── (\w+) +(.+?) +(\d+)$", re.MULTILINE)


def classes() -> list[type[errors.JackfieldError]]:
    """All errors, in the order of the tree that the module shows."""
    known = {
        name: each
        for name, each in inspect.getmembers(errors, inspect.isclass)
        if issubclass(each, errors.JackfieldError) and each is not errors.JackfieldError
    }
    return [known.pop(name) for name, _, _ in _branches()] + list(known.values())


def overview() -> str:
    """A table: class, what it says, what the host does, exit code."""
    does = {name: what for name, what, _ in _branches()}
    return table(
        ("class", "what happened", "the host will", "exit code"),
        [(f"`{each.__name__}`", first(each), does[each.__name__], str(each.exit_code)) for each in classes()],
    )


def signatures() -> str:
    """How those are made that take more than a JackfieldError does."""
    return "\n".join(
        f"* `{each.__name__}({', '.join(own)})`: {first(each)}" for each in classes() if (own := _own(each))
    )


def _own(error: type[errors.JackfieldError]) -> list[str]:
    if "__init__" not in vars(error):
        return []
    keywords = [
        f"{parameter.name}: {inspect.formatannotation(parameter.annotation)}"
        + ("" if parameter.default is parameter.empty else f" = {parameter.default!r}")
        for parameter in inspect.signature(error.__init__).parameters.values()
        if parameter.kind is parameter.KEYWORD_ONLY
    ]
    return ["summary", "*", *keywords, "…"]


def _branches() -> list[tuple[str, str, str]]:
    return _BRANCH.findall(errors.__doc__ or "")
