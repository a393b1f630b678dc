import os
import sys

count = 0


def handler(event, context):
    global count
    count += 1
    return {
        "cwd": os.getcwd(),
        "first": sys.path[0],
        "file": __file__,
        "encoding": sys.getfilesystemencoding(),
        "prefix": sys.prefix,
        "version": list(sys.version_info[:2]),
        "pid": os.getpid(),
        "count": count,
    }
