def handler(event, context):
    client = context.client_context
    return {
        "fields": {
            name: getattr(context, name)
            for name in (
                "aws_request_id",
                "function_name",
                "function_version",
                "invoked_function_arn",
                "memory_limit_in_mb",
                "log_group_name",
                "log_stream_name",
                "tenant_id",
            )
        },
        "identity": [context.identity.cognito_identity_id, context.identity.cognito_identity_pool_id],
        "client": client and [client.custom, client.env, client.client and client.client.app_title],
        "remaining": context.get_remaining_time_in_millis(),
        "repr": repr(context).startswith("LambdaContext([aws_request_id="),
    }
