# [1] The stubs: the same small program in place of each function, which passes invocations to the client that serves.

locals {
  stub = !var.enabled ? null : {
    filename         = "${path.module}/dist/stub.zip"
    source_code_hash = filebase64sha256("${path.module}/dist/stub.zip")
    handler          = "index.handler"
    runtime          = var.stub_runtime
    layers           = tolist([])
    timeout          = max(concat([var.timeout_margin], [for name, timeout in local.timeouts : timeout if !local.is_wrapped[name]])...)
  }

  timeouts = local.is_live ? module.functions.ways.timeouts : {}

  # A function's own variables, as its stub has them. A wrapper script comes from a layer, and the imports of NODE_OPTIONS from a
  # layer or the package: a stub has neither and would not start. It passes the options on under their own name.
  stub_variables = {
    for name, f in local.functions : name => {
      for key, value in f.environment : (key == "NODE_OPTIONS" ? "LIVE_DEBUG_NODE_OPTIONS" : key) => value
      if key != "AWS_LAMBDA_EXEC_WRAPPER"
    }
  }

  stub_environments = {
    for name, f in local.functions : name => merge(
      {
        LIVE_DEBUG_STAGE    = var.stage
        LIVE_DEBUG_FUNCTION = name
        LIVE_DEBUG_TABLE    = aws_dynamodb_table.this[0].name
        LIVE_DEBUG_RELAY    = local.relay.url
        LIVE_DEBUG_SECRET   = local.secret
      },
      local.observe_only ? { LIVE_DEBUG_OBSERVE_ONLY = "true" } : {},
      f.fallback_arn == null ? {} : { LIVE_DEBUG_FALLBACK_ARN = f.fallback_arn },
      # A stub streams its answer if a caller may accept a stream; for other callers it is whole all the same.
      !contains([f.invoke_mode, try(f.triggers.function_url.invoke_mode, null)], "RESPONSE_STREAM") ? {} : { LIVE_DEBUG_INVOKE_MODE = "RESPONSE_STREAM" },
      # Batches of these are split by record where clients have filters: only their mappings take an answer about parts of a batch.
      length(local.partial_failures[name]) == 0 ? {} : { LIVE_DEBUG_PARTIAL_FAILURES = join(",", local.partial_failures[name]) },
    )
  }
}

locals {
  # What must exist before a stub: its init phase connects, so its permissions must be there, and Lambda would create the log
  # group itself. A new secret is in the directory before a stub has it: livectl reads the directory again when it meets an
  # unknown secret.
  stub_needs = [local.log_group_arns, local.stub_policy_ids, local.function_policies, aws_dynamodb_table_item.secret]

  log_group_arns = { for name in local.created_names : name => aws_cloudwatch_log_group.stub[name].arn }
}

resource "aws_lambda_function" "this" {
  for_each = local.created_names

  function_name = local.function_names[each.key]
  description   = coalesce(local.functions[each.key].description, "Live debugging stub of ${each.key}: livectl serve --stage ${var.stage}")
  role          = local.role_arns[each.key]

  filename         = local.stub.filename
  source_code_hash = local.stub.source_code_hash
  handler          = local.stub.handler
  runtime          = local.stub.runtime
  architectures    = [var.architecture]
  timeout          = local.timeouts[each.key]
  memory_size      = local.functions[each.key].memory_size
  kms_key_arn      = local.functions[each.key].kms_key_arn

  reserved_concurrent_executions = local.functions[each.key].reserved_concurrent_executions

  environment {
    variables = merge(local.stub_variables[each.key], local.stub_environments[each.key])
  }

  dynamic "vpc_config" {
    for_each = [for config in local.functions[each.key].vpc_config[*] : config if config.place_stub_in_vpc]

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

  tags = merge(var.tags, local.functions[each.key].tags)

  depends_on = [local.stub_needs]
}

resource "aws_cloudwatch_log_group" "stub" {
  for_each = local.created_names

  name              = "/aws/lambda/${local.function_names[each.key]}"
  retention_in_days = var.log_retention_in_days
  kms_key_id        = var.log_kms_key_arn

  tags = merge(var.tags, local.functions[each.key].tags)
}
