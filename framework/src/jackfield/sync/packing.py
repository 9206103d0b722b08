"""Packing: which waiting scopes go into one read."""

from collections.abc import Iterable

from jackfield_contracts import Family, Scope


def pack(family: Family, waiting: Iterable[Scope], *, all_there: bool) -> tuple[list[tuple[Scope, ...]], list[Scope]]:
    """Pack *waiting* in its order into reads that close on reaching the family's weight or number; (reads, rest).

    The rest stays waiting until all scopes are known (*all_there*); so each read but the last carries the full weight.
    """
    reads: list[tuple[Scope, ...]] = []
    batch: list[Scope] = []
    weight = 0
    for scope in waiting:
        batch.append(scope)
        weight += scope.weight
        if weight >= family.max_weight or len(batch) >= family.max_scopes:
            reads.append(tuple(batch))
            batch, weight = [], 0
    if batch and all_there:
        reads.append(tuple(batch))
        batch = []
    return reads, batch
