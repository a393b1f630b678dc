"""Emulated accounts, each a moto_server of its own: a fork of this process, which has read moto once for all of them.

Reads a command per line and answers each with one line of JSON:
  start            {"url": ..., "pid": ...} of a new account
  stop PID         {}
  list SCRIPT URL  what the script prints of the account at that URL
or {"error": ...}. All accounts end with this process, and it ends with its standard input.
"""

import contextlib
import json
import os
import runpy
import signal
import sys
import threading
import traceback

import boto3
from moto.moto_api._internal import mock_random
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

accounts = set()


class SilentHandler(WSGIRequestHandler):
    def log_request(self, *_):
        pass


# Of all accounts: services that one of them was asked for are ready in it.
application = DomainDispatcherApplication(create_backend_app)


def server():
    return make_server("127.0.0.1", 0, application, threaded=True, request_handler=SilentHandler)


def prepare():
    """Does once what each account and each listing would do again: lists the resources of an account that has none."""
    boto3.setup_default_session()
    with server() as empty:
        thread = threading.Thread(target=empty.serve_forever)
        thread.start()
        try:
            with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
                run_script(os.path.join(os.path.dirname(__file__), "list-resources.py"), f"http://127.0.0.1:{empty.port}")
        finally:
            empty.shutdown()
            thread.join()
    # A fork has the thread that calls it only.
    if threading.active_count() > 1:
        raise RuntimeError(f"threads are left: {threading.enumerate()}")


def run_script(script, url):
    os.environ["AWS_ENDPOINT_URL"] = url
    runpy.run_path(script, run_name="__main__")


def fork(run):
    """Runs it in a child and returns the child's pid, and the file of what it prints."""
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid > 0:
        os.close(write_end)
        return pid, os.fdopen(read_end)
    code = 1
    try:
        os.dup2(write_end, 1)
        os.close(0)
        sys.stdout = os.fdopen(1, "w")
        run()
        sys.stdout.flush()
        code = 0
    except BaseException:
        sys.stdout.write(traceback.format_exc())
        sys.stdout.flush()
    os._exit(code)


def serve():
    # Else all accounts would give the same ids, in the same order.
    mock_random.seed()
    with server() as account:
        print(f"http://127.0.0.1:{account.port}", flush=True)
        account.serve_forever()


def start():
    pid, output = fork(serve)
    accounts.add(pid)
    with output:
        url = output.readline().strip()
        if not url.startswith("http://"):
            raise RuntimeError(url + output.read())
    return {"url": url, "pid": pid}


def stop(pid):
    accounts.remove(pid)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return {}


def listing(script, url):
    pid, output = fork(lambda: run_script(script, url))
    with output:
        text = output.read()
    _, status = os.waitpid(pid, 0)
    if status != 0:
        raise RuntimeError(text)
    return json.loads(text)


def answer(line):
    match line.split():
        case ["start"]:
            return start()
        case ["stop", pid]:
            return stop(int(pid))
        case ["list", *script, url]:
            return listing(" ".join(script), url)
    raise ValueError(line)


prepare()
try:
    for line in sys.stdin:
        try:
            answered = answer(line)
        except Exception as error:
            answered = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answered), flush=True)
finally:
    for pid in list(accounts):
        stop(pid)
