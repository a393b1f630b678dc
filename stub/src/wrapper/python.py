"""[1] The wrapper for Lambda's Python runtimes: starts a proxy of the Runtime API, then becomes the function's own runtime.

Called as `INTERPRETER -I -S -B python.py INTERPRETER ARGUMENTS...`: the runtime takes over this process, so that its
signals, exit codes, output and children are those of an unwrapped function. The proxy has a separate process, not a thread
of the runtime, whose client holds the interpreter's lock while it posts an answer. Whatever fails here, the runtime starts.

Python 3.9 or later. This file imports as little as it can: it delays every cold start.
"""

import os
import sys

import _signal
import _socket

#: Without these nothing can be relayed.
needed = (
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "LIVE_DEBUG_FUNCTION",
    "LIVE_DEBUG_SECRET",
    "LIVE_DEBUG_STAGE",
    "LIVE_DEBUG_STUB_FUNCTION",
    "LIVE_DEBUG_TABLE",
)


def main(command):
    environment = dict(os.environ)
    chained = environment.get("LIVE_DEBUG_EXEC_WRAPPER")
    runtime_environment = without_ours(os.environb, chained)
    try:
        missing = [name for name in needed if not environment.get(name)]
        if missing:
            raise ValueError("environment variables are missing: " + ", ".join(missing))
        address = start_proxy(environment)
        runtime_environment[b"AWS_LAMBDA_RUNTIME_API"] = address.encode()
    except Exception as error:
        report("the function runs unwrapped", error)
    # Python ignores these signals, and the program that replaces it would inherit that.
    for name in ("SIGPIPE", "SIGXFSZ"):
        _signal.signal(getattr(_signal, name), _signal.SIG_DFL)
    if chained:
        try:
            os.execve(chained, [chained, *command], runtime_environment)
        except OSError as error:
            report("the function's own wrapper " + chained + " does not start", error)
    os.execvpe(command[0], command, runtime_environment)


def without_ours(environment, chained):
    """The variables that the runtime would have without the wrapper."""
    theirs = {name: value for name, value in environment.items() if not name.startswith(b"LIVE_DEBUG_")}
    theirs.pop(b"AWS_LAMBDA_EXEC_WRAPPER", None)
    if chained:
        theirs[b"AWS_LAMBDA_EXEC_WRAPPER"] = os.fsencode(chained)
    return theirs


def start_proxy(environment):
    """Returns the proxy's address; with `wrap_init = "lazy"`, only when the deployed code is first needed."""
    listener = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    # From here on a connection waits for the proxy, however long it takes to start.
    listener.listen(128)
    address = "127.0.0.1:%d" % listener.getsockname()[1]
    lazy = environment.get("LIVE_DEBUG_WRAP_INIT") == "lazy"
    started_read, started_write = os.pipe()
    runtime = os.getpid()
    first = os.fork()
    if first == 0:
        # Fork twice, so that the runtime has no child that it did not start, and signals to its group don't reach the proxy.
        try:
            os.setsid()
            if os.fork() == 0:
                os.close(started_read)
                run_proxy(listener, environment, runtime, started_write if lazy else None)
        finally:
            os._exit(0)
    os.waitpid(first, 0)
    os.close(started_write)
    listener.close()
    if lazy and os.read(started_read, 1) == b"":
        # The proxy is gone.
        os.close(started_read)
        raise RuntimeError("the wrapper ended")
    os.close(started_read)
    return address


def run_proxy(listener, environment, runtime, start_runtime):
    upstream = environment["AWS_LAMBDA_RUNTIME_API"]
    try:
        keep_only({listener.fileno(), start_runtime})
        sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "python"))
        import proxy

        proxy.run(listener, environment, runtime, start_runtime)
    except BaseException as error:
        try:
            report("the wrapper failed: the deployed code answers", error)
        except Exception:
            pass
        if start_runtime is not None:
            try:
                os.write(start_runtime, b"1")
            except OSError:
                pass
        forward(listener, upstream, runtime)


def keep_only(kept):
    """Closes what the proxy would inherit from the runtime except its output, e.g. the pipe of its log."""
    kept = kept | {0, 1, 2}
    for name in os.listdir("/proc/self/fd"):
        if int(name) not in kept:
            try:
                os.close(int(name))
            except OSError:
                pass
    null = os.open("/dev/null", os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)


def forward(listener, upstream, runtime):
    """The last resort: passes bytes unchanged."""
    import select

    host, _, port = upstream.rpartition(":")
    pairs = {}
    by_number = {}
    poll = select.poll()
    poll.register(listener.fileno(), select.POLLIN)
    while os.path.exists("/proc/%d" % runtime):
        for number, _ in poll.poll(1000):
            if number == listener.fileno():
                descriptor, _ = listener._accept()
                client = _socket.socket(fileno=descriptor)
                server = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
                server.connect((host, int(port)))
                for one, other in ((client, server), (server, client)):
                    one.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
                    pairs[one.fileno()], by_number[one.fileno()] = other, one
                    poll.register(one.fileno(), select.POLLIN)
                continue
            if number not in pairs:
                continue
            source, target = by_number[number], pairs[number]
            try:
                piece = source.recv(65536)
                if piece:
                    target.sendall(piece)
                    continue
            except OSError:
                pass
            for one in (source, target):
                poll.unregister(one.fileno())
                del pairs[one.fileno()], by_number[one.fileno()]
                one.close()


def report(what, error):
    """Writes one line to the function's log, in the stub's format; `error` must have no secrets."""
    kind = "" if isinstance(error, ValueError) else type(error).__name__ + ": "
    words = (kind + str(error)).encode("ascii", "backslashreplace").decode()
    quoted = "".join(
        character if " " <= character <= "~" and character not in '"\\' else "\\u%04x" % ord(character)
        for character in words[:500]
    )
    line = '{"liveDebug":"%s","why":"%s"}\n' % (what.replace('"', "'"), quoted)
    try:
        os.write(1, line.encode())
    except OSError:
        pass


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Exception as error:
        try:
            report("the function runs unwrapped", error)
        finally:
            os.execvp(sys.argv[1], sys.argv[1:])
