import logging.config

logging.config.dictConfig(
    {
        "version": 1,
        "formatters": {"simple": {"format": "%(levelname)s - %(message)s"}},
        "handlers": {"own": {"class": "logging.StreamHandler", "formatter": "simple"}},
        "root": {"level": "CRITICAL", "handlers": ["own"]},
    }
)


def handler(event, context):
    logging.error("unseen")
    logging.critical("seen")
