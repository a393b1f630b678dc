# Runs a command on a terminal of its own (a pty): python3 pty-keys.py COMMAND ARGS..., with a script on stdin of lines
#   wait TEXT     until the terminal has shown it
#   await MODE    until the terminal does that with keys
#   lines N FILE  until the file has so many
#   keys TEXT, line TEXT (with the return key), ctrl X
#   signal NAME   to the command
#   run COMMAND   by the shell, beside it
#   mode          notes what the terminal does with keys
#   stopped       until the command is stopped (Linux)
#   blocks        notes whether a read of the command's stdin would block (Linux)
# Writes one JSON object: what was shown, the notes, the last of them the mode after the end, and the exit code, negative for a
# signal.
import json
import os
import select
import signal
import subprocess
import sys
import termios
import time

BOUND_SECONDS = 25
KEY_GAP_SECONDS = 0.1


def mode_of(terminal):
    flags = termios.tcgetattr(terminal)[3]
    names = {"icanon": termios.ICANON, "echo": termios.ECHO, "isig": termios.ISIG}
    return " ".join(name for name, bit in names.items() if flags & bit)


def lines_of(file):
    try:
        with open(file, "rb") as text:
            return text.read().count(b"\n")
    except FileNotFoundError:
        return 0


def is_stopped():
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[0] == "T"


def blocks():
    with open(f"/proc/{pid}/fdinfo/0") as info:
        flags = next(int(line.split()[1], 8) for line in info if line.startswith("flags:"))
    return "does not block" if flags & os.O_NONBLOCK else "blocks"


def end(*_):
    # What a shell has started is of other groups, in the same session.
    os.system(f"pkill -KILL -s {pid}")


steps = [line.rstrip("\n").split(" ", 1) for line in sys.stdin if line.strip()]
terminal, theirs = os.openpty()
pid = os.fork()
if pid == 0:
    os.setsid()
    # The first terminal that a session's leader opens is its controlling one.
    os.close(os.open(os.ttyname(theirs), os.O_RDWR))
    for number in (0, 1, 2):
        os.dup2(theirs, number)
    os.closerange(3, 64)
    os.execvp(sys.argv[1], sys.argv[1:])

signal.signal(signal.SIGALRM, end)
signal.alarm(BOUND_SECONDS)
shown = b""
seen = 0
done = 0.0
modes = []
code = None
while code is None:
    while steps:
        verb, text = (steps[0] + [""])[:2]
        if verb == "wait":
            at = shown.find(text.encode(), seen)
            if at < 0:
                break
            seen = at + len(text.encode())
        elif verb == "await" and mode_of(terminal) != text:
            break
        elif verb == "stopped" and not is_stopped():
            break
        elif verb == "lines" and lines_of(text.split(" ", 1)[1]) < int(text.split(" ", 1)[0]):
            break
        elif verb == "keys" and time.monotonic() - done < KEY_GAP_SECONDS:
            # What follows something at once counts as pasted. The last step has seen the effect of what came before.
            break
        elif verb == "keys":
            os.write(terminal, text.encode())
        elif verb == "line":
            os.write(terminal, text.encode() + b"\r")
        elif verb == "ctrl":
            os.write(terminal, b"\x1c" if text == "\\" else bytes([ord(text.upper()) - 64]))
        elif verb == "signal":
            os.kill(pid, getattr(signal, text))
        elif verb == "run":
            subprocess.Popen(text, shell=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        elif verb == "mode":
            modes.append(mode_of(terminal))
        elif verb == "blocks":
            modes.append(blocks())
        steps.pop(0)
        done = time.monotonic()
    # A mode changes without a sign of it.
    if select.select([terminal], [], [], 0.05)[0]:
        shown += os.read(terminal, 65536)
        continue
    ended, status = os.waitpid(pid, os.WNOHANG)
    if ended:
        code = os.waitstatus_to_exitcode(status)

modes.append(mode_of(terminal))
left = [" ".join(step) for step in steps]
json.dump({"shown": shown.decode(errors="replace"), "modes": modes, "code": code, "left": left}, sys.stdout)
