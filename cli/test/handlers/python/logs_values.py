import datetime
import decimal
import logging

logger = logging.getLogger("orders")
logging.getLogger().setLevel(logging.DEBUG)


def handler(event, context):
    logger.debug({"event": "counted", "count": 7})
    logger.info({"when": datetime.datetime(2026, 9, 3, 12), "amount": decimal.Decimal("1.5"), "blob": b"bytes"})
    logger.log(25, "its own level")
    logger.info("with %s", "extra", extra={"order": 7, "when": datetime.date(2026, 9, 3), "nothing": None})
    logger.critical("äöü\n€")
    return "logged"
