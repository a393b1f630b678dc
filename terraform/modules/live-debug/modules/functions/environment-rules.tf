# What a function's environment variables may be: by name, by size, and not those of Lambda or of the stub.

locals {
  # What the stub or the wrapper adds, with an address of the relay as long as they come.
  stub_variables = {
    for name, f in local.functions : name => merge(
      {
        LIVE_DEBUG_STAGE    = var.stage
        LIVE_DEBUG_FUNCTION = name
        LIVE_DEBUG_TABLE    = local.prefix
        LIVE_DEBUG_RELAY    = format("%-72s", "https://")
        LIVE_DEBUG_SECRET   = format("%-44s", "")
      },
      f.fallback_arn == null ? {} : { LIVE_DEBUG_FALLBACK_ARN = f.fallback_arn },
      !contains([f.invoke_mode, try(f.triggers.function_url.invoke_mode, null)], "RESPONSE_STREAM") ? {} : { LIVE_DEBUG_INVOKE_MODE = "RESPONSE_STREAM" },
      length(local.partial_failures[name]) == 0 ? {} : { LIVE_DEBUG_PARTIAL_FAILURES = join(",", local.partial_failures[name]) },
      try(local.wrap_variables[name], {}),
    )
  }

  # Of new resources, as long as their ARNs come: the longest Region has 14 characters, an account's number 12.
  partial_failures = {
    for name, f in local.functions : name => concat(
      [for sqs in f.triggers.sqs[*] : coalesce(sqs.queue_arn, join("", [
        format("arn:aws:sqs:%-28s%s-%s", "", local.prefix, coalesce(sqs.queue_name, name)), sqs.fifo_queue ? ".fifo" : "",
      ])) if contains(sqs.function_response_types, "ReportBatchItemFailures")],
      [for dynamodb in f.triggers.dynamodb[*] : coalesce(
        dynamodb.stream_arn, format("arn:aws:dynamodb:%-28stable/%s-%s/stream/*", "", local.prefix, coalesce(dynamodb.table_name, name)),
      ) if contains(dynamodb.function_response_types, "ReportBatchItemFailures")],
      [for kinesis in f.triggers.kinesis[*] : coalesce(
        kinesis.stream_arn, format("arn:aws:kinesis:%-28sstream/%s-%s", "", local.prefix, coalesce(kinesis.stream_name, name)),
      ) if contains(kinesis.function_response_types, "ReportBatchItemFailures")],
      [for arn in f.partial_failure_arns : arn if arn != null],
    )
  }

  # Lambda measures them as JSON text. jsonencode writes three characters as six.
  environment_texts = {
    for name, f in local.functions : name => replace(jsonencode(merge(
      { for key, value in f.environment : (key == "NODE_OPTIONS" && !local.is_wrapped[name] ? "LIVE_DEBUG_NODE_OPTIONS" : key) => value },
      local.stub_variables[name],
    )), "/\\\\u00(3c|3e|26)/", "-")
  }
  environment_bytes = {
    for name, text in local.environment_texts : name => nonsensitive(sensitive(
      length(base64encode(text)) / 4 * 3 - length(regexall("=", base64encode(text)))
    ))
  }

  # Names and numbers of bytes are not secret, even where the values are.
  environment_mistakes = concat(
    flatten([for name, f in local.functions : [for key in nonsensitive(sensitive(keys(f.environment))) : join("", [
      "functions[\"${name}\"].environment[\"${key}\"] must be named with letters, digits and _, and begin with a letter; ",
      "names that begin with LIVE_DEBUG_ are reserved for the stub, and some for Lambda.",
    ]) if !can(regex("^[a-zA-Z][a-zA-Z0-9_]+$", key)) || startswith(key, "LIVE_DEBUG_") || contains(local.reserved_variables, key)]]),
    flatten([for name, f in local.functions : [
      for key in nonsensitive(sensitive([for key, value in f.environment : key if value == null])) :
      "functions[\"${name}\"].environment[\"${key}\"] must be a string, not null."
    ]]),
    [for name, bytes in local.environment_bytes : join("", [
      "functions[\"${name}\"].environment has ${bytes} bytes as JSON, including the variables of the ",
      "${local.is_wrapped[name] ? "wrapper" : "stub"}, and Lambda allows 4096: ",
      "move large values to SSM Parameter Store or Secrets Manager.",
    ]) if bytes > 4096],
    local.wrap_environment_mistakes,
  )
}
