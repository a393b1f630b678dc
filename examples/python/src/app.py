"""Answers GET /greet?name=ada. Only what comes with Lambda's Python is imported."""

import json
import logging
import os

from src.greeting import greeting

logger = logging.getLogger()
logger.setLevel(logging.INFO)


def handler(event, context):
    name = (event.get("queryStringParameters") or {}).get("name", "world")
    logger.info("greeting %s, %d ms left", name, context.get_remaining_time_in_millis())
    return {
        "statusCode": 200,
        "headers": {"content-type": "application/json"},
        "body": json.dumps({"message": greeting(os.environ["GREETING"], name)}),
    }
