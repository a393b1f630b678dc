def handler(event, context):
    return "from names.sys"
