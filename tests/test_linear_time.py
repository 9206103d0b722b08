"""What meets foreign text takes linear time: every pattern of the code base, by the methods that are called on it."""

import ast
import importlib
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest

from jackfield.cli.redaction import Redactor
from jackfield.config import Mask, Secret
from jackfield.errors import RemoteContract
from jackfield.exports.csvtable import safe_cell
from jackfield.http import links, places
from jackfield.visible import one_line, visible, visible_json

ROOT = Path(__file__).parent.parent
SOURCES = {
    "jackfield": "framework/src/jackfield",
    "jackfield_testkit": "framework/testkit/src/jackfield_testkit",
    "jackfield_contracts": "contracts/src/jackfield_contracts",
    "jackfield_dropbox": "plugins/dropbox/src/jackfield_dropbox",
    "jackfield_roster": "plugins/roster/src/jackfield_roster",
    "jackfield_scim": "plugins/scim/src/jackfield_scim",
    "jackfield_service": "framework/service/src/jackfield_service",
    "jackfield_c1": "plugins/c1/src/jackfield_c1",
}
NOT_OF_THE_HOST = ("simulator", "demo.py", "template")
METHODS = ("match", "fullmatch", "search", "sub", "subn", "findall", "finditer", "split")

SHARES = 4
LENGTH = 30_000
MOST_OF_A_SECRET = 3000
MOST_SECONDS = 0.125
"""Fifty times what a linear pattern takes for so much; a quadratic one takes 5 x 10^8 steps, half a second or more."""

UNITS = (
    *("a", "a.", "a-", "A", "1", "1.", "_", " ", "\t", "\n", ",", ";", ":", "://", "://a:", "a://b", "@", "a@", "a@a."),
    *(
        "'",
        '"',
        "\\",
        '\\"',
        "<",
        "<a",
        ">",
        "[",
        "[[",
        "]",
        "{",
        "%",
        "%4",
        "#",
        "$",
        "`",
        "=",
        "=;",
        '";',
        "|=",
        "; ",
    ),
    *(
        "\x1b",
        "\u200b",
        "\u200d",
        "\u3164",
        "\ud800",
        "é",
        "日",
        "🦊",
        "token",
        'token" ',
        "token=",
        "code:",
        "Bearer ",
    ),
    *("Bearer", "Basic a", "a=b;", ', <a>; rel="', '; a="\\', "<f:", "http://", "data:", "-_", "api_key", " - at `$"),
)


def sources() -> Iterator[tuple[str, Path, ast.Module]]:
    """The modules in which a pattern may be made or used."""
    for package, folder in SOURCES.items():
        for file in sorted((ROOT / folder).rglob("*.py")):
            within = file.relative_to(ROOT / folder)
            if not any(part in NOT_OF_THE_HOST for part in within.parts):
                text = file.read_text(encoding="utf-8")
                # Most of the time would go into trees in which there is nothing to be found.
                if not any(f".{method}(" in text for method in ("compile", *METHODS)):
                    continue
                name = ".".join((package, *within.with_suffix("").parts)).removesuffix(".__init__")
                yield name, file, ast.parse(text)


@cache
def patterns() -> dict[str, tuple[re.Pattern[str] | re.Pattern[bytes], set[str]]]:
    """Each pattern with the methods that are called on it, anywhere."""
    used: defaultdict[str, set[str]] = defaultdict(set)
    found: dict[str, tuple[re.Pattern[str] | re.Pattern[bytes], set[str]]] = {}
    named: dict[str, str] = {}
    for module, _, tree in sources():
        inside: set[ast.AST] = set()
        nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Assign | ast.AnnAssign | ast.Call)]
        for node in nodes:
            if isinstance(node, ast.Assign | ast.AnnAssign) and _is_compile(node.value):
                target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                assert isinstance(target, ast.Name), f"{module}:{node.lineno}: a pattern without a name of its own"
                inside.add(node.value)  # type: ignore[arg-type]
                named[f"{module}.{target.id}"] = target.id
        for node in nodes:
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            of, method = node.func.value, node.func.attr
            if _is_compile(node):
                assert node in inside, f"{module}:{node.lineno}: a pattern without a name of its own"
            elif isinstance(of, ast.Name) and of.id == "re" and method in METHODS:
                literal = node.args[0]
                if isinstance(literal, ast.Constant):
                    found[f"{module}:{node.lineno}"] = re.compile(literal.value), {method}
            elif method in METHODS:
                used[_last_name(of)].add(method)
    for place, name in named.items():
        module, _, attribute = place.rpartition(".")
        found[place] = getattr(importlib.import_module(module), attribute), used[name]
    return found


