import os

os.environ["SET_AT_IMPORT"] = "by the function"


def handler(event, context):
    return dict(os.environ)
