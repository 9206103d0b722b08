"""Access as a tree: what somebody holds, and below it what that leads to."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from jackfield.cli.text import clean
from jackfield.snapshots.access import Access
from jackfield_contracts import EntitlementId

Circles = Mapping[EntitlementId, Collection[EntitlementId]]


def lines_of(found: Iterable[Access], circles: Circles, *, privileged: bool) -> Iterator[str]:
    """The lines of the tree below its root. With *privileged*, only what is so, and what leads to it.

    What is reached in two ways is shown below both, and what it leads to below the first. What leads back to something above
    it says so: *circles* has those.
    """
    below: dict[EntitlementId | None, dict[EntitlementId, Access]] = {}
    for one in found:
        last = one.path[-1] if one.path else None
        through = EntitlementId(resource=last.resource, slug=last.slug) if last is not None else None
        below.setdefault(through, {}).setdefault(one.entitlement, one)
    kept = _leading_to_privileges(below) if privileged else None
    yield from _lines(None, below, circles, set(), "", kept)


def _lines(
    above: EntitlementId | None,
    below: dict[EntitlementId | None, dict[EntitlementId, Access]],
    circles: Circles,
    shown: set[EntitlementId],
    indent: str,
    kept: set[EntitlementId] | None,
) -> Iterator[str]:
    children = [one for id, one in below.get(above, {}).items() if kept is None or id in kept]
    for number, one in enumerate(children):
        final = number == len(children) - 1
        again = one.entitlement in shown and one.entitlement in below
        mark = " (privileged)" if one.privileged else ""
        seen = f", last seen in run {one.carried.run}" if one.carried else ""
        name = clean(one.resource_name or str(one.entitlement.resource))
        what = clean(one.entitlement_name or one.entitlement.slug)
        more = ", which leads on as shown above" if again else ""
        if back := circles.get(one.entitlement):
            more += f"; a circle leads back to {', '.join(sorted(clean(str(id)) for id in back))}"
        yield f"{indent}{'└─ ' if final else '├─ '}{name}: {what}{mark}{seen}{more}"
        if not again:
            shown.add(one.entitlement)
            yield from _lines(one.entitlement, below, circles, shown, indent + ("   " if final else "│  "), kept)


def _leading_to_privileges(below: dict[EntitlementId | None, dict[EntitlementId, Access]]) -> set[EntitlementId]:
    parents: dict[EntitlementId, set[EntitlementId]] = {}
    for above, children in below.items():
        for id in children:
            if above is not None:
                parents.setdefault(id, set()).add(above)
    left = [id for children in below.values() for id, one in children.items() if one.privileged]
    kept: set[EntitlementId] = set()
    while left:
        id = left.pop()
        if id not in kept:
            kept.add(id)
            left += parents.get(id, ())
    return kept
