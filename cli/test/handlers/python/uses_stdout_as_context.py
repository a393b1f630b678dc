import sys


def handler(event, context):
    with sys.stdout as out, sys.stderr as err:
        out.writelines(["one\n", "two\n"])
        err.write("three\n")
    print("still open")
