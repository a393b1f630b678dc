import logging


def handler(event, context):
    logging.exception("none here")
    return "answered"
