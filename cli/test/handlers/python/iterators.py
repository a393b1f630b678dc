"""What can be looped over, but is no list."""

iterators = {
    "generator": lambda: (n for n in (1, 2)),
    "map": lambda: map(str, [1, 2]),
    "zip": lambda: zip([1], [2]),
    "range": lambda: range(2),
    "dict_keys": lambda: {"a": 1}.keys(),
    "set": lambda: {1, 2},
    "frozenset": lambda: frozenset([1]),
    "list_iterator": lambda: iter([1]),
    "bytearray": lambda: [bytearray(b"a")],
    "memoryview": lambda: [memoryview(b"a")],
    "complex": lambda: 1j,
    "type": lambda: int,
    "Exception": lambda: Exception("no"),
}


def handler(event, context):
    return iterators[event]()
