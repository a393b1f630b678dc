"""[1] The proxy of the Runtime API: passes every call on byte for byte, and answers an invocation that somebody serves
itself, before the runtime sees it.

A thread for each connection of the runtime, with a connection of its own to Lambda.
"""

import os
import select
import socket
import threading
import time

from report import report, words_of
from wire import Ended, Wire, headers_of, method_and_path, status_of, with_host

base = b"/2018-06-01/runtime/"
next_path = base + b"invocation/next"
init_error_path = base + b"init/error"

#: What a runtime has sent when it ends is passed on within this, in seconds.
drain_bound = 1.0


def run(listener, environment, runtime, start_runtime):
    """
    Serves until the process `runtime` ends. `start_runtime`: with `wrap_init = "lazy"`, the pipe to write to when the
    real code is first needed.
    """
    proxy = Proxy(environment, listener, start_runtime)
    proxy.start()
    process = pid_descriptor(runtime)
    poll = select.poll()
    server = socket.socket(fileno=listener.detach())
    poll.register(server, select.POLLIN)
    if process is not None:
        poll.register(process, select.POLLIN)
    while True:
        events = [number for number, _ in poll.poll(1000)]
        if server.fileno() in events:
            proxy.serve(server.accept()[0])
        elif process in events or not os.path.exists("/proc/%d" % runtime):
            # Nobody connects any more.
            proxy.drain()
            os._exit(0)


def pid_descriptor(runtime):
    """None where the kernel has none, or the process has ended: then it is looked for each second."""
    try:
        return os.pidfd_open(runtime)
    except (AttributeError, OSError):
        return None


class Proxy:
    def __init__(self, environment, listener, start_runtime):
        self.upstream = environment["AWS_LAMBDA_RUNTIME_API"]
        self._start_runtime = start_runtime
        self._relay = None
        self._lock = threading.Lock()
        #: An invocation that no runtime has got yet: the bytes of `next`'s answer, and its request id.
        self._pending = None
        self._waiting = threading.Event()
        self._busy = set()
        try:
            from relay import Relay

            self._relay = Relay(environment)
            self._relay.start()
        except Exception as error:
            report("nothing is relayed: the deployed code answers", why=words_of(error))

    def start(self):
        if self._start_runtime is not None:
            threading.Thread(target=self._without_runtime, daemon=True).start()

    def serve(self, client):
        connection = Connection(self, Wire(client))
        thread = threading.Thread(target=connection.run, daemon=True)
        self._busy.add(thread)
        thread.start()

    def drain(self):
        """The runtime has ended: what it sent just before is passed on."""
        until = time.monotonic() + drain_bound
        for thread in list(self._busy):
            thread.join(max(0.0, until - time.monotonic()))

    def passing(self, is_passing):
        """This thread may have something of the runtime's in its hands; not so while it waits for an invocation."""
        (self._busy.add if is_passing else self._busy.discard)(threading.current_thread())

    def relayed(self, upstream, answer, content):
        """Whether the invocation was answered here. Never raises."""
        try:
            from relay import Invocation

            headers = headers_of(answer)
            if self._relay is None or status_of(answer) != 200 or "lambda-runtime-aws-request-id" not in headers:
                return False
            invocation = Invocation(headers, content)
            told = self._relay.answer(invocation)
        except Exception as error:
            report("the wrapper failed: the deployed code answers", why=words_of(error))
            return False
        if told is None:
            return False
        try:
            upstream.post(base + b"invocation/%s/%s" % (invocation.request_id.encode(), told.kind.encode()), told)
        except Exception as error:
            report("the answer did not reach Lambda", why=words_of(error))
        return True

    def next_for_runtime(self, upstream, request):
        """The bytes of the next invocation that the deployed code is to answer."""
        while True:
            answer, whole, content = upstream.next(request)
            left = asked_for_deployed(answer)
            if left is not None:
                return left + whole[len(answer) :]
            if not self.relayed(upstream, answer, content):
                return whole

    def take_pending(self):
        with self._lock:
            pending, self._pending = self._pending, None
            return pending

    def put_pending(self, answer):
        with self._lock:
            self._pending = answer

    def pending_request(self):
        with self._lock:
            return None if self._pending is None else headers_of(self._pending).get("lambda-runtime-aws-request-id")

    def _without_runtime(self):
        """Asks for invocations in place of the runtime, until one is for the deployed code."""
        try:
            upstream = Upstream(self.upstream)
            request = b"GET %s HTTP/1.1\r\nHost: %s\r\n\r\n" % (next_path, self.upstream.encode())
            self.put_pending(self.next_for_runtime(upstream, request))
        except Exception as error:
            report("the wrapper failed: the deployed code answers", why=words_of(error))
        os.write(self._start_runtime, b"1")
        os.close(self._start_runtime)


