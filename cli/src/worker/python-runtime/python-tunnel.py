"""[5] The tunnel: routes connections to private destinations through livectl's SOCKS5 server. The Python runtime client
loads this only if there is a tunnel. Python 3.9 or later, standard library only.

The rules are those of ../node-tunnel/destinations.ts and protocol/tunnel/allow.ts; allow-cases.json tests both.
"""

import errno
import functools
import importlib.abc
import importlib.machinery
import ipaddress
import json
import os
import re
import socket
import struct
import sys
import threading
import time
import types
import _socket
from collections import OrderedDict

# livectl answers earlier: its own bounds are shorter. Seconds.
ANSWER_BOUND = 60
# Stand-ins and remembered addresses: so many at a time, the oldest one goes first.
MOST_NAMES = 4096

# RFC 1918, 6598 and 4193: what a VPC has unless it uses public ranges.
PRIVATE = [
    ipaddress.ip_network(network)
    for network in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
]
# Never reached by the tunnel: see neverReached in protocol/tunnel/addresses.ts.
NEVER = [
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "224.0.0.0/4",
        "255.255.255.255/32",
        "::/128",
        "::1/128",
        "fe80::/10",
        "ff00::/8",
        "fd00:ec2::/32",
    )
]
# Prefixes before an IPv4 address in the last four bytes.
BEFORE_IPV4 = [ipaddress.ip_network(network) for network in ("::/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48")]
NAT64_OWN = BEFORE_IPV4[3]
ISATAP = re.compile(rb"[\x00\x02]\x00\x5e\xfe")


# The rules


def address_of(text):
    """An ipaddress object; an IPv4-mapped address is the IPv4 address. None for anything else, also with a zone."""
    if "%" in text:
        return None
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def host_of(text):
    """An address as an ipaddress object, or a name in lower-case ASCII without its last dot. None for neither."""
    if len(text) > 1024:
        return None
    if ":" in text:
        bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
        return address_of(bare)
    if not text.isascii():
        try:
            text = text.encode("idna").decode()
        except UnicodeError:
            return None
    name = text.lower()
    name = name[:-1] if name.endswith(".") else name
    if re.fullmatch(r"\d+|0x[0-9a-f]*", name.rpartition(".")[2]):
        return legacy_ipv4(name)
    is_name = 0 < len(name) <= 253 and all(re.fullmatch(r"[a-z0-9_-]{1,63}", label) for label in name.split("."))
    return name if is_name else None


def legacy_ipv4(text):
    """What inet_aton accepts: one to four numbers in decimal, octal or hexadecimal; the last one fills the rest."""
    numbers = []
    for part in text.split("."):
        if re.fullmatch(r"0x[0-9a-f]{0,16}", part):
            numbers.append(int(part[2:] or "0", 16))
        elif re.fullmatch(r"0[0-7]{0,16}", part):
            numbers.append(int(part, 8))
        elif re.fullmatch(r"[1-9]\d{0,15}", part):
            numbers.append(int(part))
        else:
            return None
    rest = 5 - len(numbers)
    if not 1 <= rest <= 4 or any(number > 255 for number in numbers[:-1]) or numbers[-1] >= 256**rest:
        return None
    value = numbers.pop()
    for index, number in enumerate(numbers):
        value += number << 8 * (3 - index)
    return ipaddress.IPv4Address(value)


def in_any(networks, address):
    return any(address.version == network.version and address in network for network in networks)


def never_reached(address):
    if in_any(NEVER, address):
        return True
    return address.version == 6 and any(map(never_reached, embedded_in(address)))


def embedded_in(address):
    """The IPv4 addresses that an IPv6 address may carry."""
    packed = address.packed
    found = []
    if in_any(BEFORE_IPV4, address):
        found.append(packed[12:16])
    if address in NAT64_OWN and packed[8] == 0:
        if not any(packed[11:16]):
            found.append(packed[6:8] + packed[9:11])
        if not any(packed[12:16]):
            found.append(packed[7:8] + packed[9:12])
        if not any(packed[13:16]):
            found.append(packed[9:13])
    if packed[:2] == b"\x20\x02":
        found.append(packed[2:6])
    if packed[:4] == b"\x20\x01\x00\x00":
        found += [packed[4:8], bytes(byte ^ 255 for byte in packed[12:16])]
    if ISATAP.match(packed[8:12]):
        found.append(packed[12:16])
    return [ipaddress.IPv4Address(each) for each in found]


