import logging


def handler(event, context):
    logging.warning("%d orders", "seven")