class Upstream:
    """A connection to Lambda's Runtime API."""

    def __init__(self, address):
        self.address = address
        self._wire = None

    def fresh(self):
        """A connection that the other end has not closed."""
        if self._wire is not None and readable(self._wire.connection):
            self.close()
        if self._wire is None:
            host, _, port = self.address.rpartition(":")
            self._wire = Wire(socket.create_connection((host, int(port))))
        return self._wire

    def close(self):
        if self._wire is not None:
            self._wire.close()
            self._wire = None

    def next(self, request):
        """The head, the whole bytes and the content of the answer to `next`."""
        wire = self.fresh()
        wire.send(request)
        answer = wire.head()
        if not answer:
            raise Ended("before an answer")
        pieces = list(wire.body(answer, b"GET"))
        return answer, answer + b"".join(raw for raw, _ in pieces), b"".join(content for _, content in pieces)

    def post(self, path, answer):
        """Posts an answer of our own."""
        head = b"POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n" % (path, self.address.encode(), len(answer.body))
        wire = self.fresh()
        wire.send(head + ("%s: %s\r\n\r\n" % answer.header).encode() + answer.body)
        status = wire.head()
        for _ in wire.body(status, b"POST"):
            pass
        if status_of(status) != 202:
            report("Lambda refused the answer", status=status_of(status))


class Connection:
    """One connection of the runtime's."""

    def __init__(self, proxy, client):
        self._proxy = proxy
        self._client = client
        self._upstream = Upstream(proxy.upstream)

    def run(self):
        try:
            while True:
                head = self._client.head()
                if not head or not self._pass(head):
                    break
        except (OSError, Ended):
            # One end is gone; the other sees it, as it would without us.
            pass
        except Exception as error:
            report("the wrapper failed to pass on a call of the runtime", why=words_of(error))
        finally:
            self._proxy.passing(False)
            self._client.close()
            self._upstream.close()

    def _pass(self, head):
        """Whether the connection may be used again."""
        method, path = method_and_path(head)
        if method == b"GET" and path == next_path:
            self._proxy.passing(False)
            try:
                return self._pass_next(with_host(head, self._proxy.upstream))
            finally:
                self._proxy.passing(True)
        if path == init_error_path and self._proxy.pending_request() is not None:
            # Put off, the init phase is part of an invocation, whose error this is.
            request_id = self._proxy.pending_request().encode()
            self._proxy.take_pending()
            head = head.replace(init_error_path, base + b"invocation/%s/error" % request_id, 1)
        return self._pass_on(method, head)

    def _pass_next(self, head):
        whole = self._proxy.take_pending() or self._proxy.next_for_runtime(self._upstream, head)
        if readable(self._client.connection):
            # It asks no more: what it would have got is for whom asks next.
            self._proxy.put_pending(whole)
            return False
        self._client.send(whole)
        return keeps(whole[: whole.index(b"\r\n\r\n") + 4])

    def _pass_on(self, method, head):
        upstream = self._upstream.fresh()
        upstream.send(with_host(head, self._proxy.upstream))
        if headers_of(head).get("expect", "").lower() == "100-continue":
            answer = upstream.head()
            if status_of(answer) != 100:
                return self._pass_back(upstream, method, answer) and False
            self._client.send(answer)
        whole = True
        try:
            for raw, _ in self._client.body(head):
                upstream.send(raw)
        except OSError:
            # Refused before its end, e.g. as too large: what was answered is still to be read.
            whole = False
        answer = upstream.head()
        while answer and 100 <= status_of(answer) < 200:
            self._client.send(answer)
            answer = upstream.head()
        return self._pass_back(upstream, method, answer) and whole

    def _pass_back(self, upstream, method, answer):
        if not answer:
            raise Ended("before an answer")
        self._client.send(answer)
        for raw, _ in upstream.body(answer, method):
            self._client.send(raw)
        return keeps(answer)


def asked_for_deployed(answer):
    """What the runtime gets where the caller asks for the deployed code. Never raises."""
    try:
        from deployed import take_deployed

        return take_deployed(answer)
    except Exception as error:
        report("the wrapper failed: the deployed code answers", why=words_of(error))
        return answer


def keeps(answer):
    """Whether the connection goes on after this answer."""
    headers = headers_of(answer)
    framed = "content-length" in headers or "transfer-encoding" in headers or status_of(answer) in (204, 304)
    return framed and headers.get("connection", "").lower() != "close" and answer.startswith(b"HTTP/1.1")


def readable(connection):
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(0))