def _is_compile(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "re.compile"


def _last_name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def hostile(more: str = "") -> Iterator[str]:
    """Long texts that make a pattern begin over and over, or go back over and over, each with another end."""
    units = dict.fromkeys((*UNITS, *re.findall(r"[A-Za-z]{3,}", more), *re.findall(r"[^\w\\]", more)))
    for unit in units:
        many = unit * (LENGTH // len(unit))
        yield from (many, f"{many}\x00", f"<{many}", f'a="{many}', f"a:{many}@", f"://a:{many}")


def seconds(work: Callable[[], object]) -> float:
    """The processor's time for *work*; the best of some tries, should it be long."""
    best = MOST_SECONDS
    for _ in range(3):
        started = time.process_time()
        work()
        best = min(best, time.process_time() - started)
        if best < MOST_SECONDS / 2:
            break
    return best


# Looking for them takes half a second, which collecting would take in each worker; the shares may go to several.
@pytest.mark.parametrize("share", range(SHARES))
def test_patterns_take_linear_time(share: int):
    slow = [said for place in sorted(patterns())[share::SHARES] for said in _slow(place)]
    assert not slow, "\n".join(slow)


def _slow(place: str) -> Iterator[str]:
    """What is wrong with one pattern: that nobody is seen to use it, or the first text that takes it long."""
    pattern, methods = patterns()[place]
    if not methods:
        yield f"{place} is used in a way that this test does not see"
    for text in hostile(pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")):
        subject = text if isinstance(pattern.pattern, str) else text.encode(errors="replace")
        for method in methods:
            if seconds(lambda: _apply(pattern, method, subject)) >= MOST_SECONDS:  # noqa: B023
                yield f"{place}.{method} on {text[:30]!r} …"
                return


def _apply(pattern: re.Pattern[str] | re.Pattern[bytes], method: str, subject: str | bytes) -> None:
    if method in ("sub", "subn"):
        pattern.sub(lambda found: found.group(), subject)  # type: ignore[arg-type,return-value]
    elif method == "finditer":
        list(pattern.finditer(subject))  # type: ignore[arg-type]
    else:
        getattr(pattern, method)(subject)


def _link(text: str) -> None:
    with suppress(RemoteContract):
        links.link(text, "next")


def _place(text: str) -> None:
    with suppress(RemoteContract):
        places.find(text.encode(errors="replace"), "a.b")


def _masked(text: str) -> None:
    mask = Mask()
    secret = text[:MOST_OF_A_SECRET]
    mask.learn((Secret(secret), Secret(f"{secret}b")))
    mask.text(secret[1:] * (LENGTH // len(secret)))
    mask.text(f"x{secret[:-1]}")


@pytest.mark.parametrize(
    "work",
    [
        *(Redactor().text, lambda text: Redactor().facts({text: text}), _masked, visible, one_line, safe_cell, _link),
        *(_place, lambda text: places.sample(text.encode(errors="replace"))),
        lambda text: visible_json(text.encode(errors="replace")),
    ],
    ids=["redactor", "facts", "mask", "visible", "one_line", "cell", "link", "place", "sample", "json"],
)
def test_what_reads_foreign_text_takes_linear_time(work: Callable[[str], object]):
    for text in hostile():
        assert seconds(lambda: work(text)) < MOST_SECONDS, f"on {text[:30]!r} …"  # noqa: B023


def test_a_quadratic_pattern_does_not_pass():
    bad = re.compile(r"\b[a-z][a-z0-9.]*://")
    assert seconds(lambda: bad.search("a." * (LENGTH // 2))) >= MOST_SECONDS
