"""[1] Hands an invocation that somebody serves to the function's stub, with one Invoke of the Lambda API.

Until the whole request has been sent nothing can have begun, and the deployed code answers whatever goes wrong. From then
on the stub's answer decides: the deployed code runs only if the stub reports that nobody got the invocation.
"""

import binascii
import hashlib
import hmac
import json
import os
import time
import zlib

from aws import Credentials, Moment, Service, answer_of, encoded
from directory import Directory
from report import report, words_of

#: For a connection to the Lambda API; with everything before it, no more than 300 ms.
connect_bound = 0.2
#: The other end may have closed a connection that was idle for longer: whether a request on it arrived would be unknown.
longest_idle = 5.0
#: After a refusal, the deployed code answers for this long without another attempt.
pause = 5.0
#: Lambda's limit for a payload, https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
longest_payload = 6291556

#: Errors of a function that never started.
never_started = (
    "LiveDebugStubConfigError",
    "Runtime.ImportModuleError",
    "Runtime.HandlerNotFound",
    "Runtime.MalformedHandlerName",
    "Runtime.UserCodeSyntaxError",
    "Runtime.InvalidEntrypoint",
)

#: Errors of the Lambda API with a status of 5xx which state that the function was not invoked.
not_invoked = ("EC2", "ENI", "EFS", "KMS", "SubnetIPAddress", "InvalidZipFile", "InvalidRuntime", "ResourceNotReady", "SnapStart")


class Invocation:
    """An answer of the Runtime API's `next`: its headers by name in lower case, and the event's bytes."""

    def __init__(self, headers, event):
        self.headers = headers
        self.event = event
        #: Somebody may have got it: the deployed code must not run it.
        self.begun = False
        #: It is a part of a batch, which is not split again.
        self.is_part = False
        self.request_id = headers["lambda-runtime-aws-request-id"]


class Batch:
    """What the stub tells of a batch whose records belong to several."""

    kind = "batch"

    def __init__(self, plan):
        self.plan = plan


class Answer:
    """What goes to the Runtime API in place of the runtime's own: `kind` is "response" or "error"."""

    def __init__(self, kind, body, header):
        self.kind = kind
        self.body = body
        self.header = header


def response(body, content_type="application/json"):
    return Answer("response", body, ("Content-Type", content_type))


def failure(body):
    try:
        kind = str(json.loads(body)["errorType"])
    except (ValueError, KeyError, TypeError):
        kind = "Error"
    kind = "".join(character if " " <= character <= "~" else "?" for character in kind[:1000])
    return Answer("error", body, ("Lambda-Runtime-Function-Error-Type", kind))


