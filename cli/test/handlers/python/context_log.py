def handler(event, context):
    context.log("from the context")
    context.log("with a line end\n")
