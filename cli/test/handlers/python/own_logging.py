import logging

root = logging.getLogger()
root.setLevel(logging.DEBUG)
for present in root.handlers:
    present.setFormatter(logging.Formatter("%(levelname)s %(aws_request_id)s: %(message)s"))


def handler(event, context):
    # Does nothing on Lambda, since the root logger has a handler already.
    logging.basicConfig(level=logging.CRITICAL, format="never seen")
    root.debug("formatted by the function")
    return [type(present).__name__ for present in root.handlers]
