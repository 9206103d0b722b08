"""Packing: which waiting scopes go into one read."""

from hypothesis import given, settings
from hypothesis import strategies as st

from jackfield.sync.packing import pack
from jackfield_contracts import Family, Scope


def scopes(*weights: int) -> list[Scope]:
    return [Scope(name=str(place), family="f", weight=weight) for place, weight in enumerate(weights)]


def weights_of(reads: list[tuple[Scope, ...]]) -> list[list[int]]:
    return [[scope.weight for scope in read] for read in reads]


def test_a_read_closes_on_reaching_the_weight() -> None:
    reads, rest = pack(Family(name="f", max_weight=10, max_scopes=99), scopes(4, 4, 4, 9, 1, 3), all_there=False)
    assert weights_of(reads) == [[4, 4, 4], [9, 1]]
    assert [scope.weight for scope in rest] == [3]


def test_a_read_closes_on_reaching_the_number() -> None:
    reads, rest = pack(Family(name="f", max_weight=99, max_scopes=2), scopes(1, 1, 1), all_there=False)
    assert weights_of(reads) == [[1, 1]]
    assert len(rest) == 1


def test_the_rest_is_read_when_all_scopes_are_known() -> None:
    family = Family(name="f", max_weight=10, max_scopes=99)
    assert weights_of(pack(family, scopes(4), all_there=True)[0]) == [[4]]
    assert pack(family, [], all_there=True) == ([], [])


def test_by_default_a_read_takes_one_scope() -> None:
    assert weights_of(pack(Family(name="f"), scopes(0, 5, 1), all_there=True)[0]) == [[0], [5], [1]]


@given(st.lists(st.integers(0, 3000), max_size=80), st.integers(1, 2500), st.integers(1, 20), st.booleans())
@settings(deadline=None)
def test_each_scope_goes_into_one_read_in_its_order_and_every_read_but_the_last_is_full(
    weights: list[int], max_weight: int, max_scopes: int, all_there: bool
) -> None:
    family, waiting = Family(name="f", max_weight=max_weight, max_scopes=max_scopes), scopes(*weights)
    reads, rest = pack(family, waiting, all_there=all_there)
    assert [scope for read in reads for scope in read] + rest == waiting
    assert not (all_there and rest)
    for place, read in enumerate(reads):
        total = sum(scope.weight for scope in read)
        assert 1 <= len(read) <= max_scopes
        assert total - read[-1].weight < max_weight, "it would have closed before the last scope"
        if not (all_there and place == len(reads) - 1):
            assert total >= max_weight or len(read) == max_scopes
    assert len(rest) < max_scopes
    assert sum(scope.weight for scope in rest) < max_weight
