# Generated from variables.tf by scripts/terraform-fields.mjs.

locals {
  # Terraform's own error names neither the function nor the field. It ends the conversion, so these can't refer to functions.
  number_type_mistakes = flatten([for name, f in var.given : [for field, ok in {
    "timeout"                                              = can(tonumber(try(f.timeout, null)))
    "memory_size"                                          = can(tonumber(try(f.memory_size, null)))
    "durable_config.execution_timeout"                     = can(tonumber(try(f.durable_config.execution_timeout, null)))
    "durable_config.retention_period"                      = can(tonumber(try(f.durable_config.retention_period, null)))
    "triggers.http.throttling_rate_limit"                  = can(tonumber(try(f.triggers.http.throttling_rate_limit, null)))
    "triggers.http.throttling_burst_limit"                 = can(tonumber(try(f.triggers.http.throttling_burst_limit, null)))
    "triggers.http.cors.max_age"                           = can(tonumber(try(f.triggers.http.cors.max_age, null)))
    "triggers.function_url.cors.max_age"                   = can(tonumber(try(f.triggers.function_url.cors.max_age, null)))
    "triggers.sqs.batch_size"                              = can(tonumber(try(f.triggers.sqs.batch_size, null)))
    "triggers.sqs.maximum_batching_window_in_seconds"      = can(tonumber(try(f.triggers.sqs.maximum_batching_window_in_seconds, null)))
    "triggers.sqs.visibility_timeout_seconds"              = can(tonumber(try(f.triggers.sqs.visibility_timeout_seconds, null)))
    "triggers.sqs.max_receive_count"                       = can(tonumber(try(f.triggers.sqs.max_receive_count, null)))
    "triggers.dynamodb.batch_size"                         = can(tonumber(try(f.triggers.dynamodb.batch_size, null)))
    "triggers.dynamodb.maximum_batching_window_in_seconds" = can(tonumber(try(f.triggers.dynamodb.maximum_batching_window_in_seconds, null)))
    "triggers.dynamodb.maximum_retry_attempts"             = can(tonumber(try(f.triggers.dynamodb.maximum_retry_attempts, null)))
    "triggers.kinesis.batch_size"                          = can(tonumber(try(f.triggers.kinesis.batch_size, null)))
    "triggers.kinesis.maximum_batching_window_in_seconds"  = can(tonumber(try(f.triggers.kinesis.maximum_batching_window_in_seconds, null)))
    "triggers.kinesis.maximum_retry_attempts"              = can(tonumber(try(f.triggers.kinesis.maximum_retry_attempts, null)))
    "reserved_concurrent_executions"                       = can(tonumber(try(f.reserved_concurrent_executions, null)))
  } : "functions[\"${name}\"].${field} must be a number." if !ok]])
}
