import logging


def handler(event, context):
    return logging.getLevelName(logging.getLogger().getEffectiveLevel())
