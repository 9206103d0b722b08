"""Keyed permutations: another number of the same range for each number, and none is its own.

Promises that two numbers never become one; hides the cipher (a Feistel network, walked until the range is met).
"""

from collections.abc import Callable
from hashlib import blake2b

_ROUNDS = 6


def other_number(value: int, size: int, key: bytes, *, within: Callable[[int], bool] | None = None) -> int:
    """The number of ``range(size)`` that stands for *value* under *key*; of those *within* only, where that is given.

    *value* itself comes only where nothing else is in the range.
    """
    if size < 2:
        return value
    half = max(1, ((size - 1).bit_length() + 1) // 2)

    def walk(number: int, step: Callable[[int, int, bytes], int]) -> int:
        number = step(number, half, key)
        while number >= size:
            number = step(number, half, key)
        return number

    # One step along a circle through all of them, in an order that only the key tells: nobody stays where he is.
    place = walk(value, _back)
    while True:
        place = (place + 1) % size
        made = walk(place, _forth)
        if within is None or within(made):
            return made


def _mix(number: int, round: int, half: int, key: bytes) -> int:
    length = (half + 7) // 8
    asked = bytes([round]) + number.to_bytes(length, "big") + half.to_bytes(2, "big")
    return int.from_bytes(blake2b(asked, key=key, digest_size=min(64, length + 8)).digest(), "big") & ((1 << half) - 1)


def _forth(number: int, half: int, key: bytes) -> int:
    left, right = number >> half, number & ((1 << half) - 1)
    for round in range(_ROUNDS):
        left, right = right, left ^ _mix(right, round, half, key)
    return left << half | right


def _back(number: int, half: int, key: bytes) -> int:
    left, right = number >> half, number & ((1 << half) - 1)
    for round in reversed(range(_ROUNDS)):
        left, right = right ^ _mix(left, round, half, key), left
    return left << half | right
