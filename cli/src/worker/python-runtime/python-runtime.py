"""[5] The Python runtime client: the program a worker runs. Takes invocations from its Runtime API one by one, calls
the user's handler in this process, posts what it answers. Python 3.9 or later, standard library only.

Behaves as Lambda's own client does: https://github.com/aws/aws-lambda-python-runtime-interface-client

Environment: AWS_LAMBDA_RUNTIME_API (host:port) and, as on Lambda, LAMBDA_TASK_ROOT and _HANDLER. Of livectl's own, all
removed before the handler is loaded:
  LIVECTL_RUNTIME_TOKEN  sent with every call
  LIVECTL_LOG_MARKER     prefix of the lines in stdout and stderr that mark where an invocation begins and ends
  LIVECTL_DEBUGGER       "listen": make debugpy listen, and report its address in such a line
  LIVECTL_ASSIGNED       "later": ask the Runtime API for the environment, which says which handler to load
  LIVECTL_TUNNEL         JSON of the tunnel's settings, see ../node-tunnel/settings.ts; also with an assignment
"""

import decimal
import importlib
import importlib.machinery
import json
import json.encoder
import logging
import os
import re
import socket
import sys
import time
import traceback
from datetime import datetime, timezone

API = "/2018-06-01/runtime"


class Fault(Exception):
    """An error in the runtime's own words, e.g. `Runtime.HandlerNotFound`."""

    def __init__(self, kind, message, trace=()):
        super().__init__(message)
        self.error_type = "Runtime." + kind
        self.trace = list(trace)


class RuntimeConnection:
    """One connection to the Runtime API, one request at a time: HTTP/1.1 by hand starts faster than http.client."""

    def __init__(self, address, token):
        host, _, port = address.rpartition(":")
        self._address = address
        self._head = "Host: %s\r\n" % address
        if token is not None:
            self._head += "Livectl-Runtime-Token: %s\r\n" % token
        self._socket = socket.create_connection((host, int(port)))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._reader = self._socket.makefile("rb")

    def request(self, method, path, body=None, headers=None):
        """Returns status, headers with names in lower case, and body. Ends the process if livectl is gone."""
        head = "%s %s HTTP/1.1\r\n%s" % (method, path, self._head)
        for name, value in (headers or {}).items():
            # Replace what would end a header early: error types come from the user's code.
            head += "%s: %s\r\n" % (name, re.sub(r"[^\x20-\x7e]", "?", value)[: 128 * 1024])
        if body is not None:
            head += "Content-Length: %d\r\n" % len(body)
        try:
            self._socket.sendall(head.encode() + b"\r\n" + (body or b""))
            return self._answer()
        except (OSError, EOFError) as error:
            sys.stderr.write("The Runtime API at %s is gone (%s)\n" % (self._address, error))
            sys.stderr.flush()
            os._exit(1)

    def get_json(self, path):
        status, _, body = self.request("GET", path)
        if status != 200:
            raise RuntimeError("The Runtime API answered %d to %s" % (status, path))
        return json.loads(body)

    def _answer(self):
        status = int(self._line().split(" ", 2)[1])
        headers = {}
        for line in iter(self._line, ""):
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        length = int(headers.get("content-length", 0))
        body = self._reader.read(length)
        if len(body) < length:
            raise EOFError("it closed the connection")
        return status, headers, body

    def _line(self):
        line = self._reader.readline()
        if not line.endswith(b"\n"):
            raise EOFError("it closed the connection")
        # UTF-8, because the client context is JSON text.
        return line.decode().rstrip("\r\n")


class Environment:
    """The part of os.environ that livectl keeps up to date; what the handler sets itself stays."""

    def __init__(self):
        self.version = 0
        self._variables = {}

    def apply(self, sent):
        self.version, variables = sent["version"], sent["variables"]
        for name in self._variables.keys() - variables.keys():
            os.environ.pop(name, None)
        for name, value in variables.items():
            if self._variables.get(name) != value:
                os.environ[name] = value
        self._variables = variables
        os.environ.pop("LIVECTL_TUNNEL", None)
        route_through_tunnel(variables.get("LIVECTL_TUNNEL"))

    def extend_credentials(self):
        """Makes boto3 read the variables again soon, since a worker may live longer than its first credentials. The
        expiry is later than the longest invocation, 15 minutes, so that none sees them expire."""
        if "AWS_ACCESS_KEY_ID" in self._variables and "AWS_CREDENTIAL_EXPIRATION" not in self._variables:
            expires = time.gmtime(time.time() + 16 * 60)
            os.environ["AWS_CREDENTIAL_EXPIRATION"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", expires)


# The tunnel

# Its parts are beside this file.
TUNNEL_FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "python-tunnel.py")
TUNNEL_FILES = (TUNNEL_FILE, os.path.join(os.path.dirname(TUNNEL_FILE), "python-libpq.py"))
tunnel_part = None


