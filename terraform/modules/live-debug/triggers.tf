# Event sources of the functions: who may invoke for them, and what comes out. triggers-http.tf, triggers-events.tf and
# triggers-polled.tf make them. Terraform shows the line of a for_each that isn't known before the apply: the comment behind
# it says what to write.

locals {
  # Functions as their triggers refer to them, made functions by reference. Those of the caller's are found by name, or wait
  # for what own_function_names refers to. They must not: `environment` and `stub_policy_json`, which those functions take.
  target_names = {
    for name in keys(local.functions) : name => (
      contains(keys(local.created), name)
      ? aws_lambda_function.this[name].function_name
      : lookup(var.own_function_names, name, local.function_names[name])
    )
  }
  target_arns = {
    for name in keys(local.functions) : name => (
      contains(keys(local.created), name)
      ? aws_lambda_function.this[name].arn
      : "arn:${local.partition}:lambda:${local.region}:${local.account_id}:function:${local.target_names[name]}"
    )
  }

  # Sources that push: each may invoke its function, for nothing but itself.
  invokers = merge(local.http_invokers, local.sns_invokers, local.eventbridge_invokers, local.schedule_invokers, local.s3_invokers)

  # What to publish to, by function and source; nothing secret.
  trigger_targets = {
    for name in keys(local.functions) : name => {
      for source, targets in {
        http         = local.http_targets
        function_url = local.function_url_targets
        sns          = local.sns_targets
        sqs          = local.sqs_targets
        eventbridge  = local.eventbridge_targets
        schedule     = local.schedule_targets
        s3           = local.s3_targets
        dynamodb     = local.dynamodb_targets
        kinesis      = local.kinesis_targets
      } : source => targets[name] if contains(keys(targets), name)
    }
  }
}

resource "aws_lambda_permission" "trigger" {
  for_each = local.invokers

  function_name  = local.target_names[each.value.function]
  action         = "lambda:InvokeFunction"
  principal      = each.value.principal
  source_arn     = each.value.source_arn
  source_account = each.value.source_account
}
