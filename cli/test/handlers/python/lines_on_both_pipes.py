# Prints in all ways there are, on both pipes: at once, by a child, and after its answer, once there is a file `gate`;
# `name` is in each line.
import logging
import os
import subprocess
import sys
import threading
import time

print("init out")
print("init err", file=sys.stderr)


def handler(event, context):
    name = event["name"]
    print("in %s err" % name, file=sys.stderr)
    print("in %s out" % name)
    os.write(2, b"in %s fd 2\n" % name.encode())
    os.write(1, b"in %s fd 1\n" % name.encode())
    logging.error("in %s logged", name)
    if event.get("child"):
        subprocess.run(["sh", "-c", "echo in %s child; echo in %s child err >&2" % (name, name)])
    sys.stderr.write("in %s end err" % name)
    print("in %s end out" % name)

    def late():
        while not os.path.exists(event["gate"]):
            time.sleep(0.001)
        print("after %s err" % name, file=sys.stderr)
        print("after %s out" % name)

    threading.Thread(target=late).start()
    return "answered"
