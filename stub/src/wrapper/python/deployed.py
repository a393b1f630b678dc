"""[1] Whether the caller of an invocation asks for the deployed code (protocol/deployed-request.ts). The entry that
says so is removed from the client context; the function's code gets every other member byte for byte.
"""

import json
from json.decoder import scanstring

entry = "LIVE_DEBUG_DEPLOYED"
header = b"\r\nlambda-runtime-client-context:"


def take_deployed(head):
    """The head of `next`'s answer without the entry; None if it does not ask for the deployed code."""
    if entry.encode() not in head:
        return None
    start = head.lower().find(header)
    if start < 0:
        return None
    end = head.index(b"\r\n", start + 2)
    given = head[start + len(header) : end].decode("utf-8", "surrogateescape")
    try:
        left = without_entry(given.strip(" \t"))
    except (ValueError, IndexError, RecursionError):
        # Not JSON: leave it to the function.
        return None
    if left is None:
        return None
    if left == "{}":
        return head[:start] + head[end:]
    return head[: start + len(header)] + b" " + left.encode("utf-8", "surrogateescape") + head[end:]


def without_entry(text):
    """JSON text without the entry; None if it has no such entry."""
    if not isinstance(json.loads(text), dict):
        return None
    context, custom = {}, ""
    for name, source, value in members(text):
        context[name] = source
        custom = value if name == "custom" else custom
    if not custom.startswith("{"):
        return None
    entries = {name: source for name, source, _ in members(custom)}
    if entries.pop(entry, None) is None:
        return None
    if entries:
        context["custom"] = '"custom":' + joined(entries)
    else:
        del context["custom"]
    return joined(context)


def members(text):
    """Yields each member of an object: its name, its text, and the text of its value."""
    decoder = json.JSONDecoder()
    at = skip(text, 1)
    while text[at] != "}":
        name, after = scanstring(text, at + 1)
        begins = skip(text, skip(text, after) + 1)
        _, ends = decoder.raw_decode(text, begins)
        yield name, text[at:ends], text[begins:ends]
        at = skip(text, ends)
        if text[at] == ",":
            at = skip(text, at + 1)


def joined(sources):
    return "{" + ",".join(sources.values()) + "}"


def skip(text, at):
    while text[at] in " \t\n\r":
        at += 1
    return at
