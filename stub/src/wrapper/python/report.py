"""[1] The wrapper's own lines in the function's log. Payloads and credentials are never logged."""

import json
import os


def report(what, **details):
    """Writes one JSON line; its `liveDebug` field distinguishes it from the function's own."""
    line = json.dumps({"liveDebug": what, **{name: str(value)[:500] for name, value in details.items()}})
    try:
        os.write(1, line.encode() + b"\n")
    except OSError:
        pass


def words_of(error):
    """What went wrong, in one line."""
    text = " ".join(str(error).split())
    return "%s: %s" % (type(error).__name__, text) if text else type(error).__name__