class Allow:
    """What a list of entries permits; livectl has checked their syntax. Raises a ValueError for an invalid one all the same."""

    def __init__(self, entries):
        self.networks, self.names = [], []
        for entry in entries:
            destination, _, ports = entry.rpartition(":")
            first, _, last = ports.partition("-")
            span = (1, 65535) if ports == "*" else (int(first), int(last or first))
            is_network = destination.startswith("[") or "/" in destination
            host = None if is_network or destination.startswith("*.") else host_of(destination)
            if is_network:
                self.networks.append((ipaddress.ip_network(destination.strip("[]")), span))
            elif host is not None and not isinstance(host, str):
                self.networks.append((ipaddress.ip_network(host), span))
            else:
                is_suffix = destination.startswith("*.")
                name = host_of(destination[2:]) if is_suffix else host
                if not isinstance(name, str):
                    raise ValueError("allow has an invalid entry")
                self.names.append((name, is_suffix, span))

    def network_for(self, port):
        return any(first <= port <= last for _, (first, last) in self.networks)

    def allows_name(self, host, port=None):
        """Whether an entry names this host; without a port, with any port."""
        name = host_of(host)
        return isinstance(name, str) and any(
            (port is None or first <= port <= last) and (name.endswith("." + own) if is_suffix else name == own)
            for own, is_suffix, (first, last) in self.names
        )

    def allows_address(self, host, port):
        address = host_of(host)
        if address is None or isinstance(address, str):
            return False
        covered = any(
            first <= port <= last and address.version == network.version and address in network
            for network, (first, last) in self.networks
        )
        return covered and not never_reached(address)


class Route:
    """A connection through the tunnel. `unresolved`: the error of the look-up here, if the name did not resolve."""

    __slots__ = ("host", "port", "unresolved", "refused")

    def __init__(self, host, port, unresolved=None, refused=False):
        self.host, self.port, self.unresolved, self.refused = host, port, unresolved, refused


class Recent(OrderedDict):
    """Keeps the entries that were set last."""

    _lock = threading.Lock()

    def __setitem__(self, key, value):
        with self._lock:
            super().__setitem__(key, value)
            self.move_to_end(key)
            if len(self) > MOST_NAMES:
                self.popitem(last=False)


