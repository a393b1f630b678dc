def handler(event, context):
    strict = []
    for record in (context.identity, context.client_context, context.client_context.client):
        try:
            record.another = 1
        except AttributeError:
            strict.append(type(record).__name__)
    return [repr(context), strict]