class Relay:
    def __init__(self, environment):
        region = environment["AWS_REGION"]
        domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
        self._environment = environment
        self._stub = environment["LIVE_DEBUG_STUB_FUNCTION"]
        self._instance = os.urandom(16).hex()
        self._credentials = Credentials(environment)
        self._paused = None

        def service(name, own, sdk):
            endpoint = environment.get(own) or environment.get(sdk) or environment.get("AWS_ENDPOINT_URL")
            return Service(name, region, endpoint or "https://%s.%s.%s" % (name, region, domain), self._credentials)

        self._service = service
        self._observing = None
        self._lambda = service("lambda", "LIVE_DEBUG_LAMBDA_ENDPOINT", "AWS_ENDPOINT_URL_LAMBDA")
        self._directory = Directory(
            service("dynamodb", "LIVE_DEBUG_DIRECTORY_ENDPOINT", "AWS_ENDPOINT_URL_DYNAMODB"),
            environment["LIVE_DEBUG_TABLE"],
            environment["LIVE_DEBUG_STAGE"],
            environment["LIVE_DEBUG_FUNCTION"],
            # Any value, since a typing mistake must not let a stage be served.
            bool(environment.get("LIVE_DEBUG_OBSERVE_ONLY")),
        )

    def start(self):
        """Runs in the init phase, while the runtime starts."""
        self._directory.refresh()

    def invocation(self, headers, event):
        return Invocation(headers, event)

    def left(self, headers, event):
        """The deployed code has this invocation: reads along with its answer if somebody observes, else None."""
        if not self._directory.observed():
            return None
        if self._observing is None:
            from observing import Observing

            # A connection of its own: a relayed invocation must not wait for a copy.
            service = self._service("lambda", "LIVE_DEBUG_LAMBDA_ENDPOINT", "AWS_ENDPOINT_URL_LAMBDA")
            secret = binascii.a2b_base64(self._environment["LIVE_DEBUG_SECRET"])
            self._observing = Observing(service, self._stub, secret, self._instance, self._directory.observers)
        return self._observing.watch(headers["lambda-runtime-aws-request-id"], event)

    def restored(self):
        """After a restore from a snapshot: what this instance had belongs to another one."""
        self._instance = os.urandom(16).hex()
        self._paused = None
        self._observing = None
        self._credentials.forget()
        self._lambda.forget()
        self._directory.forget()

    def answer_part(self, invocation):
        """As `answer`, for a part of a batch; several at once, so each has a connection of its own."""
        invocation.is_part = True
        service = self._service("lambda", "LIVE_DEBUG_LAMBDA_ENDPOINT", "AWS_ENDPOINT_URL_LAMBDA")
        try:
            return self.answer(invocation, service)
        finally:
            service.forget()

    def answer(self, invocation, service=None):
        """
        The local code's answer, or an error if it was lost; None if the deployed code must answer; a `Batch` if several
        must.
        """
        wire = None
        service = service or self._lambda
        try:
            if self._paused is not None and self._paused.age() < pause:
                return None
            serving = self._directory.serving(invocation.event or b"null")
            if not serving:
                return None
            wire = service.take(connect_bound, longest_idle)
            request = self._request(invocation)
            wire.connection.settimeout(time_left(invocation) + 1)
            invocation.begun = True
            wire.send(request)
        except Exception as error:
            # Lambda invokes nothing before it has the last byte: if sending fails, nothing has begun.
            invocation.begun = False
            if wire is not None:
                wire.close()
            return self._instead(invocation, "the invocation can't be handed to the stub", words_of(error))
        try:
            status, headers, body = answer_of(wire)
            service.keep(wire)
            return self._outcome(invocation, status, headers, body, serving)
        except Exception as error:
            if not invocation.begun:
                raise
            wire.close()
            return lost("the connection to the stub %s failed (%s)" % (self._stub, words_of(error)))

    def _instead(self, invocation, what, why, rests=True):
        invocation.begun = False
        if rests:
            self._paused = Moment()
        report(what + ": the deployed code answers", stub=self._stub, why=why)
        return None

    def _request(self, invocation):
        path = "/2015-03-31/functions/%s/invocations" % encoded(self._stub)
        headers = {"content-type": "application/json", "x-amz-invocation-type": "RequestResponse"}
        trace = invocation.headers.get("lambda-runtime-trace-id")
        if trace:
            # Lambda's recursive loop detection counts in it.
            headers["x-amzn-trace-id"] = trace
        return self._lambda.signed(path, headers, self._payload(invocation))

    def _payload(self, invocation):
        """The event unchanged, and before it what the stub can't know, with a proof by the stage's secret."""
        event, encoding = invocation.event or b"null", None
        head = self._head(invocation, encoding)
        if len(head) + len(event) + 200 > longest_payload:
            event, encoding = b'"%s"' % base64(gzip(event)), "gzip"
            head = self._head(invocation, encoding)
        secret = binascii.a2b_base64(self._environment["LIVE_DEBUG_SECRET"])
        proof = hmac.new(secret, b"live-debug/1 wrapped\n" + head + b"\n" + event, hashlib.sha256).hexdigest()
        payload = b'{"liveDebugWrapped":"%s","proof":"%s","event":%s}' % (head, proof.encode(), event)
        if len(payload) > longest_payload:
            raise ValueError("event and environment together exceed what Lambda takes, %d bytes" % longest_payload)
        return payload

    def _head(self, invocation, encoding):
        given = invocation.headers.get
        head = {
            "requestId": invocation.request_id,
            "instance": self._instance,
            "deadline": int(given("lambda-runtime-deadline-ms", 0)),
            "arn": given("lambda-runtime-invoked-function-arn", ""),
            "traceId": given("lambda-runtime-trace-id"),
            "clientContext": given("lambda-runtime-client-context"),
            "identity": given("lambda-runtime-cognito-identity"),
            "tenantId": given("lambda-runtime-aws-tenant-id"),
            "encoding": encoding,
            "divides": not invocation.is_part,
            "environment": self._variables(),
        }
        text = json.dumps({name: value for name, value in head.items() if value}, ensure_ascii=False)
        return base64(text.encode("utf-8", "replace"))

    def _variables(self):
        own = {name: value for name, value in self._environment.items() if not of_runtime(name, value)}
        return {**own, **self._credentials.variables()}

    def _outcome(self, invocation, status, headers, body, serving):
        kind = headers.get("x-amzn-errortype", "").split(":")[0]
        if status == 200:
            if "x-amz-function-error" in headers:
                return self._function_error(invocation, body, serving)
            return response(body)
        if status < 500 or kind.startswith(not_invoked):
            return self._instead(invocation, "the stub can't be invoked", "HTTP %d %s" % (status, kind))
        return lost("the Lambda API answered HTTP %d %s when the stub %s was invoked" % (status, kind, self._stub))

    def _function_error(self, invocation, body, serving):
        error = json.loads(body)
        kind, message = str(error.get("errorType", "")), str(error.get("errorMessage", ""))
        if kind.startswith(never_started):
            return self._instead(invocation, "the stub did not start", "%s: %s" % (kind, message))
        if kind != "LiveDebugWrapped":
            return lost("the stub %s ended with %s: %s" % (self._stub, kind, message))
        told = json.loads(message)
        if told["is"] == "batch":
            invocation.begun = False
            return Batch(json.loads(told["plan"]))
        if told["is"] == "undelivered":
            # Nobody got it. No pause: somebody may serve the next one.
            of = told.get("of", serving)
            if not of:
                # No filter matched.
                invocation.begun = False
                return None
            self._directory.pass_over(of)
            return self._instead(invocation, "nobody got the invocation", told.get("reason", ""), rests=False)
        if told["is"] == "error":
            return failure(told["body"].encode())
        return response(binascii.a2b_base64(told["body"]), told["contentType"])


def of_runtime(name, value):
    """Set by the wrapper, or by Lambda's Python runtimes for themselves; the stub leaves out what every runtime has."""
    paths = {"PYTHONPATH": "/var/runtime", "SSL_CERT_FILE": "/etc/pki/"}
    return name.startswith(("LIVE_DEBUG_", "_LAMBDA_")) or value.startswith(paths.get(name, "\0"))


def base64(data):
    return binascii.b2a_base64(data, newline=False)


def gzip(data):
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    return packer.compress(data) + packer.flush()


def time_left(invocation):
    """Seconds until Lambda ends the invocation, and with it this instance."""
    deadline = int(invocation.headers.get("lambda-runtime-deadline-ms", 0)) / 1000
    return min(900.0, max(0.0, deadline - time.time()))


def lost(why):
    """Somebody may have begun it: the deployed code must not run it as well."""
    message = "%s while it had this invocation, which may have run on a developer's machine; the caller may try again" % why
    report("an invocation was lost", why=why)
    return failure(json.dumps({"errorType": "LiveDebugLostError", "errorMessage": message, "stackTrace": []}).encode())
