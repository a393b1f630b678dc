# Event sources of the functions: who may invoke, who may publish, and the targets of `livectl trigger`. triggers-http.tf,
# triggers-events.tf and triggers-polled.tf create the sources. If a for_each is not known before the apply, Terraform shows
# its line: the comment at the line's end says what to write.

locals {
  own_function_names = merge(local.function_names, var.own_function_names)

  # How triggers refer to functions: by reference if the module creates them, otherwise by name, or by own_function_names, which
  # waits for them. `environment` and `stub_policy_json` must not wait, since your functions use them.
  target_names = {
    for name, created in local.is_created : name => (
      created ? aws_lambda_function.this[name].function_name : local.own_function_names[name]
    )
  }
  # With the qualifier of those that have one.
  qualifiers = { for name, f in local.functions : name => f.qualifier }
  target_arns = {
    for name, created in local.is_created : name => (
      created
      ? aws_lambda_function.this[name].arn
      : join(":", compact([
        "arn:${local.partition}:lambda:${local.region}:${local.account_id}:function:${local.target_names[name]}", local.qualifiers[name],
      ]))
    )
  }
  # What an event source mapping takes: a name has no place for a qualifier there.
  mapping_names = { for name, qualifier in local.qualifiers : name => qualifier == null ? local.target_names[name] : local.target_arns[name] }

  # Sources that push events: each may only invoke its own function.
  invokers      = merge(local.http_invokers, local.sns_invokers, local.eventbridge_invokers, local.schedule_invokers, local.s3_invokers)
  invoker_names = { for key, one in local.invokers : key => key }

  # What `livectl trigger` publishes to. The resources that the module creates are matched by the beginning of their names,
  # to keep the policy short; tables are not, since another stage's directory may begin with the same text. In an existing
  # bucket, only objects that match a function's filter.
  publishing = merge({
    # The API has the routes of this stage only. Routes without AWS_IAM need no permission.
    "execute-api:Invoke" = [
      for name, http in local.http : "${aws_apigatewayv2_api.http[0].execution_arn}/*" if http.authorization_type == "AWS_IAM"
    ]
    "sns:Publish" = concat(
      length(local.sns_parts) == 0 ? [] : ["arn:${local.partition}:sns:${local.region}:${local.account_id}:${local.name}-*"],
      [for name, sns in local.sns : sns.topic_arn if !local.makes_topic[name]],
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
  }, { for one in local.polled : one.publish.action => one.publish.arns })

  # One statement: an action applies to the ARNs of its own service only.
  publishing_statements = length(flatten(values(local.publishing))) == 0 ? [] : [
    {
      Sid      = "PublishToTriggers"
      Effect   = "Allow"
      Action   = sort([for action, arns in local.publishing : action if length(arns) > 0])
      Resource = sort(distinct(flatten(values(local.publishing))))
    },
  ]

  targets = merge({
    http         = local.http_targets
    function_url = local.function_url_targets
    sns          = local.sns_targets
    eventbridge  = local.eventbridge_targets
    schedule     = local.schedule_targets
    s3           = local.s3_targets
  }, local.polled_targets)

  # The targets of `livectl trigger`, by function and source. Nothing in them is secret.
  trigger_targets = {
    for name, f in local.functions : name => { for source, targets in local.targets : source => targets[name] if f.triggers[source] != null }
  }
}

locals {
  # For depends_on: S3, SNS and EventBridge check the permission to invoke.
  permission_ids = [for permission in aws_lambda_permission.trigger : permission.id]
}

resource "aws_lambda_permission" "trigger" {
  for_each = local.invoker_names

  function_name  = local.target_names[local.invokers[each.key].function]
  qualifier      = local.qualifiers[local.invokers[each.key].function]
  action         = "lambda:InvokeFunction"
  principal      = local.invokers[each.key].principal
  source_arn     = local.invokers[each.key].source_arn
  source_account = local.invokers[each.key].source_account
}