class StandIns:
    """Addresses for names that only the VPC resolves, from ranges reserved for benchmarks (RFC 2544, 5180): code that
    looks a name up before it connects receives one, and a connection to it is routed by the name."""

    def __init__(self):
        self._lock = threading.Lock()
        self._slots, self._numbers, self._next = {}, {}, 0

    def address_for(self, name, family, error):
        with self._lock:
            number = self._numbers.get(name)
            if number is None:
                number, self._next = self._next, (self._next + 1) % MOST_NAMES
                self._numbers.pop(self._slots.get(number, ("",))[0], None)
                self._numbers[name] = number
            self._slots[number] = (name, error)
        at = number + 1
        return "2001:2::%x" % at if family == socket.AF_INET6 else "198.18.%d.%d" % (at // 255, at % 255 + 1)

    def at(self, address):
        """Name and error; None for all other addresses."""
        found = re.fullmatch(r"198\.18\.(\d+)\.(\d+)", address)
        if found:
            return self._slots.get(int(found[1]) * 255 + int(found[2]) - 2)
        found = re.fullmatch(r"2001:2::([0-9a-f]{1,4})", address)
        return self._slots.get(int(found[1], 16) - 1) if found else None


UNRESOLVED = {
    getattr(socket, name)
    for name in ("EAI_NONAME", "EAI_AGAIN", "EAI_NODATA", "EAI_FAIL")
    if hasattr(socket, name)
}


class Destinations:
    """Which connections go through the tunnel."""

    def __init__(self):
        self.allow = None
        self._stand_ins = StandIns()
        self._names = Recent()

    def address(self, address, port):
        """Where a connection to an address goes; None: to the address itself, as without a tunnel."""
        if self.allow is None:
            return None
        stand_in = self._stand_ins.at(address)
        if stand_in is not None:
            name, error = stand_in
            return Route(name, port, error, refused=not self._may_resolve(name, port))
        if self.allow.allows_address(address, port):
            return Route(address, port)
        name = self._names.get(address)
        return Route(name, port) if name is not None and self.allow.allows_name(name, port) else None

    def stand_in(self, host, family, error, port):
        """An address for a name whose look-up failed here, if a connection may be routed. `port` may be None."""
        if self.allow is None or error.errno not in UNRESOLVED or not isinstance(host_of(host), str) or is_local(host):
            return None
        possible = self._may_resolve(host, port) if port else self.allow.networks or self.allow.allows_name(host)
        return self._stand_ins.address_for(host_of(host), family, error) if possible else None

    def remember(self, host, addresses):
        """A name was looked up here: a connection to one of these addresses may be covered by the name."""
        for text in addresses:
            address = address_of(text)
            if address is not None and in_any(PRIVATE, address):
                self._names[text] = host

    def _may_resolve(self, host, port):
        return self.allow.allows_name(host, port) or self.allow.network_for(port)


def is_local(host):
    name = host.lower().rstrip(".")
    return name == "localhost" or name.endswith(".localhost")


# SOCKS5


class Gone(OSError):
    """livectl does not answer, or is not what the settings describe."""


def login(settings):
    username, password = settings["username"].encode(), settings["password"].encode()
    return b"\x01" + counted(username) + counted(password)


def counted(data):
    return bytes([len(data)]) + data


def connect_request(route):
    address = address_of(route.host)
    if address is None:
        target = b"\x03" + counted(route.host.encode("idna" if not route.host.isascii() else "ascii"))
    else:
        target = (b"\x01" if address.version == 4 else b"\x04") + address.packed
    return b"\x05\x01\x00" + target + route.port.to_bytes(2, "big")


def exchange(settings, route):
    """The worker's side of SOCKS5 (RFC 1928, 1929) as a generator: yields bytes to send, or how many to receive, and is sent
    those. Returns the target's address, if the server reports it. Never reads a byte that is the target's."""
    yield b"\x05\x01\x02"
    if (yield 2) != b"\x05\x02":
        raise Gone(errno.ECONNRESET, "it is not a SOCKS5 server with a password")
    yield login(settings)
    if (yield 2) != b"\x01\x00":
        raise Gone(errno.ECONNRESET, "it does not accept the password")
    yield connect_request(route)
    version, reply, _, kind, first = yield 5
    if version != 5 or kind not in (1, 3, 4):
        raise Gone(errno.ECONNRESET, "its reply is not SOCKS5")
    size = {1: 3, 3: first, 4: 15}[kind] + 2
    rest = yield size
    if reply != 0:
        raise reply_error(route, reply)
    if kind == 3:
        return None
    address = ipaddress.ip_address(bytes([first]) + rest[:-2])
    return None if address.is_unspecified or address.is_loopback else str(address)


def reply_error(route, reply):
    if reply == 2:
        return not_allowed(route)
    if reply == 4 and route.unresolved is not None:
        error = route.unresolved
        return type(error)(*error.args)
    number = {3: errno.ENETUNREACH, 4: errno.EHOSTUNREACH, 5: errno.ECONNREFUSED, 6: errno.ETIMEDOUT}
    return os_error(number.get(reply, errno.ECONNRESET))


def not_allowed(route):
    return OSError(
        errno.EACCES,
        "livectl's tunnel refused %s, since \"allow\" of the module's \"tunnel\" does not cover it (a name counts with what it"
        " resolves to in the VPC)" % target_text(route),
    )


def gone(route, error):
    number = error.errno or errno.ECONNRESET
    words = "%s: livectl's tunnel does not answer: %s" % (target_text(route), error.strerror or error)
    return OSError(number, words)


def target_text(route):
    return "%s:%d" % ("[%s]" % route.host if ":" in route.host else route.host, route.port)


def os_error(number):
    return OSError(number, os.strerror(number))


# One connection

# As they are without a tunnel. Of the C class, since TLS sockets replace them before they are connected.
native_connect = _socket.socket.connect
native_connect_ex = _socket.socket.connect_ex


class Tunnel:
    """The state of this process."""

    def __init__(self):
        self.settings = None
        self.destinations = Destinations()
        self.forwarder = None
        # The target's address by the local port of a connection to livectl.
        self.peers = Recent()

    def proxy(self, family):
        host, _, port = self.settings["proxy"].rpartition(":")
        return self.local(family, host.strip("[]"), int(port))

    def local(self, family, host, port):
        """An address of this machine, as a socket of that family connects to it."""
        if family != socket.AF_INET6:
            return (host, port)
        return (host if ":" in host else "::ffff:" + host, port, 0, 0)


tunnel = Tunnel()


def route_of(sock, address):
    """The route of a connection, and the address to connect to without one: looked up here, if it was a name."""
    if tunnel.settings is None or sock.type & 0xF != socket.SOCK_STREAM or not isinstance(address, tuple) or len(address) < 2:
        return None, address
    if sock.family not in (socket.AF_INET, socket.AF_INET6):
        return None, address
    host, port = address[0], address[1]
    if isinstance(host, (bytes, bytearray)):
        try:
            host = bytes(host).decode("ascii")
        except UnicodeError:
            return None, address
    if not isinstance(host, str) or not isinstance(port, int) or host in ("", "127.0.0.1", "localhost", "::1", "<broadcast>"):
        return None, address
    if address_of(host.partition("%")[0]) is None:
        # What C would look up itself, once.
        found = socket.getaddrinfo(host, port, sock.family, sock.type, sock.proto)
        address = found[0][4][:2] + tuple(address[2:]) if len(address) > 2 else found[0][4]
        host = address[0]
    return tunnel.destinations.address(host, port), address


def open_for_ipv4(sock):
    if sock.family == socket.AF_INET6:
        # livectl listens on an IPv4 address; Windows and BSDs need this.
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)


