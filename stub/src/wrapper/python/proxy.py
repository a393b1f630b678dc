"""[1] The proxy of the Runtime API: passes on every call byte for byte; an invocation that somebody serves it answers itself,
before the runtime sees it.

Each connection of the runtime has a thread, and its own connection to Lambda.
"""

import os
import select
import socket
import threading
import time

from connection import Upstream, base, next_path, serve_connection
from plain import after_fault, complain, lost, post_plainly
from wire import headers_of, status_of

#: When the runtime ends, what it has already sent is passed on within this, in seconds.
drain_bound = 1.0


def run(listener, environment, runtime, start_runtime):
    """
    Serves until the process `runtime` ends. `start_runtime`: with `wrap_init = "lazy"`, the pipe to write to when the
    deployed code is first needed.
    """
    proxy = Proxy(environment, start_runtime)
    process = pid_descriptor(runtime)
    poll = select.poll()
    # The listener stays with the caller, which takes over if this raises.
    server = socket.socket(fileno=os.dup(listener.fileno()))
    poll.register(server, select.POLLIN)
    if process is not None:
        poll.register(process, select.POLLIN)
    proxy.start()
    while True:
        events = [number for number, _ in poll.poll(1000)]
        if server.fileno() in events:
            client = server.accept()[0]
            try:
                proxy.serve(client)
            except Exception as error:
                threading.Thread(target=after_fault, args=(proxy, client, None, error), daemon=True).start()
        elif process in events or not os.path.exists("/proc/%d" % runtime):
            # Nobody connects any more.
            proxy.drain()
            os._exit(0)


def pid_descriptor(runtime):
    """None if the kernel lacks it, or the process has ended: then `run` checks each second whether the process exists."""
    try:
        return os.pidfd_open(runtime)
    except (AttributeError, OSError):
        return None


class Proxy:
    def __init__(self, environment, start_runtime):
        self.upstream = environment["AWS_LAMBDA_RUNTIME_API"]
        self._start_runtime = start_runtime
        self._relay = None
        self._lock = threading.Lock()
        #: An invocation that no runtime has got yet: the bytes of `next`'s answer.
        self.pending = None
        #: After a fault, a connection that has such an invocation.
        self.orphan = None
        #: A batch of which the deployed code may get parts.
        self.divided = None
        self._busy = set()
        #: The invocation that the deployed code has, if its answer may be copied.
        self._watch = None
        try:
            from relay import Relay

            self._relay = Relay(environment)
            self._relay.start()
        except Exception as error:
            complain("nothing is relayed: the deployed code answers", error)

    def start(self):
        if self._start_runtime is None:
            return

        def until_needed():
            try:
                self._without_runtime()
            except Exception as error:
                complain("the wrapper failed: the deployed code answers", error)
            os.write(self._start_runtime, b"1")
            os.close(self._start_runtime)

        threading.Thread(target=until_needed, daemon=True).start()

    def serve(self, client):
        def serving():
            try:
                serve_connection(self, client)
            except Exception as error:
                after_fault(self, client, None, error)

        thread = threading.Thread(target=serving, daemon=True)
        self._busy.add(thread)
        thread.start()

    def drain(self):
        """The runtime has ended: waits until what it sent just before has been passed on."""
        until = time.monotonic() + drain_bound
        for thread in list(self._busy):
            thread.join(max(0.0, until - time.monotonic()))

    def passing(self, is_passing):
        """Whether this thread may hold something that the runtime sent; it does not while it waits for an invocation."""
        (self._busy.add if is_passing else self._busy.discard)(threading.current_thread())

    def next_for_runtime(self, upstream, request, client=None):
        """The bytes of the next invocation that the deployed code must answer. `client`: the connection that asks for it."""
        while True:
            if self.divided is not None:
                part = self.divided.next()
                if part is not None:
                    return part
                self.divided = None
            upstream.invocation = None
            if client is not None:
                client.taken = [request]
            answer, whole, content = upstream.next(request, client)
            left = asked_for_deployed(answer)
            if left is not None:
                self._left(answer, content)
                return left + whole[len(answer) :]
            if not self._relayed(upstream, answer, content):
                self._left(answer, content)
                return whole
            upstream.asked = False

    def _left(self, answer, content):
        """The deployed code gets this invocation: its answer may be copied."""
        self._watch = None
        try:
            headers = headers_of(answer)
            if self._relay is not None and "lambda-runtime-aws-request-id" in headers:
                self._watch = self._relay.left(headers, content)
        except Exception as error:
            complain("clients that observe get nothing", error)

    def watched(self, method, path):
        """What reads along with this request of the runtime, if it is an answer that may be copied."""
        watch = self._watch
        if watch is None or method != b"POST" or not watch.takes(path):
            return None
        self._watch = None
        return watch

    def restored(self):
        """After a restore from a snapshot: this is another instance now."""
        if self._relay is not None:
            self._relay.restored()

    def take_pending(self):
        with self._lock:
            pending, self.pending = self.pending, None
            return pending

    def put_pending(self, answer):
        with self._lock:
            self.pending = answer

    def pending_request(self):
        with self._lock:
            return None if self.pending is None else headers_of(self.pending).get("lambda-runtime-aws-request-id")

    def _relayed(self, upstream, answer, content):
        """Whether the invocation was answered here."""
        if self._relay is None:
            return False
        try:
            headers = headers_of(answer)
            if status_of(answer) != 200 or "lambda-runtime-aws-request-id" not in headers:
                return False
            upstream.invocation = invocation = self._relay.invocation(headers, content)
            told = self._relay.answer(invocation)
        except Exception as error:
            complain("the wrapper failed: the deployed code answers", error)
            if upstream.invocation is None or not upstream.invocation.begun:
                return False
            told = lost
        if told is None:
            return False
        if told.kind == "batch":
            return self._divide(answer, invocation, told.plan)
        try:
            upstream.post(base + b"invocation/%s/%s" % (invocation.request_id.encode(), told.kind.encode()), told)
        except Exception as error:
            complain("the answer did not reach Lambda: it is sent again", error)
            upstream.close()
            post_plainly(self.upstream, invocation.request_id, told)
        return True

    def _divide(self, head, invocation, plan):
        """Begins to answer a batch in parts; False if that fails before anybody got one."""
        try:
            from divided import Divided

            divided = Divided(self._relay, invocation, head, plan, lambda told: self._post(invocation, told))
            divided.start()
            self.divided = divided
            return True
        except Exception as error:
            complain("the wrapper failed: the deployed code answers", error)
            return False

    def _post(self, invocation, told):
        """Posts the answer of a whole batch."""
        upstream = Upstream(self.upstream)
        upstream.invocation = invocation
        try:
            upstream.post(base + b"invocation/%s/%s" % (invocation.request_id.encode(), told.kind.encode()), told)
        except Exception as error:
            complain("the answer did not reach Lambda: it is sent again", error)
            post_plainly(self.upstream, invocation.request_id, told)
        finally:
            upstream.close()

    def _without_runtime(self):
        """Asks for invocations in place of the runtime, until one is for the deployed code."""
        upstream = Upstream(self.upstream)
        try:
            request = b"GET %s HTTP/1.1\r\nHost: %s\r\n\r\n" % (next_path, self.upstream.encode())
            self.put_pending(self.next_for_runtime(upstream, request))
        except Exception:
            if upstream.asked:
                self.orphan = upstream
            raise


def asked_for_deployed(answer):
    """The head for the runtime if the caller asks for the deployed code, else None."""
    try:
        from deployed import take_deployed

        return take_deployed(answer)
    except Exception as error:
        complain("the wrapper failed: the deployed code answers", error)
        return answer
