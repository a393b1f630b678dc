# Triggers that push events: SNS topics, EventBridge rules, schedules and S3 buckets.

locals {
  ################################################################################
  # SNS
  ################################################################################

  sns = { for name, f in local.functions : name => f.triggers.sns if f.triggers.sns != null }

  # New topics by the last part of their names, which functions may share.
  sns_parts = { for name, sns in local.sns : name => coalesce(sns.topic_name, name) if coalesce(sns.create, sns.topic_arn == null) }

  topic_arns = {
    for name, sns in local.sns : name => (
      contains(keys(local.sns_parts), name) ? aws_sns_topic.trigger[local.sns_parts[name]].arn : sns.topic_arn
    )
  }

  sns_invokers = {
    for name in keys(local.sns) : "${name}/sns" => {
      function = name, principal = "sns.amazonaws.com", source_arn = local.topic_arns[name], source_account = null
    }
  }

  sns_targets = { for name in keys(local.sns) : name => { topic_arn = local.topic_arns[name] } }

  ################################################################################
  # EventBridge
  ################################################################################

  eventbridge = { for name, f in local.functions : name => f.triggers.eventbridge if f.triggers.eventbridge != null }
  schedule    = { for name, f in local.functions : name => f.triggers.schedule if f.triggers.schedule != null }

  bus_names = {
    for name, eventbridge in local.eventbridge : name => (
      eventbridge.event_bus_name != null ? aws_cloudwatch_event_bus.trigger[eventbridge.event_bus_name].name
      : eventbridge.event_bus_arn != null ? element(split("event-bus/", eventbridge.event_bus_arn), 1)
      : "default"
    )
  }

  eventbridge_invokers = {
    for name in keys(local.eventbridge) : "${name}/eventbridge" => {
      function = name, principal = "events.amazonaws.com", source_arn = aws_cloudwatch_event_rule.pattern[name].arn, source_account = null
    }
  }

  schedule_invokers = {
    for name in keys(local.schedule) : "${name}/schedule" => {
      function = name, principal = "events.amazonaws.com", source_arn = aws_cloudwatch_event_rule.schedule[name].arn, source_account = null
    }
  }

  eventbridge_targets = {
    for name, eventbridge in local.eventbridge : name => {
      event_bus_name = local.bus_names[name]
      event_pattern  = eventbridge.event_pattern
      rule_arn       = aws_cloudwatch_event_rule.pattern[name].arn
    }
  }

  schedule_targets = {
    for name, schedule in local.schedule : name => {
      schedule_expression = schedule.schedule_expression
      rule_arn            = aws_cloudwatch_event_rule.schedule[name].arn
      input               = schedule.input
    }
  }

  ################################################################################
  # S3
  ################################################################################

  s3 = { for name, f in local.functions : name => f.triggers.s3 if f.triggers.s3 != null }

  s3_parts = { for name, s3 in local.s3 : name => coalesce(s3.bucket_name, name) if coalesce(s3.create, s3.bucket_arn == null) }

  # A bucket has one list of notifications, so functions are grouped by bucket: by a new one's name, by an ARN that is
  # known, and with create = false, which says that it isn't, by function.
  s3_groups = {
    for name, s3 in local.s3 : (
      contains(keys(local.s3_parts), name) ? local.s3_parts[name] : s3.create == null ? s3.bucket_arn : "function/${name}"
    ) => name...
  }

  bucket_arns = {
    for name, s3 in local.s3 : name => (
      contains(keys(local.s3_parts), name) ? aws_s3_bucket.trigger[local.s3_parts[name]].arn : s3.bucket_arn
    )
  }

  bucket_names = { for name, arn in local.bucket_arns : name => element(split(":", arn), 5) }

  s3_invokers = {
    for name in keys(local.s3) : "${name}/s3" => {
      function = name, principal = "s3.amazonaws.com", source_arn = local.bucket_arns[name], source_account = local.account_id
    }
  }

  s3_targets = {
    for name, s3 in local.s3 : name => {
      bucket        = local.bucket_names[name]
      filter_prefix = s3.filter_prefix
      filter_suffix = s3.filter_suffix
      events        = s3.events
    }
  }
}

