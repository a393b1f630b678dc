import threading


def fail():
    raise ValueError("in a thread")


def handler(event, context):
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    return "answered"
