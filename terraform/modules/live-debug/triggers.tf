# Event sources of the functions: who may invoke for them, who may publish, and what comes out. triggers-http.tf,
# triggers-events.tf and triggers-polled.tf make them. Terraform shows the line of a for_each that isn't known before the
# apply: the comment behind it says what to write.

locals {
  own_function_names = merge(local.function_names, var.own_function_names)

  # Functions as their triggers refer to them, made functions by reference. Those of the caller's are found by name, or wait
  # for what own_function_names refers to. They must not: `environment` and `stub_policy_json`, which those functions take.
  target_names = {
    for name, created in local.is_created : name => (
      created ? aws_lambda_function.this[name].function_name : local.own_function_names[name]
    )
  }
  target_arns = {
    for name, created in local.is_created : name => (
      created
      ? aws_lambda_function.this[name].arn
      : "arn:${local.partition}:lambda:${local.region}:${local.account_id}:function:${local.target_names[name]}"
    )
  }

  # Sources that push: each may invoke its function, for nothing but itself.
  invokers      = merge(local.http_invokers, local.sns_invokers, local.eventbridge_invokers, local.schedule_invokers, local.s3_invokers)
  invoker_names = { for key, one in local.invokers : key => key }

  # What `livectl trigger` publishes to. What the module makes is told by how its name begins, for a short policy; but not
  # tables, since another stage's directory may begin alike. In a bucket that exists, only objects that a function hears of.
  publishing = {
    # The API has this stage's routes only; those without AWS_IAM don't ask for a permission.
    "execute-api:Invoke" = [
      for name, http in local.http : "${aws_apigatewayv2_api.http[0].execution_arn}/*" if http.authorization_type == "AWS_IAM"
    ]
    "sns:Publish" = concat(
      length(local.sns_parts) == 0 ? [] : ["arn:${local.partition}:sns:${local.region}:${local.account_id}:${local.name}-*"],
      [for name, sns in local.sns : sns.topic_arn if !local.makes_topic[name]],
    )
    "sqs:SendMessage" = concat(
      length(local.queue_parts) == 0 ? [] : ["arn:${local.partition}:sqs:${local.region}:${local.account_id}:${local.name}-*"],
      [for name, sqs in local.sqs : sqs.queue_arn if !local.makes_queue[name]],
    )
    "events:PutEvents" = [
      for eventbridge in local.eventbridge :
      eventbridge.event_bus_arn != null ? eventbridge.event_bus_arn : join("", [
        "arn:${local.partition}:events:${local.region}:${local.account_id}:event-bus/",
        eventbridge.event_bus_name != null ? "${local.name}-*" : "default",
      ])
    ]
    "s3:PutObject" = [
      for name, s3 in local.s3 :
      local.makes_bucket[name]
      ? "arn:${local.partition}:s3:::${lower(replace(local.name, "_", "-"))}-*-${local.account_id}/*"
      : "${s3.bucket_arn}/${s3.filter_prefix != null ? s3.filter_prefix : ""}*${s3.filter_suffix != null ? s3.filter_suffix : ""}"
    ]
    "dynamodb:PutItem" = values(local.polled_arns.table)
    "kinesis:PutRecord" = concat(
      length(local.stream_parts) == 0 ? [] : ["arn:${local.partition}:kinesis:${local.region}:${local.account_id}:stream/${local.name}-*"],
      [for name, kinesis in local.kinesis : kinesis.stream_arn if !local.makes_stream[name]],
    )
  }

  # One statement: an action applies to the ARNs of its own service only.
  publishing_statements = length(flatten(values(local.publishing))) == 0 ? [] : [
    {
      Sid      = "PublishToTriggers"
      Effect   = "Allow"
      Action   = sort([for action, arns in local.publishing : action if length(arns) > 0])
      Resource = sort(distinct(flatten(values(local.publishing))))
    },
  ]

  # What to publish to, by function and source; nothing secret.
  trigger_targets = {
    for name, f in local.functions : name => {
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
      } : source => targets[name] if f.triggers[source] != null
    }
  }
}

locals {
  # For depends_on: S3, SNS and EventBridge ask whether they may invoke.
  permission_ids = [for permission in aws_lambda_permission.trigger : permission.id]
}

resource "aws_lambda_permission" "trigger" {
  for_each = local.invoker_names

  function_name  = local.target_names[local.invokers[each.key].function]
  action         = "lambda:InvokeFunction"
  principal      = local.invokers[each.key].principal
  source_arn     = local.invokers[each.key].source_arn
  source_account = local.invokers[each.key].source_account
}
