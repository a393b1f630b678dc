def handler(event, context):
    fields = context.w3c()
    fields["own"] = "a copy"
    client = context.client_context
    return {"fields": context.w3c(), "left": client and [client.custom, hasattr(client, "w3c")]}
