"""[1] One connection of the runtime, and the one to Lambda's Runtime API behind it."""

import select
import socket

from plain import after_fault, complain
from wire import Ended, Wire, headers_of, method_and_path, status_of, with_host

base = b"/2018-06-01/runtime/"
next_path = base + b"invocation/next"
init_error_path = base + b"init/error"
#: What a runtime requests before SnapStart's snapshot: answered after the restore.
restore_path = base + b"restore/next"


class Upstream:
    """A connection to Lambda's Runtime API."""

    def __init__(self, address):
        self.address = address
        self.wire = None
        #: A `next` is under way, or the invocation that it returned has not been passed on.
        self.asked = False
        #: The invocation of the last `next`, if it may be relayed.
        self.invocation = None

    def fresh(self):
        """A connection that the other end has not closed."""
        if self.wire is not None and readable(self.wire.connection):
            self.close()
        if self.wire is None:
            host, _, port = self.address.rpartition(":")
            self.wire = Wire(socket.create_connection((host, int(port))))
        return self.wire

    def close(self):
        if self.wire is not None:
            self.wire.close()
            self.wire = None

    def next(self, request, client=None):
        """The head, the whole bytes and the content of the answer to `next`."""
        wire = self.fresh()
        wire.taken = []
        wire.send(request)
        self.asked = True
        if client is not None:
            client.taken = []
        answer = wire.head()
        if not answer:
            raise Ended("before an answer")
        pieces = list(wire.body(answer, b"GET"))
        return answer, answer + b"".join(raw for raw, _ in pieces), b"".join(content for _, content in pieces)

    def post(self, path, answer):
        """Posts an answer of our own."""
        head = b"POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n" % (path, self.address.encode(), len(answer.body))
        wire = self.fresh()
        wire.taken = []
        attempt = self.invocation and self.invocation.headers.get("lambda-runtime-invocation-id")
        if attempt:
            # As Lambda's newer clients do, name the attempt at this request that is answered.
            head += b"Lambda-Runtime-Invocation-Id: %s\r\n" % attempt.encode("utf-8", "surrogateescape")
        wire.send(head + ("%s: %s\r\n\r\n" % answer.header).encode() + answer.body)
        status = wire.head()
        if not status:
            raise Ended("before an answer")
        for _ in wire.body(status, b"POST"):
            pass
        if status_of(status) != 202:
            complain("Lambda refused the answer", "HTTP %d" % status_of(status))


def serve_connection(proxy, client):
    """Serves one connection of the runtime until it ends."""
    connection = None
    try:
        connection = Connection(proxy, client)
        connection.run()
    except (OSError, Ended):
        # One end is gone; the other notices it, as it would without the proxy.
        pass
    except Exception as error:
        after_fault(proxy, client, connection, error)
    finally:
        client.close()
        proxy.passing(False)


class Connection:
    """One connection of the runtime. Anything raised other than its end is a fault of the proxy."""

    def __init__(self, proxy, client):
        self._proxy = proxy
        self.client = Wire(client)
        self.upstream = Upstream(proxy.upstream)
        #: What the runtime must get before anything else.
        self.held = b""

    def run(self):
        while True:
            head = self.client.head()
            if not head or not self._pass(head):
                break
        self.upstream.close()

    def _pass(self, head):
        """Whether the connection may be used again."""
        method, path = method_and_path(head)
        if method == b"GET" and path in (next_path, restore_path):
            self._proxy.passing(False)
            try:
                if path == next_path:
                    return self._pass_next(with_host(head, self._proxy.upstream))
                keeps = self._pass_on(method, head)
                self._proxy.restored()
                return keeps
            finally:
                self._proxy.passing(True)
        if path == init_error_path and self._proxy.pending_request() is not None:
            # With lazy init, the init phase is part of an invocation, and this is its error.
            request_id = self._proxy.pending_request().encode()
            self._proxy.take_pending()
            head = head.replace(init_error_path, base + b"invocation/%s/error" % request_id, 1)
        divided = self._proxy.divided
        if divided is not None and divided.takes(method, method_and_path(head)[1]):
            return self._take_part(divided, head, path == init_error_path)
        return self._pass_on(method, head)

    def _take_part(self, divided, head, ends):
        """
        Takes the runtime's answer to a part of a batch, and confirms it as Lambda does. `ends`: the runtime ends with it, so
        the whole batch is answered before.
        """
        body = b"".join(content for _, content in self.client.body(head))
        self.client.taken = []
        divided.answered(method_and_path(head)[1], body)
        if ends:
            divided.wait()
        confirmed = b'{"status":"OK"}\n'
        self.client.send(
            b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(confirmed) + confirmed
        )
        return True

    def _pass_next(self, head):
        if self._proxy.orphan is not None:
            raise RuntimeError("the invocation came before a fault")
        self.held = self._proxy.take_pending() or b""
        if not self.held:
            self.held = self._proxy.next_for_runtime(self.upstream, head, self.client)
            if self.upstream.wire is not None:
                self.upstream.wire.taken = []
        self.client.taken = []
        whole = self.held
        if readable(self.client.connection):
            # This connection no longer waits: the next one that asks gets the invocation.
            self._proxy.put_pending(whole)
            return False
        keeps = stays_open(whole[: whole.index(b"\r\n\r\n") + 4])
        self.client.send(whole)
        self.held = b""
        return keeps

    def _pass_on(self, method, head):
        watched = self._proxy.watched(method, method_and_path(head)[1])
        upstream = self.upstream.fresh()
        upstream.taken = []
        upstream.send(with_host(head, self._proxy.upstream))
        self.client.taken = []
        if headers_of(head).get("expect", "").lower() == "100-continue":
            answer = upstream.head()
            if status_of(answer) != 100:
                return self._pass_back(upstream, method, answer) and False
            self.client.send(answer)
            upstream.taken = []
        whole = True
        try:
            for raw, content in self.client.body(head):
                upstream.send(raw)
                self.client.taken = []
                if watched is not None:
                    watched.add(raw, content)
        except OSError:
            # Refused before its end, e.g. as too large: the answer must still be read.
            whole = False
        answer = upstream.head()
        while answer and 100 <= status_of(answer) < 200:
            self.client.send(answer)
            upstream.taken = []
            answer = upstream.head()
        keeps = self._pass_back(upstream, method, answer) and whole
        if watched is not None and whole:
            # After the runtime has been told: it need not wait for this.
            watched.confirmed(headers_of(head), status_of(answer))
        return keeps

    def _pass_back(self, upstream, method, answer):
        if not answer:
            raise Ended("before an answer")
        self.client.send(answer)
        upstream.taken = []
        for raw, _ in upstream.body(answer, method):
            self.client.send(raw)
            upstream.taken = []
        return stays_open(answer)


def stays_open(answer):
    """Whether the connection goes on after this answer."""
    headers = headers_of(answer)
    framed = "content-length" in headers or "transfer-encoding" in headers or status_of(answer) in (204, 304)
    return framed and headers.get("connection", "").lower() != "close" and answer.startswith(b"HTTP/1.1")


def readable(connection):
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(0))
