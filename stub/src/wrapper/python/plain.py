"""[1] What still works after a fault of the proxy: bytes are passed unchanged, and an answer is posted. This file depends on
none of the others.
"""

import os
import select
import socket

next_request = b"GET /2018-06-01/runtime/invocation/next "

#: For Lambda to accept an answer, in seconds.
post_bound = 5.0


class Lost:
    """The answer to an invocation that somebody may have begun: the deployed code must not run it as well."""

    kind = "error"
    header = ("Lambda-Runtime-Function-Error-Type", "LiveDebugLostError")
    body = (
        b'{"errorType":"LiveDebugLostError","errorMessage":"The wrapper failed while it had this invocation, which may '
        b"have run on a developer's machine; the caller may try again\",\"stackTrace\":[]}"
    )


lost = Lost()


def complain(what, error):
    """As `report`, but never raises."""
    try:
        from report import report, words_of

        report(what, why=error if isinstance(error, str) else words_of(error))
    except Exception as fault:
        words = "".join(each for each in "%s; %s" % (error, fault) if each.isalnum() or each in " .:_-")
        try:
            os.write(1, ('{"liveDebug":"%s","why":"%s"}\n' % (what, words[:500])).encode("ascii", "ignore"))
        except OSError:
            pass


def post_plainly(address, request_id, answer):
    """Posts an answer; if Lambda already has one, it refuses this one."""
    try:
        with connected(address) as connection:
            path = "/2018-06-01/runtime/invocation/%s/%s" % (request_id, answer.kind)
            head = "POST %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n" % (path, address)
            head += "Content-Length: %d\r\n%s: %s\r\n\r\n" % ((len(answer.body),) + answer.header)
            connection.sendall(head.encode() + answer.body)
            while connection.recv(65536):
                pass
    except OSError as error:
        complain("the answer did not reach Lambda", error)


def after_fault(proxy, client, connection, error):
    """Passes on what was received on a connection of the runtime, and everything that follows."""
    if getattr(proxy, "divided", None) is not None:
        # Lambda would take a part's answer for the whole batch's. So the runtime ends, and the batch comes again.
        complain("the wrapper failed with a batch in parts", error)
        return
    complain("the wrapper failed: the deployed code answers", error)
    to_client, to_server, upstream = b"", b"", None
    if connection is not None:
        upstream, to_client, to_server = connection.upstream, connection.held, connection.client.left()
    try:
        if (proxy.pending or proxy.orphan) and not to_server:
            to_server = client.recv(65536)
        if to_server.startswith(next_request) and not to_client:
            # An invocation was taken before this runtime started.
            if proxy.pending:
                to_client, to_server, proxy.pending = proxy.pending, b"", None
            elif proxy.orphan:
                upstream, to_server, proxy.orphan = proxy.orphan, b"", None
        wire = None if upstream is None else upstream.wire
        if upstream is not None and upstream.invocation is not None and upstream.invocation.begun:
            post_plainly(proxy.upstream, upstream.invocation.request_id, lost)
            to_server, wire = next_request + b"HTTP/1.1\r\nHost: %s\r\n\r\n" % proxy.upstream.encode(), None
        if wire is not None:
            to_client += wire.left()
        server = connected(proxy.upstream) if wire is None else wire.connection
        server.settimeout(None)
        server.sendall(to_server)
        client.sendall(to_client)
        pump(client, server)
        server.close()
    except (OSError, ValueError):
        # One end is gone.
        pass


def connected(address):
    host, _, port = address.rpartition(":")
    server = socket.create_connection((host, int(port)), post_bound)
    server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return server


def pump(client, server):
    """Passes bytes both ways until one end closes its connection."""
    others = {client.fileno(): (client, server), server.fileno(): (server, client)}
    poll = select.poll()
    for number in others:
        poll.register(number, select.POLLIN)
    while True:
        for number, _ in poll.poll():
            source, target = others[number]
            piece = source.recv(65536)
            if not piece:
                return
            target.sendall(piece)
