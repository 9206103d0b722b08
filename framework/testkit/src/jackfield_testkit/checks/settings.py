"""What settings of a connection change: the same rules under each that the author gives, and which none of them tries."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

from jackfield.config.secrets import Secret
from jackfield_testkit.bench import Bench
from jackfield_testkit.checks import (
    belonging,
    changing,
    editing,
    failing,
    filed,
    granting,
    identity,
    leaving,
    moving,
    reading,
    refusing,
    sharing,
    waiting,
)
from jackfield_testkit.data import Finding, Lacking, NotApplicable, Variant

_RULES: tuple[Callable[[Bench], Awaitable[None]], ...] = (
    reading.shows_the_truth,
    identity.shows_every_fact,
    belonging.names_one_account,
    reading.refers_to_what_is_there,
    reading.gives_pages_that_fit,
    identity.leaves_out_no_row,
    reading.resumes_at_every_cursor,
    failing.starts_over_where_a_cursor_lapses,
    reading.asks_for_nothing_twice,
    filed.tells_of_broken_rows,
    filed.reads_one_edition_of_a_file,
    sharing.leaves_nothing_behind,
    waiting.offers_what_it_can,
    leaving.leaves_the_rest_of_access,
    changing.grants_and_revokes,
    changing.repeats_without_effect,
    refusing.tells_refusals,
    leaving.loses_nobody_elses_change,
    granting.grants_one_to_many,
    leaving.leaves_the_rest_of_accounts,
    editing.clears_what_is_emptied,
    moving.loses_none_where_a_listing_moves,
)
"""Those that settings of reading and of writing change. What a first change loses no later one can: the one that looks at
what stands beside comes before others; what takes people away comes last."""


async def keeps_the_rules_under_every_setting(bench: Bench) -> None:
    """Under each other configuration that the author gives the truth is shown, page by page, and changes are made.

    A setting that nobody tries works the way that it was imagined: it is the first thing that a stranger's tenant needs.
    """
    every = bench.found.type.config
    if not [*_keys(every, bench.config, "")]:
        raise NotApplicable("the connector has no settings that may be left out")
    variants: Mapping[str, Variant] = getattr(bench.backend, "variants", dict[str, Variant])()
    configs: list[Any] = [bench.config]
    for name, variant in variants.items():
        other = bench.beside(variant.config, variant.backend, variant.samples)
        configs.append(other.config)
        try:
            for rule in _RULES:
                await _tried(rule, other, name)
        finally:
            other.close()
    _left(bench, every, configs)


async def _tried(rule: Callable[[Bench], Awaitable[None]], bench: Bench, name: str) -> None:
    try:
        await rule(bench)
    except NotApplicable:
        return
    except Finding as finding:
        where = f"the configuration {name!r} of the backend's variants"
        raise Finding(f"{rule.__name__}: {finding.what}", where, *finding.steps) from None


def _left(bench: Bench, every: type, configs: list[Any]) -> None:
    """Tell of the settings that have one and the same value in all of *configs*."""
    seen: dict[str, set[str]] = {}
    for config in configs:
        for key, value in _keys(every, config, ""):
            seen.setdefault(key, set()).add(value)
    same = sorted(key for key, values in seen.items() if len(values) == 1)
    if same and not any(len(values) > 1 for values in seen.values()):
        raise Lacking(f"the backend has no variants, so that what {', '.join(same)} do is not checked")
    if same:
        bench.leave(f"no variant has another {', '.join(same)}", 1 - len(same) / len(seen))


def _keys(type_: type, config: Any, before: str) -> Iterator[tuple[str, str]]:
    """The settings that may be left out, by their place, with their values; those of tables that are there as well."""
    hints = get_type_hints(type_)
    for field in msgspec.structs.fields(type_):
        value = getattr(config, field.name)
        key = f"{before}{field.name}"
        inner = _struct(hints[field.name])
        if isinstance(value, Secret):
            continue
        if inner is not None and get_origin(hints[field.name]) is not tuple:
            if value is not None:
                yield from _keys(inner, value, f"{key}.")
        elif inner is None and not field.required:
            yield key, repr(value)


def _struct(hint: Any) -> type[msgspec.Struct] | None:
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return hint
    for each in get_args(hint):
        if (found := _struct(each)) is not None:
            return found
    return None