################################################################################
# SNS
################################################################################

resource "aws_sns_topic" "trigger" {
  for_each = toset(values(local.sns_parts)) # Not known? Write create = false beside topic_arn.

  name              = "${local.name}-${each.key}"
  kms_master_key_id = "alias/aws/sns"

  tags = var.tags
}

resource "aws_sns_topic_subscription" "trigger" {
  for_each = local.sns

  topic_arn           = local.topic_arns[each.key]
  protocol            = "lambda"
  endpoint            = local.target_arns[each.key]
  filter_policy       = each.value.filter_policy
  filter_policy_scope = each.value.filter_policy == null ? null : each.value.filter_policy_scope

  depends_on = [aws_lambda_permission.trigger]
}

################################################################################
# EventBridge
################################################################################

resource "aws_cloudwatch_event_bus" "trigger" {
  for_each = toset([for eventbridge in local.eventbridge : eventbridge.event_bus_name if eventbridge.event_bus_name != null])

  name = "${local.name}-${each.key}"

  tags = var.tags
}

resource "aws_cloudwatch_event_rule" "pattern" {
  for_each = local.eventbridge

  name           = local.rule_names[each.key]
  description    = "Events for ${local.function_names[each.key]}"
  event_bus_name = local.bus_names[each.key]
  event_pattern  = each.value.event_pattern

  tags = var.tags
}

resource "aws_cloudwatch_event_target" "pattern" {
  for_each = local.eventbridge

  rule           = aws_cloudwatch_event_rule.pattern[each.key].name
  event_bus_name = local.bus_names[each.key]
  target_id      = "live-debug"
  arn            = local.target_arns[each.key]

  depends_on = [aws_lambda_permission.trigger]
}

################################################################################
# Schedule
################################################################################

resource "aws_cloudwatch_event_rule" "schedule" {
  for_each = local.schedule

  name                = local.schedule_names[each.key]
  description         = "Schedule of ${local.function_names[each.key]}"
  schedule_expression = each.value.schedule_expression

  tags = var.tags
}

resource "aws_cloudwatch_event_target" "schedule" {
  for_each = local.schedule

  rule      = aws_cloudwatch_event_rule.schedule[each.key].name
  target_id = "live-debug"
  arn       = local.target_arns[each.key]
  input     = each.value.input

  depends_on = [aws_lambda_permission.trigger]
}

################################################################################
# S3
################################################################################

resource "aws_s3_bucket" "trigger" {
  for_each = { for name, part in local.s3_parts : part => local.s3[name].force_destroy... } # Not known? Write create = false beside bucket_arn.

  # All accounts share the names of buckets, which are lower case.
  bucket        = "${lower(replace("${local.name}-${each.key}", "_", "-"))}-${local.account_id}"
  force_destroy = anytrue(each.value)

  tags = var.tags
}

resource "aws_s3_bucket_public_access_block" "trigger" {
  for_each = aws_s3_bucket.trigger

  bucket                  = each.value.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "trigger" {
  for_each = aws_s3_bucket.trigger

  bucket = each.value.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_notification" "trigger" {
  for_each = local.s3_groups # Not known? Write create = false beside bucket_arn.

  bucket = local.bucket_names[each.value[0]]

  dynamic "lambda_function" {
    for_each = { for name in each.value : name => local.s3[name] }

    content {
      id                  = lambda_function.key
      lambda_function_arn = local.target_arns[lambda_function.key]
      events              = lambda_function.value.events
      filter_prefix       = lambda_function.value.filter_prefix
      filter_suffix       = lambda_function.value.filter_suffix
    }
  }

  # S3 asks whether it may invoke.
  depends_on = [aws_lambda_permission.trigger]

  lifecycle {
    precondition {
      condition     = length([for group in local.s3_groups : group if local.bucket_arns[group[0]] == local.bucket_arns[each.value[0]]]) == 1
      error_message = "Bucket ${local.bucket_names[each.value[0]]} would get two lists of notifications, of which one would replace the other: leave create out where several functions hear of a bucket, and write its ARN so that it is known before the apply, e.g. \"arn:aws:s3:::$${aws_s3_bucket.orders.bucket}\"."
    }
  }
}