def route_through_tunnel(settings):
    """Loads what routes connections, if there is a tunnel: without one this costs nothing. `settings` is the value of
    LIVECTL_TUNNEL, or None."""
    global tunnel_part
    if settings is None and tunnel_part is None:
        return
    try:
        if tunnel_part is None:
            loader = importlib.machinery.SourceFileLoader("livectl_tunnel", TUNNEL_FILE)
            part = type(sys)(loader.name)
            part.__file__ = TUNNEL_FILE
            loader.exec_module(part)
            tunnel_part = part
        tunnel_part.route(settings)
    except Exception as error:
        sys.stderr.write("livectl: the tunnel cannot be used: %s\n" % one_line(repr(error)))
        sys.stderr.flush()


# The handler


class UncachedLoader(importlib.machinery.SourceFileLoader):
    """Always compiles the function's own modules: a .pyc is compared with its source by size and whole seconds only, so
    one that was written just before a save would pass for the new code."""

    def path_stats(self, path):
        raise OSError("not cached")


def import_from(task_root):
    """Makes imports search as on Lambda: first in the task root, and never beside this file."""
    sys.path[0] = task_root
    inside = os.path.join(task_root, "")
    finder = importlib.machinery.FileFinder.path_hook(
        (importlib.machinery.ExtensionFileLoader, importlib.machinery.EXTENSION_SUFFIXES),
        (UncachedLoader, importlib.machinery.SOURCE_SUFFIXES),
        (importlib.machinery.SourcelessFileLoader, importlib.machinery.BYTECODE_SUFFIXES),
    )

    def hook(folder):
        if not os.path.join(folder, "").startswith(inside) or "site-packages" in folder:
            raise ImportError("not the function's own", path=folder)
        return finder(folder)

    sys.path_hooks.insert(0, hook)


def load_handler(handler):
    """Resolves `pkg.mod.func` or `pkg/mod.func`; raises a Fault, or what the module raised."""
    try:
        module_name, function_name = handler.rsplit(".", 1)
    except ValueError as error:
        raise Fault("MalformedHandlerName", "Bad handler '%s': %s" % (handler, error))
    if module_name.split(".")[0] in sys.builtin_module_names:
        raise Fault("BuiltInModuleConflict", "Cannot use built-in module %s as a handler module" % module_name)
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        log_import_trace(error)
        raise Fault("ImportModuleError", "Unable to import module '%s': %s" % (module_name, error))
    except SyntaxError as error:
        place = '  File "%s" Line %s\n    %s' % (error.filename, error.lineno, error.text)
        raise Fault("UserCodeSyntaxError", "Syntax error in module '%s': %s" % (module_name, error), [place])
    try:
        return getattr(module, function_name)
    except AttributeError:
        raise Fault("HandlerNotFound", "Handler '%s' missing on module '%s'" % (function_name, module_name))


def log_import_trace(error):
    """Logs which of the user's lines led to the missing module, since Lambda's error has no trace."""
    frames = [frame for frame in own_frames(error) if "importlib" not in frame.filename]
    if frames:
        logging.getLogger().error("".join(["Traceback (most recent call last):\n", *traceback.format_list(frames)]).rstrip())


# What was loaded


