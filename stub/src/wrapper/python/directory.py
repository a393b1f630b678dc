"""[1] Who serves this function, from the stage's table: read in the background, and waited for only while reading works."""

import json
import threading
import time

from aws import Moment, answer_of
from report import report, words_of

#: A look-up older than this is renewed before it decides, as in the stub.
renew_after = 2.0
#: DynamoDB answers within a few milliseconds; an invocation waits for it no longer than this,
renew_bound = 0.1
#: and for the first reading, which connects, no longer than this.
first_bound = 0.25
#: A reading ends within this.
read_bound = 2.0
#: The other end may have dropped a connection that was idle for longer; long, since a reading can be repeated.
longest_idle = 60.0
#: A client that the stub did not reach is passed over for this long, or until it has another connection.
passed_over = 10.0
#: A page holds 1 MB.
most_pages = 10

#: As in protocol/directory.ts.
longest_filter = 4096
most_needs = 10

required = "stage item connectionId publicKey session user host version since leaseUntil expiresAt".split()


class Directory:
    def __init__(self, service, table, stage, function, observe_only=False):
        self._service = service
        self._table = table
        self._stage = stage
        self._keys = ("client#" + function, "client#*")
        self._filtered = tuple(key + "#" for key in self._keys)
        self._observed = ("client#~observe#%s#" % function, "client#~observe#*#")
        self._observe_only = observe_only
        self._lock = threading.Lock()
        self._items = None
        self._observers = ()
        self._read_at = None
        self._began_at = None
        self._reading = None
        self._in_order = True
        self._passed_over = {}

    def forget(self):
        """Drops what was read before a snapshot."""
        self._service.forget()
        with self._lock:
            self._items, self._observers, self._read_at = None, (), None
            self._in_order, self._passed_over = True, {}

    def refresh(self):
        """Begins a reading unless one is under way. Returns the event that is set once it has ended."""
        with self._lock:
            if self._reading is None:
                self._reading = threading.Event()
                self._began_at = Moment()
                threading.Thread(target=self._read, args=(self._reading,), daemon=True).start()
            return self._reading

    def serving(self, event):
        """
        The connections of clients that may serve an event. A client with a filter is left out only if the event lacks a
        text that the filter needs: the stub matches patterns. If the table is slow or can't be read, the previous
        reading decides at once; without one, nobody serves.
        """
        # Clients that were not reached may have another connection by now.
        if self._read_at is None or self._read_at.age() > renew_after or (self._live(event) and not self._reachable(event)):
            if self._in_order:
                bound = first_bound if self._read_at is None else renew_bound
                if not self.refresh().wait(bound):
                    self._fault("no answer within %d ms" % (1000 * bound))
            elif self._began_at is None or self._began_at.age() > renew_after:
                self.refresh()
        return self._reachable(event)

    def observers(self, event):
        """The items of clients that may want a copy, by what was read last; the stub matches patterns."""
        return live(self._observers, event)

    def observed(self):
        """Whether anybody observes, by what was read last."""
        return len(self._observers) > 0

    def _live(self, event):
        return [item["connectionId"] for item in live(self._items or (), event)]

    def _reachable(self, event):
        now = time.time()
        return [connection for connection in self._live(event) if self._passed_over.get(connection, 0) < now]

    def pass_over(self, connections):
        """Passes over clients that the stub did not reach."""
        now = time.time()
        others = {connection: until for connection, until in self._passed_over.items() if until > now}
        self._passed_over = {**others, **{connection: now + passed_over for connection in connections}}

    def _read(self, ended):
        try:
            began = Moment()
            items = self._query()
            self._items, self._observers = items
            self._read_at = began
            was_in_order, self._in_order = self._in_order, True
            if not was_in_order:
                report("the directory answers again")
        except Exception as error:
            self._fault(words_of(error))
        finally:
            with self._lock:
                self._reading = None
            ended.set()

    def _fault(self, reason):
        was_in_order, self._in_order = self._in_order, False
        if was_in_order:
            report("the directory can't be read: the deployed code answers", table=self._table, why=reason)

    def _query(self):
        """
        The items of clients that may serve this function: those with a filter, the function's own, the stage's; and of
        those that observe it.
        """
        found, start = [], None
        for _ in range(most_pages):
            query = {
                "TableName": self._table,
                "KeyConditionExpression": "#stage = :stage AND begins_with(#item, :prefix)",
                "ExpressionAttributeNames": {"#stage": "stage", "#item": "item"},
                "ExpressionAttributeValues": {":stage": {"S": self._stage}, ":prefix": {"S": "client#"}},
                "ConsistentRead": True,
            }
            if start:
                query["ExclusiveStartKey"] = start
            answer = self._call(json.dumps(query).encode())
            found += [client for client in map(client_of, answer.get("Items", ())) if client is not None]
            start = answer.get("LastEvaluatedKey")
            if not start:
                break
        observers = [client for client in found if client["observe"] and client["item"].startswith(self._observed)]
        serving = [] if self._observe_only else [client for client in found if client["observe"] is None]
        filtered = [client for client in serving if client["item"].startswith(self._filtered)]
        return filtered + [client for key in self._keys for client in serving if client["item"] == key], observers

    def _call(self, body):
        headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": "DynamoDB_20120810.Query"}
        request = self._service.signed("/", headers, body)
        for last in (False, True):
            wire = self._service.take(read_bound, longest_idle)
            try:
                wire.connection.settimeout(read_bound)
                wire.send(request)
                status, _, content = answer_of(wire)
                break
            except Exception:
                wire.close()
                # A kept connection may be dead since Lambda froze the instance.
                if last:
                    raise
        self._service.keep(wire)
        answer = json.loads(content)
        if status != 200:
            kind = str(answer.get("__type", "")).split("#")[-1] or "HTTP %d" % status
            raise OSError("%s: %s" % (kind, str(answer.get("message", answer.get("Message", ""))).split("\n")[0]))
        return answer


def live(items, event):
    """Those with a valid lease whose filter does not need a text that the event lacks."""
    now = time.time() * 1000
    return [item for item in items if item["leaseUntil"] > now and all(need in event for need in item["needs"])]


def client_of(item):
    """The relevant fields of a client's item; None for an item of another version."""
    try:
        if not all(isinstance(next(iter(item[name].values())), str) for name in required):
            return None
        return {
            "item": item["item"]["S"],
            "connectionId": item["connectionId"]["S"],
            "leaseUntil": float(item["leaseUntil"]["N"]),
            "publicKey": item["publicKey"]["S"],
            "filtered": "filter" in item,
            "needs": needs_of(item.get("filter", {}).get("S", "{}")),
            "observe": item.get("observe", {}).get("S"),
        }
    except (KeyError, TypeError, ValueError, AttributeError, StopIteration):
        return None


def needs_of(text):
    """Texts that occur in every event that a filter matches; empty if the filter names none."""
    if len(text) > longest_filter:
        return []
    needs = json.loads(text).get("needs", [])
    return [need.encode() for need in needs[:most_needs]]
