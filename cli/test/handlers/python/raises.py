class PaymentError(Exception):
    pass


class Unprintable(Exception):
    def __str__(self):
        raise ValueError("no words")


def charge(amount):
    raise PaymentError("declined: ümläut")


def handler(event, context):
    if event == "unprintable":
        raise Unprintable()
    if event == "empty":
        raise KeyError
    try:
        charge(1)
    except PaymentError:
        if event == "chained":
            raise RuntimeError("while charging")
        raise