def connect(sock, address):
    """socket.socket.connect"""
    route, address = route_of(sock, address)
    if route is None:
        return native_connect(sock, address)
    if route.refused:
        raise not_allowed(route)
    open_for_ipv4(sock)
    if sock.gettimeout() == 0:
        return native_connect(sock, forwarder_for(sock, route))
    connect_and_wait(sock, route, address)


def connect_ex(sock, address):
    """socket.socket.connect_ex: an error as its number, but for a name that does not resolve."""
    route, address = route_of(sock, address)
    if route is None:
        return native_connect_ex(sock, address)
    if route.refused:
        return errno.EACCES
    try:
        open_for_ipv4(sock)
        if sock.gettimeout() == 0:
            return native_connect_ex(sock, forwarder_for(sock, route))
        connect_and_wait(sock, route, address)
    except socket.gaierror:
        return errno.EHOSTUNREACH
    except OSError as error:
        # A timeout has no number; C returns this one.
        return error.errno or errno.EAGAIN
    return 0


def connect_and_wait(sock, route, address):
    """Of a blocking socket, within its timeout."""
    timeout = sock.gettimeout()
    bound = ANSWER_BOUND if timeout is None else min(timeout, ANSWER_BOUND)
    deadline = time.monotonic() + bound

    def left():
        rest = deadline - time.monotonic()
        if rest <= 0:
            raise timed_out(timeout)
        _socket.socket.settimeout(sock, rest)

    try:
        left()
        steps = exchange(tunnel.settings, route)
        try:
            talk(route, native_connect, sock, tunnel.proxy(sock.family))
            step = next(steps)
            while True:
                left()
                step = steps.send(talk(route, do_step, sock, step, left))
        except StopIteration as over:
            set_peer(sock, route, over.value or address[0])
        except Gone as error:
            raise gone(route, error) from None
        except socket.timeout:
            raise timed_out(timeout) from None
    finally:
        _socket.socket.settimeout(sock, timeout)


