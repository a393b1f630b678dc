import os


def handler(event, context):
    for number in range(20_000):
        print("line", number)
    os._exit(5)
