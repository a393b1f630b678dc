import needs_missing


def handler(event, context):
    return needs_missing