def talk(route, call, *values):
    """A call that talks to livectl: whatever fails is livectl's, not the target's."""
    try:
        return call(*values)
    except (Gone, socket.timeout):
        raise
    except OSError as error:
        raise gone(route, error) from None


def timed_out(timeout):
    return socket.timeout("timed out") if timeout is not None else os_error(errno.ETIMEDOUT)


def do_step(sock, step, left):
    if isinstance(step, bytes):
        _socket.socket.sendall(sock, step)
        return None
    received = b""
    while len(received) < step:
        left()
        part = _socket.socket.recv(sock, step - len(received))
        if not part:
            raise Gone(errno.ECONNRESET, "it closed the connection")
        received += part
    return received


def set_peer(sock, route, address):
    try:
        local = _socket.socket.getsockname(sock)
    except OSError:
        return
    tunnel.peers[local[1]] = (address, route.port)


def getpeername(sock):
    """socket.socket.getpeername: of a routed connection the target's address."""
    peer = _socket.socket.getpeername(sock)
    if tunnel.settings is None or sock.family not in (socket.AF_INET, socket.AF_INET6):
        return peer
    if peer[1] not in (tunnel.proxy(0)[1], tunnel.forwarder and tunnel.forwarder.port):
        return peer
    address, port = tunnel.peers.get(_socket.socket.getsockname(sock)[1], (None, None))
    if address is None:
        return peer
    return (address, port) if sock.family == socket.AF_INET else (address, port, 0, 0)


# Look-ups

native_getaddrinfo = socket.getaddrinfo


@functools.wraps(native_getaddrinfo)
def getaddrinfo(host, port, family=0, type=0, proto=0, flags=0):
    try:
        found = native_getaddrinfo(host, port, family, type, proto, flags)
    except socket.gaierror as error:
        if not isinstance(host, str) or tunnel.settings is None:
            raise
        number = port if isinstance(port, int) else int(port) if isinstance(port, str) and port.isdigit() else None
        stand_in = tunnel.destinations.stand_in(host, family, error, number)
        if stand_in is None:
            raise
        return native_getaddrinfo(stand_in, port, family, type, proto, flags | socket.AI_NUMERICHOST)
    if isinstance(host, str) and tunnel.settings is not None:
        tunnel.destinations.remember(host, [each[4][0] for each in found if isinstance(each[4][0], str)])
    return found


def route_ipv4_lookup(name):
    """gethostbyname and gethostbyname_ex."""
    native = getattr(socket, name)

    @functools.wraps(native)
    def lookup(hostname):
        try:
            found = native(hostname)
        except socket.gaierror as error:
            if not isinstance(hostname, str) or tunnel.settings is None:
                raise
            stand_in = tunnel.destinations.stand_in(hostname, socket.AF_INET, error, None)
            if stand_in is None:
                raise
            return stand_in if name == "gethostbyname" else (hostname, [], [stand_in])
        if tunnel.settings is not None:
            tunnel.destinations.remember(hostname, [found] if isinstance(found, str) else found[2])
        return found

    setattr(socket, name, lookup)


# Sockets that never block


class Forwarder:
    """A port of this process for sockets that must not block: the connection to it is made at once, and a thread connects it to
    the target. A failure resets it. Only a socket that has announced its local port is let in."""

    def __init__(self):
        self._listener = native_socket(socket.AF_INET)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(128)
        self.port = self._listener.getsockname()[1]
        self._routes = Recent()
        start_thread(self._accept)

    def announce(self, port, route):
        self._routes[port] = route

    def _accept(self):
        while True:
            sock, peer = accept(self._listener)
            route = self._routes.pop(peer[1], None)
            if route is None:
                reset(sock)
            else:
                start_thread(carry, sock, route)


def start_thread(target, *values):
    threading.Thread(target=target, args=values, daemon=True, name="livectl-tunnel").start()


