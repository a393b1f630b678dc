"""[1] Copies of what the deployed code answers, for clients that observe: handed to the function's stub, which seals and posts
them. Loaded only if somebody observes. A thread does the work, so that neither an answer nor the next invocation waits for it.
"""

import binascii
import collections
import hashlib
import hmac
import json
import threading
import time
import zlib

from aws import Moment, answer_of, encoded
from plain import complain

#: As in protocol/observer-limits.ts: bytes of an event and of an answer.
most_kept = 256 * 1024
#: Copies that wait, and their bytes; a single one may be larger, since a filter needs the whole event.
most_queued = 20
most_queued_bytes = 4 * 1024 * 1024
#: A copy that has waited longer, in most cases in a frozen instance, is not sent; in seconds.
longest_wait = 60.0
#: For a connection to the Lambda API, and for the stub's answer, which may begin with its cold start.
connect_bound = 2.0
answer_bound = 15.0
longest_idle = 60.0
#: What a client may ask for, in copies a second.
most_per_second = 1000.0
#: Lambda's limit for a payload.
longest_payload = 6291556


class Watch:
    """One invocation that the deployed code has, and its answer as it passes. Nothing here raises."""

    def __init__(self, observing, request_id, event):
        self._observing = observing
        self._paths = tuple(
            b"/2018-06-01/runtime/invocation/%s/%s" % (request_id.encode(), kind) for kind in (b"response", b"error")
        )
        self.request_id = request_id
        self.event = event
        self.at = time.time()
        self.took = 0.0
        self.result = b""
        self.result_bytes = 0
        self.ok = False
        self.content_type = None
        self.error_type = None
        self.since = Moment()

    def takes(self, path):
        self.ok = path == self._paths[0]
        return path in self._paths

    def add(self, raw, content):
        """Reads along: a piece of the body, or a line between its chunks or after them."""
        try:
            if content:
                self.result += content[: max(0, most_kept - self.result_bytes)]
                self.result_bytes += len(content)
            elif raw[:40].lower().startswith(b"lambda-runtime-function-error-type:"):
                self.error_type = raw.partition(b":")[2].decode("latin-1").strip()
        except Exception as error:
            complain("clients that observe get nothing", error)

    def confirmed(self, headers, status):
        """Lambda has the whole answer, and the runtime knows that. `headers`: of the runtime's request."""
        try:
            if not 200 <= status < 300:
                return
            self.took = max(0.0, time.time() - self.at)
            self.content_type = headers.get("content-type")
            self.error_type = headers.get("lambda-runtime-function-error-type", self.error_type)
            self.ok = self.ok and self.error_type is None
            self._observing.put(self)
        except Exception as error:
            complain("clients that observe get nothing", error)


class Client:
    """One client that observes, with its share of the sample and what it does not know yet."""

    def __init__(self):
        self.tokens = None
        self.filled_at = time.time()
        self.skipped = 0
        self.dropped = 0

    def fill(self, per_second):
        most = max(1.0, per_second)
        now = time.time()
        passed = max(0.0, now - self.filled_at)
        self.tokens = most if self.tokens is None else min(most, self.tokens + passed * per_second)
        self.filled_at = now


