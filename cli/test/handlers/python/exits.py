import os
import signal
import sys


def handler(event, context):
    print("last words", end="")
    if event == "sys.exit":
        sys.exit(3)
    if event == "sys.exit(0)":
        sys.exit(0)
    if event == "os._exit":
        os._exit(4)
    os.kill(os.getpid(), signal.SIGSEGV)