class LoadedFiles:
    """Which files the function has loaded, for livectl to watch: its modules, and what it reads while they are imported."""

    # More than any function loads; what comes beyond it is not reported.
    most = 20000

    def __init__(self):
        import sysconfig

        self._files, self._folders = set(), set()
        self._modules = self._reported = 0
        self._looking = True
        paths = sysconfig.get_paths()
        # The interpreter's own modules; packages in the project have such folders as well.
        self._foreign = tuple(os.path.join(paths[name], "") for name in ("stdlib", "platstdlib"))
        # A hook can't be removed: it does nothing once the handler is loaded.
        sys.addaudithook(self._audit)

    def _audit(self, event, arguments):
        if not self._looking or (event != "open" and event not in ("os.listdir", "os.scandir")):
            return
        try:
            # Imports also list the folders of sys.path, which the function itself does not read.
            if event == "open" and self._reads(arguments):
                self._add(self._files, arguments[0])
            elif event != "open" and "importlib" not in sys._getframe(1).f_code.co_filename:
                self._add(self._folders, arguments[0])
        except Exception:
            # If the path is invalid, the function gets the error from open itself.
            pass

    def _reads(self, arguments):
        mode, flags = arguments[1], arguments[2]
        if isinstance(mode, str):
            return not set(mode) & set("wax+")
        return isinstance(flags, int) and not flags & (os.O_WRONLY | os.O_RDWR)

    def _add(self, paths, path):
        if not isinstance(path, (str, bytes, os.PathLike)) or len(paths) >= self.most:
            return
        path = os.path.abspath(os.fsdecode(path))
        if not path.startswith(self._foreign) and not re.search(r"(?:site|dist)-packages|\.pyc$", path):
            paths.add(path)

    def loaded(self):
        """The handler is loaded: what it reads from now on is data."""
        self._looking = False

    def report(self, failed):
        """The body of `POST /livectl/loaded`, or None if nothing was added since the last one."""
        if len(sys.modules) != self._modules:
            self._modules = len(sys.modules)
            for module in list(sys.modules.values()):
                self._add(self._files, getattr(module, "__file__", None))
        count = len(self._files) + len(self._folders)
        if count == self._reported:
            return None
        self._reported = count
        report = {"files": sorted(self._files), "folders": sorted(self._folders), "complete": True, "failed": failed}
        return json.dumps(report).encode("utf-8", "replace")


# The context


class Record:
    """An object whose fields always exist; None if nobody set them."""

    __slots__ = ()
    fields = ()

    def __init__(self, values=None):
        for field in self.fields:
            setattr(self, field, (values or {}).get(field))

    def __repr__(self):
        return "%s([%s])" % (type(self).__name__, ",".join("%s=%s" % (name, getattr(self, name)) for name in self.fields))


class CognitoIdentity(Record):
    # As on Lambda, these three take no other fields.
    __slots__ = fields = ("cognito_identity_id", "cognito_identity_pool_id")


class Client(Record):
    __slots__ = fields = ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name")


class ClientContext(Record):
    __slots__ = fields = ("custom", "env", "client")


class LambdaContext(Record):
    w3c_fields = ("traceparent", "tracestate", "baggage")
    fields = (
        "aws_request_id",
        "log_group_name",
        "log_stream_name",
        "function_name",
        "memory_limit_in_mb",
        "function_version",
        "invoked_function_arn",
        "client_context",
        "identity",
        "tenant_id",
    )

    def __init__(self, headers):
        client_context = context_json(headers, "lambda-runtime-client-context", "Client Context")
        identity = context_json(headers, "lambda-runtime-cognito-identity", "Cognito Identity") or {}
        super().__init__(
            {
                "aws_request_id": headers["lambda-runtime-aws-request-id"],
                "log_group_name": os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME"),
                "log_stream_name": os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME"),
                "function_name": os.environ.get("AWS_LAMBDA_FUNCTION_NAME"),
                "memory_limit_in_mb": os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"),
                "function_version": os.environ.get("AWS_LAMBDA_FUNCTION_VERSION"),
                "invoked_function_arn": headers.get("lambda-runtime-invoked-function-arn"),
                "identity": CognitoIdentity(
                    {
                        "cognito_identity_id": identity.get("cognitoIdentityId"),
                        "cognito_identity_pool_id": identity.get("cognitoIdentityPoolId"),
                    }
                ),
                "tenant_id": headers.get("lambda-runtime-aws-tenant-id"),
            }
        )
        self._w3c = self._take_w3c(client_context)
        if client_context is not None:
            self.client_context = ClientContext(client_context)
            if self.client_context.client is not None:
                self.client_context.client = Client(self.client_context.client)
        self._deadline_ms = int(headers["lambda-runtime-deadline-ms"])

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline_ms - int(time.time() * 1000))

    def log(self, message):
        write_line(str(message))

    def w3c(self):
        """The W3C trace context that the caller put into the client context, which no longer has it."""
        return dict(self._w3c)

    def _take_w3c(self, client_context):
        sent = client_context.pop("w3c", None) if isinstance(client_context, dict) else None
        if not isinstance(sent, dict):
            return {}
        return {name: sent[name] for name in self.w3c_fields if isinstance(sent.get(name), str)}


def context_json(headers, name, title):
    text = headers.get(name)
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError as error:
        raise Fault("LambdaContextUnmarshalError", "Unable to parse %s JSON: %s" % (title, error))


# Events and results


