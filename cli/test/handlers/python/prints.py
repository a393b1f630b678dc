import logging
import sys

logger = logging.getLogger("orders")
logging.warning("in the init phase")


def handler(event, context):
    print("plain", "words")
    logging.getLogger().info("unseen unless the level is set")
    logger.warning("two\nlines of %s", "äöü")
    try:
        raise ValueError("logged")
    except ValueError:
        logger.exception("it failed", extra={"order": 7})
    sys.stdout.write("unfinished")
    return "printed"