class Observing:
    def __init__(self, service, stub, secret, instance, observers):
        """`observers`: those that may want an event. `service`: the Lambda API, over a connection of its own."""
        self._service = service
        self._stub = stub
        self._secret = secret
        self._instance = instance
        self._observers = observers
        self._clients = {}
        self._queue = collections.deque()
        self._bytes = 0
        self._changed = threading.Condition()
        self._thread = None

    def watch(self, request_id, event):
        return Watch(self, request_id, event)

    def put(self, watch):
        with self._changed:
            self._queue.append(watch)
            self._bytes += size_of(watch)
            while len(self._queue) > most_queued or (self._bytes > most_queued_bytes and len(self._queue) > 1):
                self._lose(self._take())
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()
            self._changed.notify()

    def _take(self):
        watch = self._queue.popleft()
        self._bytes -= size_of(watch)
        return watch

    def _lose(self, watch):
        for key in self._by_key(watch.event):
            self._clients.setdefault(key, Client()).dropped += 1

    def _by_key(self, event):
        items = {}
        for item in self._observers(event):
            items.setdefault(item["publicKey"], []).append(item)
        return items

    def _run(self):
        while True:
            with self._changed:
                while not self._queue:
                    self._changed.wait()
                watch = self._take()
            try:
                if watch.since.age() > longest_wait:
                    self._lose(watch)
                else:
                    self._send(watch)
            except Exception as error:
                complain("a copy for clients that observe was lost", error)

    def _send(self, watch):
        to, chosen, is_filtered = {}, {}, False
        items = self._by_key(watch.event)
        self._clients = {key: self._clients.get(key) or Client() for key in items}
        for key, own in items.items():
            client = self._clients[key]
            client.fill(per_second(own[0]["observe"]))
            if client.tokens < 1:
                client.skipped += 1
                continue
            client.tokens -= 1
            chosen[key] = client
            to[key] = {"skipped": client.skipped, "dropped": client.dropped}
            is_filtered = is_filtered or all(item["filtered"] for item in own)
        if not to:
            return
        matched = None
        try:
            matched = self._invoke(self._payload(watch, to, is_filtered))
        finally:
            for key, client in chosen.items():
                if matched is None:
                    client.dropped += 1
                elif key in matched:
                    client.skipped -= to[key]["skipped"]
                    client.dropped -= to[key]["dropped"]
                else:
                    client.tokens += 1

    def _payload(self, watch, to, is_filtered):
        """A copy, with a proof by the stage's secret."""
        event = watch.event if is_filtered else watch.event[:most_kept]
        fields = {
            "requestId": watch.request_id,
            "instance": self._instance,
            "at": int(watch.at * 1000),
            "ms": round(watch.took * 1000, 1),
            "ok": watch.ok,
            "contentType": watch.content_type and watch.content_type[:256],
            "errorType": watch.error_type and watch.error_type[:256],
            "eventBytes": len(watch.event),
            "resultBytes": watch.result_bytes,
            "eventKept": len(event),
            "to": to,
        }
        head = json.dumps({name: value for name, value in fields.items() if value is not None})
        head = base64(head.encode("utf-8", "replace"))
        packer = zlib.compressobj(6, zlib.DEFLATED, 31)
        copy = base64(packer.compress(event + watch.result) + packer.flush())
        proof = hmac.new(self._secret, b"live-debug/1 observed\n" + head + b"\n" + copy, hashlib.sha256).hexdigest()
        payload = b'{"liveDebugObserved":"%s","proof":"%s","copy":"%s"}' % (head, proof.encode(), copy)
        if len(payload) > longest_payload:
            raise ValueError("it exceeds what Lambda takes, %d bytes" % longest_payload)
        return payload

    def _invoke(self, payload):
        """The clients that wanted it; raises if the stub did not get it."""
        path = "/2015-03-31/functions/%s/invocations" % encoded(self._stub)
        headers = {"content-type": "application/json", "x-amz-invocation-type": "RequestResponse"}
        wire = self._service.take(connect_bound, longest_idle)
        try:
            wire.connection.settimeout(answer_bound)
            wire.send(self._service.signed(path, headers, payload))
            status, answered, body = answer_of(wire)
        except Exception:
            wire.close()
            raise
        self._service.keep(wire)
        if status != 200 or "x-amz-function-error" in answered:
            raise OSError("the stub %s answered HTTP %d %s" % (self._stub, status, body[:200].decode("utf-8", "replace")))
        return json.loads(body)["matched"]


def size_of(watch):
    return len(watch.event) + len(watch.result)


def per_second(text):
    try:
        value = float(text)
    except ValueError:
        value = 1.0
    return min(most_per_second, value) if value > 0 else 1.0


def base64(data):
    return binascii.b2a_base64(data, newline=False)