def parse_event(body):
    try:
        return json.loads(body.decode())
    except Exception as error:
        raise Fault("UnmarshalError", "Unable to unmarshal input: %s" % error)


def marshal(result):
    """The text or the bytes of a result, and their content type."""
    if isinstance(result, bytes):
        return result, "application/unknown"
    try:
        return to_json(result), "application/json"
    except Exception as error:
        raise Fault("MarshalError", "Unable to marshal response: %s" % error)


def to_json(result):
    """JSON as Lambda writes it, with simplejson: a Decimal is a number, a named tuple an object, bytes are text; NaN and
    infinities pass. From python3.12 on, characters beyond ASCII stay as they are."""
    version = re.match(r"AWS_Lambda_python(\d+)\.(\d+)", os.environ.get("AWS_EXECUTION_ENV", ""))
    keeps_unicode = version is not None and tuple(map(int, version.groups())) >= (3, 12)
    quote = json.encoder.encode_basestring if keeps_unicode else json.encoder.encode_basestring_ascii
    parts = []
    enclosing = set()

    def number(value):
        if isinstance(value, int):
            return int.__repr__(value)
        if value != value:
            return "NaN"
        if value in (float("inf"), float("-inf")):
            return "Infinity" if value > 0 else "-Infinity"
        return float.__repr__(value)

    def scalar(value):
        """None for what is not a scalar."""
        if isinstance(value, str):
            return quote(value)
        if isinstance(value, bytes):
            return quote(value.decode())
        if value is None or value is True or value is False:
            return {None: "null", True: "true", False: "false"}[value]
        return number(value) if isinstance(value, (int, float)) else None

    def key(value):
        text = scalar(value)
        if text is None:
            kind = type(value)
            name = kind.__name__ if kind.__module__ == "builtins" else "%s.%s" % (kind.__module__, kind.__qualname__)
            raise TypeError("keys must be str, int, float, bool or None, not " + name)
        return text if text.startswith('"') else '"%s"' % text

    def write(value):
        text = scalar(value)
        as_dict = None if text is not None else getattr(value, "_asdict", None)
        if text is not None:
            parts.append(text)
        elif isinstance(value, decimal.Decimal):
            parts.append("NaN" if value.is_nan() else str(value))
        elif callable(as_dict) or isinstance(value, (dict, list, tuple)):
            if id(value) in enclosing:
                raise ValueError("Circular reference detected")
            enclosing.add(id(value))
            if callable(as_dict):
                write_object(as_dict())
            elif isinstance(value, dict):
                write_object(value)
            else:
                write_array(value)
            enclosing.remove(id(value))
        else:
            raise TypeError("Object of type %s is not JSON serializable" % type(value).__name__)

    def write_object(value):
        separator = "{"
        for name, item in value.items():
            parts.append(separator + key(name) + ": ")
            write(item)
            separator = ", "
        parts.append("}" if value else "{}")

    def write_array(value):
        separator = "["
        for item in value:
            parts.append(separator)
            write(item)
            separator = ", "
        parts.append("]" if value else "[]")

    write(result)
    return "".join(parts)


# Errors


def own_frames(error):
    """The frames of a traceback without those of this client, which come first."""
    frames = traceback.extract_tb(error.__traceback__)
    while frames and frames[0].filename == __file__:
        frames.pop(0)
    # Where Python itself connects, without a frame.
    frames = [frame for frame in frames if frame.filename not in TUNNEL_FILES]
    # As plain tuples they are printed without Python's marks below the line, as Lambda does.
    return [traceback.FrameSummary(f.filename, f.lineno, f.name, line=f.line) for f in frames]


def error_report(error, request_id=""):
    """The body and the headers of an error post."""
    if isinstance(error, Fault):
        error_type, trace = error.error_type, error.trace
    else:
        error_type, trace = type(error).__name__, traceback.format_list(own_frames(error))
    report = {"errorMessage": str(error), "errorType": error_type, "requestId": request_id, "stackTrace": trace}
    headers = {"Content-Type": "application/json", "Lambda-Runtime-Function-Error-Type": error_type}
    causes = error_causes(error)
    if causes:
        import binascii

        headers["Livectl-Error-Causes"] = binascii.b2a_base64(json.dumps(causes).encode(), newline=False).decode()
    return json.dumps(report).encode(), headers


