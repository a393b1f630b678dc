"""[5] The tunnel for psycopg2 and psycopg: libpq, which is written in C, connects by itself. It gets a port of this process
in place of the host's address, and still the host's name, which it verifies with TLS.
"""

import functools
import os
import socket
import threading

# Parameters of psycopg2.connect and psycopg.connect that are not libpq's.
OWN = {
    *("connection_factory", "cursor_factory", "async", "async_"),
    *("autocommit", "prepare_threshold", "row_factory", "context"),
}


class Forward:
    """A port of this process that leads to one destination, for programs of this user only."""

    def __init__(self, part, route):
        self.failure = None
        self._part, self._route = part, route
        self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(128)
        self.port = self._listener.getsockname()[1]
        part.start_thread(self._accept)

    def _accept(self):
        while True:
            sock, peer = self._part.accept(self._listener)
            if is_own(peer[1], self.port):
                self._part.start_thread(self._part.carry, sock, self._route, self._report)
            else:
                self._part.reset(sock)

    def _report(self, failure):
        self.failure = failure


def is_own(port, to):
    """Whether this user's program, or root's, made the connection; only Linux tells, as cli/src/loopback says."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(table) as lines:
                for line in lines:
                    fields = line.split()
                    if fields[1].endswith(":%04X" % port) and fields[2].endswith(":%04X" % to):
                        return int(fields[7]) in (0, os.getuid())
        except OSError:
            if table == "/proc/net/tcp":
                return True
    return False


class Libpq:
    """Parameters of connections, with the ports of this process in them."""

    def __init__(self, part):
        self._part = part
        self._lock = threading.Lock()
        self.forget()

    def forget(self):
        """In a child process by fork: the threads are the parent's."""
        self._forwards = {}

    def changed(self, given):
        """Parameters to set instead, and the forwards that they lead to; none if nothing is private."""
        hosts = value_of(given, "host", "PGHOST").split(",")
        addresses = value_of(given, "hostaddr", "PGHOSTADDR").split(",")
        ports = (value_of(given, "port", "PGPORT") or "5432").split(",")
        new_addresses, new_ports, forwards = [], [], []
        for index in range(max(len(hosts), len(addresses))):
            host = hosts[index] if index < len(hosts) else ""
            address = addresses[index] if index < len(addresses) else ""
            port = (ports[index] if 1 < len(ports) > index else ports[0]) or "5432"
            forward = self._forward(address or host, port)
            new_addresses.append(address if forward is None else "127.0.0.1")
            new_ports.append(port if forward is None else str(forward.port))
            forwards += [] if forward is None else [forward]
        if not forwards:
            return {}, []
        return {"hostaddr": ",".join(new_addresses), "port": ",".join(new_ports)}, forwards

    def _forward(self, target, port):
        if self._part.tunnel.settings is None or not port.isdigit() or target[:1] in ("", "/", "@"):
            return None
        try:
            address = socket.getaddrinfo(target, int(port), 0, socket.SOCK_STREAM)[0][4][0]
        except OSError:
            # libpq reports it.
            return None
        route = self._part.tunnel.destinations.address(address, int(port))
        if route is None or route.refused:
            return None
        with self._lock:
            key = (route.host, route.port)
            if key not in self._forwards:
                self._forwards[key] = Forward(self._part, route)
            return self._forwards[key]


def value_of(given, name, variable):
    value = given.get(name)
    return str(value if value is not None else os.environ.get(variable, ""))


def explained(error, forwards):
    """The error of a connection with why the tunnel did not make it, which libpq cannot know."""
    why = next((forward.failure for forward in forwards if forward.failure is not None), None)
    return error if why is None else type(error)("%s\n%s" % (str(error).rstrip(), why))


def route_psycopg2(module, libpq):
    from psycopg2.extensions import make_dsn, parse_dsn

    native = module.connect

    @functools.wraps(native)
    def connect(dsn=None, *values, **named):
        forwards = []
        if dsn is not None or named:
            try:
                given = parse_dsn(make_dsn(dsn, **{name: value for name, value in named.items() if name not in OWN}))
                more, forwards = libpq.changed(given)
                named.update(more)
            except module.Error:
                # It is reported below.
                pass
        try:
            return native(dsn, *values, **named)
        except module.OperationalError as error:
            raise explained(error, forwards) from None

    module.connect = connect


def route_psycopg(module, libpq):
    from psycopg.conninfo import conninfo_to_dict

    def changed(conninfo, named):
        try:
            given = conninfo_to_dict(conninfo, **{name: value for name, value in named.items() if name not in OWN})
        except module.Error:
            return {}, []
        return libpq.changed(given)

    native = module.Connection.connect.__func__

    @functools.wraps(native)
    def connect(cls, conninfo="", **named):
        more, forwards = changed(conninfo, named)
        try:
            return native(cls, conninfo, **{**named, **more})
        except module.OperationalError as error:
            raise explained(error, forwards) from None

    native_async = module.AsyncConnection.connect.__func__

    @functools.wraps(native_async)
    async def connect_async(cls, conninfo="", **named):
        import asyncio

        more, forwards = await asyncio.get_running_loop().run_in_executor(None, changed, conninfo, named)
        try:
            return await native_async(cls, conninfo, **{**named, **more})
        except module.OperationalError as error:
            raise explained(error, forwards) from None

    module.Connection.connect = classmethod(connect)
    module.AsyncConnection.connect = classmethod(connect_async)
    module.connect = module.Connection.connect