def accept(listener):
    while True:
        try:
            return listener.accept()
        except OSError:
            # For the moment there is no descriptor.
            time.sleep(0.05)


# Connections that threads carry at a time, two for each.
slots = threading.BoundedSemaphore(256)


def carry(near, route, report=None):
    """Connects what was accepted to the target, and carries bytes until both ends are closed. `report` is called with why it could
    not connect, or with None."""
    if not slots.acquire(blocking=False):
        reset(near)
        return
    far = native_socket(socket.AF_INET)
    try:
        for each in (near, far):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            connect_and_wait(far, route, (route.host, route.port))
        except OSError as error:
            # Before the other end sees that it is reset.
            if report is not None:
                report("livectl's tunnel to %s: %s" % (target_text(route), error))
            raise
        if report is not None:
            report(None)
        back = threading.Thread(target=pump, args=(far, near), daemon=True, name="livectl-tunnel")
        back.start()
        pump(near, far)
        back.join()
    except OSError:
        linger(near)
    finally:
        near.close()
        far.close()
        slots.release()


def pump(source, target):
    try:
        while True:
            data = source.recv(65536)
            if not data:
                target.shutdown(socket.SHUT_WR)
                return
            target.sendall(data)
    except OSError:
        for each in (source, target):
            linger(each)
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def native_socket(family):
    return socket.socket(family, socket.SOCK_STREAM)


def linger(sock):
    """Closing it resets the connection."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("hh" if os.name == "nt" else "ii", 1, 0))
    except OSError:
        pass


def reset(sock):
    linger(sock)
    sock.close()


def forwarder_for(sock, route):
    if tunnel.forwarder is None:
        tunnel.forwarder = Forwarder()
    local = _socket.socket.getsockname(sock)
    if local[1] == 0:
        # Known before the thread accepts the connection.
        _socket.socket.bind(sock, tunnel.local(sock.family, "127.0.0.1", 0))
        local = _socket.socket.getsockname(sock)
    tunnel.forwarder.announce(local[1], route)
    tunnel.peers[local[1]] = (route.host, route.port)
    return tunnel.local(sock.family, "127.0.0.1", tunnel.forwarder.port)


# asyncio


def route_event_loop(cls):
    """sock_connect of an event loop, through which all of its connections are made."""
    native = cls.sock_connect

    @functools.wraps(native)
    async def sock_connect(self, sock, address):
        import asyncio

        if tunnel.settings is None or sock.family not in (socket.AF_INET, socket.AF_INET6):
            return await native(self, sock, address)
        if address_of(str(address[0]).partition("%")[0]) is None and isinstance(address[0], str):
            found = await self.getaddrinfo(address[0], address[1], family=sock.family, type=sock.type, proto=sock.proto)
            address = found[0][4]
        route, address = route_of(sock, address)
        if route is None:
            return await native(self, sock, address)
        if route.refused:
            raise not_allowed(route)
        open_for_ipv4(sock)

        async def talk_async(call, *values):
            try:
                return await call(*values)
            except Gone:
                raise
            except OSError as error:
                raise gone(route, error) from None

        async def through():
            await talk_async(native, self, sock, tunnel.proxy(sock.family))
            steps = exchange(tunnel.settings, route)
            step = next(steps)
            while True:
                received = await talk_async(loop_step, self, sock, step)
                try:
                    step = steps.send(received)
                except StopIteration as over:
                    return over.value

        try:
            reported = await asyncio.wait_for(through(), ANSWER_BOUND)
        except Gone as error:
            raise gone(route, error) from None
        except asyncio.TimeoutError as error:
            # From Python 3.11 on an OSError, so also the target's own.
            if error.args:
                raise
            raise os_error(errno.ETIMEDOUT) from None
        set_peer(sock, route, reported or address[0])

    cls.sock_connect = sock_connect


async def loop_step(loop, sock, step):
    if isinstance(step, bytes):
        await loop.sock_sendall(sock, step)
        return None
    received = b""
    while len(received) < step:
        part = await loop.sock_recv(sock, step - len(received))
        if not part:
            raise Gone(errno.ECONNRESET, "it closed the connection")
        received += part
    return received


# What is routed once it is imported


class AfterImport(importlib.abc.MetaPathFinder):
    """asyncio takes longer to import than all of this, and most functions never do; drivers are the function's own."""

    def __init__(self):
        self.modules = {
            "asyncio.selector_events": lambda module: route_event_loop(module.BaseSelectorEventLoop),
            "asyncio.proactor_events": lambda module: route_event_loop(module.BaseProactorEventLoop),
            "psycopg2": lambda module: libpq_part().route_psycopg2(module, libpq_part().libpq),
            "psycopg": lambda module: libpq_part().route_psycopg(module, libpq_part().libpq),
        }
        for name in self.modules:
            if name in sys.modules:
                self._route(sys.modules[name])
        sys.meta_path.insert(0, self)

    def _route(self, module):
        try:
            self.modules[module.__name__](module)
        except Exception as error:
            notice("connections of %s are not routed: %s" % (module.__name__, " ".join(repr(error).split())))

    def find_spec(self, name, path=None, target=None):
        if name not in self.modules:
            return None
        for finder in sys.meta_path:
            found = finder.find_spec(name, path, target) if finder is not self and hasattr(finder, "find_spec") else None
            if found is not None:
                break
        else:
            return None
        run = found.loader.exec_module

        def exec_module(module):
            run(module)
            self._route(module)

        found.loader.exec_module = exec_module
        return found


