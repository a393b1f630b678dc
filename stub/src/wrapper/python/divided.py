"""[1] A batch of which the deployed code gets a part: to its runtime each part is an invocation, and its answers stay here until
all parts together are one answer. As stub/src/batch/split-batch.ts; the stub tells which records belong together.
"""

import json
import threading
import time

from plain import complain, lost
from relay import failure, response, time_left
from report import report

#: As the stub's own margin, in seconds: the answer is given before Lambda's limit.
margin = 0.5


class Divided:
    def __init__(self, relay, invocation, head, plan, post):
        """`head`: of the answer of `next`. `plan`: the stub's. `post`: sends the answer of the whole batch to Lambda."""
        self._relay = relay
        self._invocation = invocation
        self._head = part_head(head)
        self._records = [record for records in plan["rounds"] for record in records]
        self._rounds = plan["rounds"]
        #: Some client wants what no filter matches.
        self._rest_served = plan["rest"]
        self._post = post
        self._changed = threading.Condition()
        #: A part for the runtime, and whether the runtime has it.
        self._part, self._given, self._answer = None, False, None
        self._over = False

    def start(self):
        threading.Thread(target=self._run, daemon=True).start()

    def next(self):
        """The bytes of the next part for the runtime, which waits for an invocation; None once the batch has been answered."""
        with self._changed:
            if self._part is not None and self._given:
                self._settle(failure(b'{"errorType":"Runtime.Unknown","errorMessage":"the runtime gave no answer"}'))
            self._changed.wait_for(lambda: self._over or (self._part is not None and not self._given))
            if self._over:
                return None
            self._given = True
            return self._head % len(self._part) + self._part

    def takes(self, method, path):
        """Whether a request of the runtime is the answer to a part."""
        start = b"/2018-06-01/runtime/invocation/%s/" % self._invocation.request_id.encode()
        return method == b"POST" and path in (start + b"response", start + b"error")

    def answered(self, path, body):
        with self._changed:
            self._settle(failure(body) if path.endswith(b"/error") else response(body))

    def wait(self):
        """Waits until the whole batch has been answered."""
        with self._changed:
            self._changed.wait_for(lambda: self._over)

    def _settle(self, answer):
        self._part, self._given, self._answer = None, False, answer
        self._changed.notify_all()

    def _run(self):
        try:
            answer = self._whole()
        except Exception as error:
            complain("a batch in parts failed", error)
            answer = lost
        try:
            self._post(answer)
        finally:
            with self._changed:
                self._over = True
                self._changed.notify_all()

    def _whole(self):
        failed, stopped, errors, ran, longest = [], set(), [], 0, 0.0
        for records in self._rounds:
            late = ran > 0 and time_left(self._invocation) - margin < longest
            parts = {}
            for record in records:
                _, _, name, group, owner = record
                if late or group in stopped:
                    failed.append(name)
                else:
                    parts.setdefault(owner, []).append(record)
            began = time.monotonic()
            for part, answer in self._answers(parts):
                names = {name for _, _, name, _, _ in part}
                bad = None if answer.kind == "error" else failed_in(answer.body, names)
                if bad is None:
                    report("a part of a batch failed", records=len(part), of=len(self._records), why=words_of_answer(answer))
                    bad = names
                if answer.kind == "error":
                    errors.append(answer)
                failed += [name for _, _, name, _, _ in part if name in bad]
                stopped |= {group for _, _, name, group, _ in part if name in bad}
            ran += len(parts)
            longest = max(longest, time.monotonic() - began)
        if len(errors) == ran:
            return errors[0]
        return response(json.dumps({"batchItemFailures": [{"itemIdentifier": name} for name in failed]}).encode())

    def _answers(self, parts):
        """Each part with its answer: those of clients at the same time, those of the deployed code one after the other."""
        outcomes, threads = {}, []
        for owner, part in parts.items():
            if owner >= 0 or self._rest_served:
                threads.append(threading.Thread(target=self._ask, args=(outcomes, owner, part), daemon=True))
                threads[-1].start()
        for owner, part in parts.items():
            if owner < 0 and not self._rest_served:
                outcomes[owner] = self._deployed(part)
        for thread in threads:
            thread.join()
        for owner, part in parts.items():
            # Nobody got it.
            if outcomes.get(owner) is None:
                outcomes[owner] = self._deployed(part)
        return [(part, outcomes[owner]) for owner, part in parts.items()]

    def _ask(self, outcomes, owner, part):
        invocation = self._relay.invocation(self._invocation.headers, self._event(part))
        try:
            outcomes[owner] = self._relay.answer_part(invocation)
        except Exception as error:
            complain("the wrapper failed with a part of a batch", error)
            outcomes[owner] = lost if invocation.begun else None

    def _deployed(self, part):
        with self._changed:
            self._part, self._given, self._answer = self._event(part), False, None
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._answer is not None)
            return self._answer

    def _event(self, part):
        """The batch's own bytes with these records only."""
        event = self._invocation.event
        begin = min(record[0] for record in self._records)
        end = max(record[1] for record in self._records)
        return event[:begin] + b",".join(event[start:stop] for start, stop, _, _, _ in part) + event[end:]


def part_head(head):
    """The head of an answer of `next`, to be filled in with the length of the body."""
    lines = head.replace(b"%", b"%%").split(b"\r\n")[:-2]
    framing = (b"content-length:", b"transfer-encoding:")
    kept = [line for line in lines if not line.lower().startswith(framing)]
    return b"\r\n".join(kept + [b"Content-Length: %d", b"", b""])


def failed_in(body, names):
    """The records that an answer reports as failed; None if it is invalid. As protocol/batch-answer.ts."""
    try:
        answer = json.loads(body) if body else None
    except ValueError:
        return None
    if answer is None:
        return set()
    if not isinstance(answer, dict):
        return None
    listed = answer.get("batchItemFailures")
    if listed is None:
        return set()
    if not isinstance(listed, list):
        return None
    failed = [each.get("itemIdentifier") if isinstance(each, dict) else None for each in listed]
    return set(failed) if all(isinstance(name, str) and name in names for name in failed) else None


def words_of_answer(answer):
    if answer.kind != "error":
        return "it is not an answer to a batch"
    try:
        return str(json.loads(answer.body)["errorMessage"])[:500]
    except (ValueError, KeyError, TypeError):
        return "an error"