def error_causes(error):
    """What led to an error, for livectl to show below it: see ../assignment.ts for the header and its limits."""
    causes = []
    seen = {id(error)}

    def add(relation, cause):
        if cause is None or id(cause) in seen or len(causes) >= 8:
            return
        seen.add(id(cause))
        try:
            message = str(cause)[:500]
        except Exception:
            message = ""
        stack = "".join(traceback.format_list(own_frames(cause))).splitlines()
        stack = [line[:500] for line in stack[:12]]
        causes.append({"relation": relation, "name": type(cause).__name__, "message": message, "stack": stack})
        collect(cause)

    def collect(holder):
        if holder.__cause__ is not None:
            add("cause", holder.__cause__)
        elif not holder.__suppress_context__:
            add("context", holder.__context__)
        # The parts of an exception group.
        parts = getattr(holder, "exceptions", None)
        if isinstance(parts, tuple):
            for part in parts:
                if isinstance(part, BaseException):
                    add("part", part)

    # A Fault is this client's own; its message already names the cause.
    if not isinstance(error, Fault):
        collect(error)
    return causes


# The log


class Unbuffered:
    """Writes through at once, so that lines arrive as they are printed and none is lost in a crash."""

    def __init__(self, stream):
        self._stream = stream

    def __getattr__(self, name):
        return getattr(self._stream, name)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        pass

    def write(self, text):
        written = self._stream.write(text)
        self._stream.flush()
        return written

    def writelines(self, lines):
        self._stream.writelines(lines)
        self._stream.flush()


def write_line(text):
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


class LogMarks:
    """Marks in both pipes where an invocation begins and ends, see ../log-marks.ts."""

    def __init__(self, marker):
        self._marker = marker
        # Duplicates, since a function may close, replace or redirect its own.
        self._pipes = [] if marker is None else [(os.dup(1), sys.stdout), (os.dup(2), sys.stderr)]

    def begin(self, request_id):
        self._write(self._pipes, "begin " + request_id)

    def end(self, request_id):
        self._write(self._pipes, "end " + request_id)

    def debugger(self, words):
        self._write(self._pipes[:1], "debugger " + words)

    def _write(self, pipes, words):
        for descriptor, stream in pipes:
            line = ("%s %s\n" % (self._marker, words)).encode()
            try:
                stream.flush()
            except (OSError, ValueError):
                # The function closed it.
                pass
            try:
                while line:
                    try:
                        line = line[os.write(descriptor, line) :]
                    except BlockingIOError:
                        # A process that inherited the pipe made it non-blocking: it is full for the moment.
                        time.sleep(0.001)
            except OSError:
                # livectl is gone, or else waits only a moment for the mark.
                pass


class LambdaLogHandler(logging.Handler):
    request_id = ""
    tenant_id = None

    def __init__(self):
        super().__init__()
        self.addFilter(self._describe)

    def emit(self, record):
        write_line(self.format(record))

    def _describe(self, record):
        record.aws_request_id = self.request_id
        record.tenant_id = self.tenant_id
        return True


class TextFormatter(logging.Formatter):
    def __init__(self):
        super().__init__("[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s", "%Y-%m-%dT%H:%M:%S")

    def format(self, record):
        # One record is one line of the log; livectl turns these back.
        return super().format(record).replace("\n", "\r")


