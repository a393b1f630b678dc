# Runs a command on a terminal of its own (a pty): python3 pty-run.py COMMAND ARGS..., with a script on stdin of lines
# `wait TEXT` (until the terminal has shown it), `type TEXT` (and the return key), `key TEXT` (nothing more) and `ctrl X`. Writes all that the
# terminal showed to stdout and ends with the command's exit code.
import os
import pty
import select
import signal
import sys

BOUND_SECONDS = 20

steps = [line.rstrip("\n").split(" ", 1) for line in sys.stdin if line.strip()]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])

signal.signal(signal.SIGALRM, lambda *_: os.kill(pid, signal.SIGKILL))
signal.alarm(BOUND_SECONDS)
shown = b""
seen = 0
while True:
    while steps:
        verb, text = steps[0]
        if verb == "wait":
            at = shown.find(text.encode(), seen)
            if at < 0:
                break
            seen = at + len(text.encode())
        elif verb == "type":
            os.write(terminal, text.encode() + b"\r")
        elif verb == "key":
            os.write(terminal, text.encode())
        elif verb == "ctrl":
            os.write(terminal, bytes([ord(text.upper()) - 64]))
        steps.pop(0)
    try:
        select.select([terminal], [], [])
        part = os.read(terminal, 65536)
    except OSError:
        break
    if not part:
        break
    shown += part

_, status = os.waitpid(pid, 0)
sys.stdout.buffer.write(shown)
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(status) & 0xFF)
