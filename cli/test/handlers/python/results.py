"""What AWS's encoder does with it was found with simplejson 4.1.2, set up as AWS's runtime client sets it up."""

import collections
import datetime
import decimal
import enum

Point = collections.namedtuple("Point", "x y")


class Number(enum.IntEnum):
    ONE = 1


def circular():
    result = []
    result.append(result)
    return result


async def coroutine():
    pass


results = {
    "none": lambda: None,
    "decimal": lambda: [decimal.Decimal("1.10"), decimal.Decimal("-nan"), decimal.Decimal("1E+2")],
    "floats": lambda: [0.1, -0.0, 1e22, float("nan"), float("inf"), float("-inf")],
    "large int": lambda: 2**64 + 1,
    "named tuple": lambda: Point(1, (2, [])),
    "bytes inside": lambda: {b"k": "é".encode()},
    "keys": lambda: {None: 1, True: 2, 1.5: 3, Number.ONE: 4, "x": {}},
    "text": lambda: 'é€😀 \u2028 " \\ \x00 \x7f',
    "bytes": lambda: b"\x00\xff",
    "generator": lambda: (n for n in (1, 2)),
    "set": lambda: {1},
    "datetime": lambda: {"at": datetime.datetime(2024, 7, 1)},
    "coroutine": coroutine,
    "circular": circular,
    "tuple key": lambda: {(1, 2): 3},
    "decimal key": lambda: {decimal.Decimal(1): 3},
    "not text": lambda: [b"\xff"],
    "lone surrogate": lambda: "\ud800",
    "deep": lambda: eval("[" * 90 + "]" * 90),
    "shared": lambda: [[1]] * 2,
}


def handler(event, context):
    return results[event]()
