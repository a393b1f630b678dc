"""[1] HTTP/1.1 as it is on the wire, to be passed on byte for byte: heads, and bodies by length, in chunks or up to the end."""

import socket

#: A head may carry an error's cause for X-Ray, of up to 1 MiB.
longest_head = 8 * 1024 * 1024


class Ended(Exception):
    """The other end closed the connection within a message."""


class Wire:
    """One connection, read through a buffer."""

    def __init__(self, connection):
        self.connection = connection
        #: What was read of the other end's bytes; the code that has passed it on empties it.
        self.taken = []
        self._buffer = bytearray()
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:
            pass

    def left(self):
        """All that was received and not passed on."""
        return b"".join(self.taken) + self._buffer

    def send(self, data):
        self.connection.sendall(data)

    def close(self):
        try:
            self.connection.close()
        except OSError:
            pass

    def head(self):
        """The bytes of the next head, its empty line included; empty if the other end closed the connection before it."""
        searched = 0
        while True:
            end = self._buffer.find(b"\r\n\r\n", searched)
            if end >= 0:
                return self._take(end + 4)
            if len(self._buffer) > longest_head:
                raise Ended("a head without an end")
            searched = max(0, len(self._buffer) - 3)
            if not self._fill():
                if self._buffer:
                    raise Ended("within a head")
                return b""

    def body(self, head, answers=None):
        """
        Yields a body's bytes as they come, in pairs (on the wire, of the content). `head` is the message's; `answers` is the
        method of the request that it answers.
        """
        headers = headers_of(head)
        if answers is not None and (answers == b"HEAD" or status_of(head) in (204, 304)):
            return
        if headers.get("transfer-encoding", "").lower().endswith("chunked"):
            yield from self._chunks()
        elif "content-length" in headers:
            left = int(headers["content-length"])
            while left > 0:
                piece = self._piece(left)
                left -= len(piece)
                yield piece, piece
        elif answers is not None:
            while self._buffer or self._fill():
                piece = self._take(len(self._buffer))
                yield piece, piece

    def _chunks(self):
        while True:
            line = self._line()
            yield line, b""
            left = int(line.split(b";")[0], 16)
            if left == 0:
                break
            while left > 0:
                piece = self._piece(left)
                left -= len(piece)
                yield piece, piece
            yield self._line(), b""
        while True:
            # Trailers, e.g. the error of a streamed response.
            line = self._line()
            yield line, b""
            if line == b"\r\n":
                return

    def _line(self):
        while True:
            end = self._buffer.find(b"\n")
            if end >= 0:
                return self._take(end + 1)
            if len(self._buffer) > longest_head or not self._fill():
                raise Ended("within a chunked body")

    def _piece(self, most):
        if not self._buffer and not self._fill():
            raise Ended("within a body")
        return self._take(min(most, len(self._buffer)))

    def _take(self, length):
        taken = bytes(self._buffer[:length])
        del self._buffer[:length]
        self.taken.append(taken)
        return taken

    def _fill(self):
        received = self.connection.recv(256 * 1024)
        self._buffer += received
        return len(received) > 0


def headers_of(head):
    """By name in lower case. Values may be UTF-8: a client context is JSON text."""
    headers = {}
    for line in head.split(b"\r\n")[1:]:
        name, separator, value = line.partition(b":")
        if separator:
            headers[name.decode("latin-1").strip().lower()] = value.decode("utf-8", "surrogateescape").strip()
    return headers


def status_of(head):
    return int(head[:64].split(b" ", 2)[1][:3])


def method_and_path(head):
    method, path = head[:8192].split(b" ", 2)[:2]
    return method, path


def with_host(head, host):
    """The same head for another host."""
    start = head.lower().find(b"\r\nhost:")
    if start < 0:
        return head
    end = head.index(b"\r\n", start + 2)
    return head[:start] + b"\r\nHost: " + host.encode() + head[end:]