class JsonFormatter(logging.Formatter):
    # Any other field of a record comes from `extra` and is printed.
    known = set(
        "name msg args levelname levelno pathname filename module exc_info exc_text stack_info lineno funcName created"
        " msecs relativeCreated thread threadName processName process aws_request_id tenant_id".split()
    )

    def __init__(self):
        super().__init__()
        self._milliseconds = os.environ.get("AWS_LAMBDA_LOG_TIMESTAMP_PRECISION", "").lower() == "milliseconds"

    def format(self, record):
        level = min(50, max(0, record.levelno)) // 10 * 10
        moment = datetime.fromtimestamp(record.created, tz=timezone.utc)
        fraction = ".%03d" % (moment.microsecond // 1000) if self._milliseconds else ""
        is_object = isinstance(record.msg, dict) and not record.args
        line = {
            "timestamp": moment.strftime("%Y-%m-%dT%H:%M:%S") + fraction + "Z",
            "level": logging.getLevelName(level),
            "message": record.msg if is_object else record.getMessage(),
            "logger": record.name,
            "requestId": record.aws_request_id,
            "tenantId": record.tenant_id,
        }
        if record.exc_info:
            error_class, error, trace = record.exc_info
            line["stackTrace"] = traceback.format_tb(trace)
            # As Lambda does, this fails where there is no exception: logging.exception() outside of an except clause.
            line["errorType"] = error_class.__name__
            line["errorMessage"] = str(error)
            line["location"] = "%s:%s:%d" % (record.pathname, record.funcName, record.lineno)
        extra = {name: value for name, value in vars(record).items() if name not in self.known and name not in line}
        line = {name: value for name, value in {**line, **extra}.items() if value is not None}
        return json.dumps(line, ensure_ascii=False, default=str)


def set_up_logging():
    """Preconfigures the root logger as Lambda does: one handler, and the level of AWS_LAMBDA_LOG_LEVEL if any."""
    sys.stdout = Unbuffered(sys.stdout)
    sys.stderr = Unbuffered(sys.stderr)
    logging.Formatter.converter = time.gmtime
    handler = LambdaLogHandler()
    is_json = os.environ.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON"
    handler.setFormatter(JsonFormatter() if is_json else TextFormatter())
    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper()
    level = {"TRACE": "DEBUG"}.get(level, level)
    root = logging.getLogger()
    if isinstance(logging.getLevelName(level), int):
        root.setLevel(level)
    root.addHandler(handler)
    return handler


# The debugger


def open_debugger():
    """Makes debugpy listen on a free port. Returns its address, or why not. It is the interpreter's, not the function's."""
    try:
        import debugpy
    except ImportError:
        return "debugpy is not installed for %s; run: %s -m pip install debugpy" % (sys.executable, sys.executable)
    except Exception as error:
        return one_line("debugpy can't be imported: %s" % error)
    try:
        return "tcp://127.0.0.1:%d" % debugpy.listen(("127.0.0.1", 0))[1]
    except Exception as error:
        return one_line("debugpy can't listen: %s" % error)


def one_line(text):
    return " ".join(text.split())


# The loop


def main():
    token = os.environ.pop("LIVECTL_RUNTIME_TOKEN", None)
    marks = LogMarks(os.environ.pop("LIVECTL_LOG_MARKER", None))
    assigned = os.environ.pop("LIVECTL_ASSIGNED", None)
    if os.environ.pop("LIVECTL_DEBUGGER", None) == "listen":
        marks.debugger(open_debugger())
    connection = RuntimeConnection(os.environ["AWS_LAMBDA_RUNTIME_API"], token)
    route_through_tunnel(os.environ.pop("LIVECTL_TUNNEL", None))
    environment = Environment()
    if assigned == "later":
        environment.apply(connection.get_json("/livectl/assignment")["environment"])
        environment.extend_credentials()
    task_root = os.environ.get("LAMBDA_TASK_ROOT", os.getcwd())
    os.chdir(task_root)
    log = set_up_logging()
    import_from(task_root)
    loaded_files = LoadedFiles() if token is not None else None

    def report_loaded(failed):
        report = loaded_files.report(failed) if loaded_files is not None else None
        if report is not None:
            connection.request("POST", "/livectl/loaded", report)

    try:
        handler = load_handler(os.environ.get("_HANDLER", ""))
    except Exception as error:
        report_loaded(True)
        connection.request("POST", API + "/init/error", *error_report(error))
        sys.exit(1)

    if loaded_files is not None:
        loaded_files.loaded()
    while True:
        # Also after an invocation: code may import modules when it needs them.
        report_loaded(False)
        _, headers, body = connection.request("GET", API + "/invocation/next")
        request_id = log.request_id = headers["lambda-runtime-aws-request-id"]
        marks.begin(request_id)
        log.tenant_id = headers.get("lambda-runtime-aws-tenant-id")
        if int(headers.get("livectl-environment-version", environment.version)) != environment.version:
            environment.apply(connection.get_json("/livectl/environment"))
        environment.extend_credentials()
        os.environ.pop("_X_AMZN_TRACE_ID", None)
        if "lambda-runtime-trace-id" in headers:
            os.environ["_X_AMZN_TRACE_ID"] = headers["lambda-runtime-trace-id"]
        try:
            answer, content_type = run(handler, headers, body)
            kind, answer_headers = "response", {"Content-Type": content_type}
        except Exception as error:
            answer, answer_headers = error_report(error, request_id)
            kind = "error"
        marks.end(request_id)
        # Text with a lone surrogate can't be encoded and ends the process, as on Lambda.
        answer = answer if isinstance(answer, bytes) else answer.encode()
        connection.request("POST", "%s/invocation/%s/%s" % (API, request_id, kind), answer, answer_headers)


def run(handler, headers, body):
    context = LambdaContext(headers)
    return marshal(handler(parse_event(body), context))


if __name__ == "__main__":
    main()