@functools.lru_cache(None)
def libpq_part():
    """What psycopg2 and psycopg need, from the file beside this one."""
    file = os.path.join(os.path.dirname(__file__), "python-libpq.py")
    part = type(sys)("livectl_libpq")
    importlib.machinery.SourceFileLoader(part.__name__, file).exec_module(part)
    part.libpq = part.Libpq(types.SimpleNamespace(**globals()))
    return part


# The settings


def parse(text):
    """Raises a ValueError that says what must be different; it contains no value."""
    try:
        settings = json.loads(text)
    except ValueError:
        raise ValueError("it must be JSON")
    settings = settings if isinstance(settings, dict) else {}
    if not re.fullmatch(r"(127\.0\.0\.1|\[::1\]):\d{1,5}", str(settings.get("proxy"))):
        raise ValueError('"proxy" must be 127.0.0.1:PORT')
    for name in ("username", "password"):
        value = settings.get(name)
        if not isinstance(value, str) or not 1 <= len(value.encode()) <= 255:
            raise ValueError('"%s" must have 1 to 255 bytes' % name)
    entries = settings.get("allow")
    if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
        raise ValueError('"allow" must be a list of destinations')
    settings["allow"] = Allow(entries)
    return settings


is_routing = False
is_reported = False


def notice(words):
    global is_reported
    if not is_reported:
        is_reported = True
        sys.stderr.write("livectl: %s\n" % words)
        sys.stderr.flush()


def route(text):
    """From now on connections are routed as the value of LIVECTL_TUNNEL says; None: not at all."""
    global is_routing
    try:
        settings = None if text is None else parse(text)
    except ValueError as error:
        settings = None
        words = "LIVECTL_TUNNEL is invalid: %s; connections to private destinations do not go through the tunnel"
        notice(words % error)
    tunnel.settings = settings
    tunnel.destinations.allow = settings and settings["allow"]
    if settings is None or is_routing:
        return
    is_routing = True
    socket.socket.connect = connect
    socket.socket.connect_ex = connect_ex
    socket.socket.getpeername = getpeername
    socket.getaddrinfo = getaddrinfo
    route_ipv4_lookup("gethostbyname")
    route_ipv4_lookup("gethostbyname_ex")
    AfterImport()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=forget_forwarder)


def forget_forwarder():
    """Its threads are the parent's."""
    global slots
    tunnel.forwarder = None
    slots = threading.BoundedSemaphore(256)
    if libpq_part.cache_info().currsize:
        libpq_part().libpq.forget()
