"""[1] Signed requests to AWS with the standard library alone, since importing boto3 takes 300 ms."""

import hashlib
import hmac
import json
import select
import socket
import threading
import time

from wire import Wire, Ended, headers_of, status_of


#: For a connection that is opened in the background, in seconds.
connect_bound = 2.0

#: Lambda answers up to 6 MB; an error of the stub carries it in base64.
longest_answer = 9 * 1024 * 1024


class Credentials:
    """The function's own credentials: variables of its environment or, under SnapStart, an endpoint that returns them."""

    def __init__(self, environment):
        self._environment = environment
        self._lock = threading.Lock()
        self._asked = None
        self._until = 0.0

    def variables(self):
        """`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`, those that exist."""
        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
        given = {name: self._environment[name] for name in names if self._environment.get(name)}
        if "AWS_ACCESS_KEY_ID" in given or not self._environment.get("AWS_CONTAINER_CREDENTIALS_FULL_URI"):
            return given
        with self._lock:
            if self._asked is None or time.time() > self._until:
                self._asked = self._ask()
                self._until = time.time() + 60
            return self._asked

    def forget(self):
        with self._lock:
            self._asked = None

    def _ask(self):
        url = Url(self._environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"])
        wire = Wire(socket.create_connection((url.name, url.port), 1))
        try:
            token = self._environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN", "")
            wire.send(("GET %s HTTP/1.1\r\nHost: %s\r\nAuthorization: %s\r\n\r\n" % (url.path, url.host, token)).encode())
            head = wire.head()
            answer = json.loads(b"".join(content for _, content in wire.body(head, b"GET")))
        finally:
            wire.close()
        return {
            "AWS_ACCESS_KEY_ID": answer["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": answer["SecretAccessKey"],
            "AWS_SESSION_TOKEN": answer["Token"],
        }


class Service:
    """One service of AWS at one address, over one kept connection."""

    def __init__(self, name, region, endpoint, credentials):
        self._name = name
        self._region = region
        self._url = Url(endpoint)
        self._credentials = credentials
        self._lock = threading.Lock()
        self._kept = None
        self._used = Moment()
        self._connecting = None
        self.host = self._url.host

    def prepare(self):
        """Connects in the background. Returns a `Connecting`, whose `ended` is set once that has succeeded or failed."""
        with self._lock:
            if self._connecting is None:
                self._connecting = Connecting()
                threading.Thread(target=self._connect, args=(self._connecting,), daemon=True).start()
            return self._connecting

    def take(self, bound, idle):
        """
        A connection that was last used less than `idle` seconds ago, or a new one within `bound` seconds; raises the
        reason if there is none.
        """
        with self._lock:
            kept, self._kept = self._kept, None
        if kept is not None:
            if self._used.age() < idle and not hung_up(kept.connection):
                return kept
            kept.close()
        connecting = self.prepare()
        if not connecting.ended.wait(bound):
            raise TimeoutError("no connection to %s within %d ms" % (self.host, bound * 1000))
        with self._lock:
            kept, self._kept = self._kept, None
        if kept is None:
            raise connecting.error or OSError("no connection to %s" % self.host)
        return kept

    def keep(self, wire):
        """Keeps a connection for the next request."""
        self._used = Moment()
        with self._lock:
            kept, self._kept = self._kept, wire
        if kept is not None:
            kept.close()

    def forget(self):
        """Closes the kept connection, which may be another instance's."""
        with self._lock:
            kept, self._kept = self._kept, None
        if kept is not None:
            kept.close()

    def signed(self, path, headers, body):
        """The bytes of a POST, signed."""
        signed = sign(self._name, self._region, self.host, path, headers, body, self._credentials.variables(), time.time())
        lines = "".join("%s: %s\r\n" % field for field in signed.items())
        return ("POST %s HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n" % (path, lines, len(body))).encode() + body

    def _connect(self, connecting):
        try:
            self.keep(Wire(self._open()))
        except Exception as error:
            connecting.error = error
        finally:
            with self._lock:
                self._connecting = None
            connecting.ended.set()

    def _open(self):
        if self._url.secure:
            from tls import connected

            connection = connected(self._url.name, self._url.port, connect_bound)
        else:
            connection = socket.create_connection((self._url.name, self._url.port), connect_bound)
        # A relayed invocation may be silent for minutes, longer than a NAT gateway keeps a connection.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 20)
        return connection


class Url:
    """The parts of an endpoint's URL. Importing urllib would take longer than running all of this."""

    def __init__(self, text):
        scheme, _, rest = text.partition("://")
        self.host, slash, path = rest.partition("/")
        self.path = slash + path or "/"
        self.secure = scheme.lower() == "https"
        name, colon, port = self.host.rpartition(":")
        has_port = colon and port.isdigit()
        self.name = (name if has_port else self.host).strip("[]")
        self.port = int(port) if has_port else 443 if self.secure else 80


class Connecting:
    def __init__(self):
        self.ended = threading.Event()
        self.error = None


class Moment:
    """A point in time. Which clock stands still while Lambda freezes an instance is not documented."""

    def __init__(self):
        self._wall, self._monotonic = time.time(), time.monotonic()

    def age(self):
        """Seconds; infinite if the clock was turned back."""
        wall = time.time() - self._wall
        return float("inf") if wall < -1 else max(wall, time.monotonic() - self._monotonic)


def hung_up(connection):
    """Whether the other end closed the connection, or sent what nobody asked for."""
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(0))


def answer_of(wire):
    """Status, headers and content of the answer to a POST; raises if the content exceeds `longest_answer`."""
    head = wire.head()
    while head and 100 <= status_of(head) < 200:
        head = wire.head()
    if not head:
        raise Ended("before an answer")
    pieces, left = [], longest_answer
    for _, content in wire.body(head, b"POST"):
        pieces.append(content)
        left -= len(content)
        if left < 0:
            raise ValueError("an answer of more than %d bytes" % longest_answer)
    wire.taken = []
    return status_of(head), headers_of(head), b"".join(pieces)


def encoded(text, also=b""):
    """Percent-encodes all but RFC 3986's unreserved characters and those in `also`."""
    plain = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~" + also
    return "".join(chr(byte) if byte in plain else "%%%02X" % byte for byte in text.encode())


def sign(service, region, host, path, headers, body, credentials, now):
    """
    The headers of a request with AWS Signature Version 4: those given, `host`, the time, the session token and
    `authorization`. The path is encoded once more for the signature, as AWS does outside S3. Source: AWS, "Create a signed AWS API request".
    """
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    day = moment[:8]
    signed = {"host": host, "x-amz-date": moment, **headers}
    if credentials.get("AWS_SESSION_TOKEN"):
        signed["x-amz-security-token"] = credentials["AWS_SESSION_TOKEN"]
    missing = [name for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY") if not credentials.get(name)]
    if missing:
        raise ValueError("the function has no credentials: %s not set" % " and ".join(missing))
    names = sorted(signed)
    lines = "".join("%s:%s\n" % (name, " ".join(signed[name].split())) for name in names)
    name_list = ";".join(names)
    canonical = "\n".join(("POST", encoded(path, b"/"), "", lines, name_list, hashlib.sha256(body).hexdigest()))
    scope = "%s/%s/%s/aws4_request" % (day, region, service)
    text = "AWS4-HMAC-SHA256\n%s\n%s\n%s" % (moment, scope, hashlib.sha256(canonical.encode()).hexdigest())
    key = ("AWS4" + credentials["AWS_SECRET_ACCESS_KEY"]).encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), "sha256").digest()
    signature = hmac.new(key, text.encode(), "sha256").hexdigest()
    signed["authorization"] = "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s" % (
        credentials["AWS_ACCESS_KEY_ID"],
        scope,
        name_list,
        signature,
    )
    return signed
