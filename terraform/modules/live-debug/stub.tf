# [1] The stubs: in place of each function, the same small program that hands invocations to whoever serves.

locals {
  stub = !var.enabled ? null : {
    filename         = "${path.module}/dist/stub.zip"
    source_code_hash = filebase64sha256("${path.module}/dist/stub.zip")
    handler          = "index.handler"
    runtime          = var.stub_runtime
    layers           = tolist([])
    timeout          = max(concat([var.timeout_margin], values(local.stub_timeouts))...)
  }

  stub_timeouts = { for name, f in local.functions : name => min(900, f.timeout + var.timeout_margin) }

  stub_environments = {
    for name, f in local.functions : name => merge(
      {
        LIVE_DEBUG_STAGE    = var.stage
        LIVE_DEBUG_FUNCTION = name
        LIVE_DEBUG_TABLE    = aws_dynamodb_table.this[0].name
        LIVE_DEBUG_RELAY    = local.relay.url
        LIVE_DEBUG_SECRET   = local.secret
      },
      f.fallback_arn == null ? {} : { LIVE_DEBUG_FALLBACK_ARN = f.fallback_arn },
      # A stub streams its answer where a caller may take it; to others it is whole all the same.
      !contains([f.invoke_mode, try(f.triggers.function_url.invoke_mode, null)], "RESPONSE_STREAM") ? {} : { LIVE_DEBUG_INVOKE_MODE = "RESPONSE_STREAM" },
    )
  }
}

resource "aws_lambda_function" "this" {
  for_each = local.created

  function_name = local.function_names[each.key]
  description   = coalesce(each.value.description, "Live debugging stub of ${each.key}: livectl serve --stage ${var.stage}")
  role          = each.value.role != null ? each.value.role.arn : aws_iam_role.this[each.key].arn

  filename         = local.stub.filename
  source_code_hash = local.stub.source_code_hash
  handler          = local.stub.handler
  runtime          = local.stub.runtime
  architectures    = [var.architecture]
  timeout          = local.stub_timeouts[each.key]
  memory_size      = each.value.memory_size
  kms_key_arn      = each.value.kms_key_arn

  reserved_concurrent_executions = each.value.reserved_concurrent_executions

  environment {
    # A wrapper script comes from a layer, and what NODE_OPTIONS import from a layer or the package: a stub has neither
    # and would not start. It hands the options on under their own name.
    variables = merge(
      {
        for key, value in each.value.environment :
        (key == "NODE_OPTIONS" ? "LIVE_DEBUG_NODE_OPTIONS" : key) => value if key != "AWS_LAMBDA_EXEC_WRAPPER"
      },
      local.stub_environments[each.key],
    )
  }

  dynamic "vpc_config" {
    for_each = [for config in each.value.vpc_config[*] : config if config.place_stub_in_vpc]

    content {
      subnet_ids         = vpc_config.value.subnet_ids
      security_group_ids = vpc_config.value.security_group_ids
    }
  }

  dynamic "tracing_config" {
    for_each = var.tracing_mode[*]

    content {
      mode = tracing_config.value
    }
  }

  tags = merge(var.tags, each.value.tags)

  # Its init phase connects, so it needs its permissions by then; and Lambda would make the log group itself. A new
  # secret is in the directory before a stub has it: livectl looks there when it meets one that it doesn't know.
  depends_on = [
    aws_cloudwatch_log_group.stub,
    aws_dynamodb_table_item.secret,
    aws_iam_role_policy.function,
    aws_iam_role_policy.given,
    aws_iam_role_policy.stub,
  ]
}

resource "aws_cloudwatch_log_group" "stub" {
  for_each = local.created

  name              = "/aws/lambda/${local.function_names[each.key]}"
  retention_in_days = var.log_retention_in_days
  kms_key_id        = var.log_kms_key_arn

  tags = merge(var.tags, each.value.tags)
}
