import sys


def handler(event, context):
    sys.stdout.close()
    return "closed"
