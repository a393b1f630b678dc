# Triggers that push events: SNS topics, EventBridge rules, schedules and S3 buckets.

locals {
  ################################################################################
  # SNS
  ################################################################################

  sns       = { for name, f in local.functions : name => f.triggers.sns if f.triggers.sns != null }
  sns_names = { for key, one in local.sns : key => key }

  # New topics by the last part of their names, which functions may share.
  makes_topic = { for name, sns in local.sns : name => coalesce(sns.create, sns.topic_arn == null) }
  sns_parts   = { for name, sns in local.sns : name => coalesce(sns.topic_name, name) if local.makes_topic[name] }
  new_topics  = { for part in distinct(values(local.sns_parts)) : part => part }

  topic_arns = {
    for name, sns in local.sns : name => (
      local.makes_topic[name] ? aws_sns_topic.trigger[local.sns_parts[name]].arn : sns.topic_arn
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

  eventbridge       = { for name, f in local.functions : name => f.triggers.eventbridge if f.triggers.eventbridge != null }
  eventbridge_names = { for key, one in local.eventbridge : key => key }
  schedule          = { for name, f in local.functions : name => f.triggers.schedule if f.triggers.schedule != null }
  scheduled_names   = { for key, one in local.schedule : key => key }

  pattern_rules  = { for name in local.eventbridge_names : name => aws_cloudwatch_event_rule.pattern[name] }
  schedule_rules = { for name in local.scheduled_names : name => aws_cloudwatch_event_rule.schedule[name] }

  new_buses = { for name in distinct([for eventbridge in local.eventbridge : eventbridge.event_bus_name if eventbridge.event_bus_name != null]) : name => name }

  bus_names = {
    for name, eventbridge in local.eventbridge : name => (
      eventbridge.event_bus_name != null ? aws_cloudwatch_event_bus.trigger[eventbridge.event_bus_name].name
      : eventbridge.event_bus_arn != null ? element(split("event-bus/", eventbridge.event_bus_arn), 1)
      : "default"
    )
  }

  eventbridge_invokers = {
    for name in keys(local.eventbridge) : "${name}/eventbridge" => {
      function = name, principal = "events.amazonaws.com", source_arn = local.pattern_rules[name].arn, source_account = null
    }
  }

  schedule_invokers = {
    for name in keys(local.schedule) : "${name}/schedule" => {
      function = name, principal = "events.amazonaws.com", source_arn = local.schedule_rules[name].arn, source_account = null
    }
  }

  eventbridge_targets = {
    for name, eventbridge in local.eventbridge : name => {
      event_bus_name = local.bus_names[name]
      event_pattern  = eventbridge.event_pattern
      rule_arn       = local.pattern_rules[name].arn
    }
  }

  schedule_targets = {
    for name, schedule in local.schedule : name => {
      schedule_expression = schedule.schedule_expression
      rule_arn            = local.schedule_rules[name].arn
      input               = schedule.input
    }
  }

  ################################################################################
  # S3
  ################################################################################

  s3 = { for name, f in local.functions : name => f.triggers.s3 if f.triggers.s3 != null }

  makes_bucket = { for name, s3 in local.s3 : name => coalesce(s3.create, s3.bucket_arn == null) }
  s3_parts     = { for name, s3 in local.s3 : name => coalesce(s3.bucket_name, name) if local.makes_bucket[name] }

  # By the name part of a new bucket: whether one of its functions sets force_destroy.
  new_buckets = { for part, given in { for name, part in local.s3_parts : part => local.s3[name].force_destroy... } : part => anytrue(given) }

  new_bucket_ids = { for part in keys(local.new_buckets) : part => aws_s3_bucket.trigger[part].id }

  # A bucket has one list of notifications, so functions are grouped by bucket: by the name of a new bucket, or by a known
  # ARN. With create = false the ARN may not be known, so that each function is its own group.
  s3_groups = {
    for name, s3 in local.s3 : (
      local.makes_bucket[name] ? local.s3_parts[name] : s3.create == null ? s3.bucket_arn : "function/${name}"
    ) => name...
  }

  bucket_arns = {
    for name, s3 in local.s3 : name => (
      local.makes_bucket[name] ? aws_s3_bucket.trigger[local.s3_parts[name]].arn : s3.bucket_arn
    )
  }

  s3_groups_by_arn = {
    for arn, groups in { for group in local.s3_groups : local.bucket_arns[group[0]] => true... } : arn => length(groups)
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
  for_each = local.new_topics # Not known? Write create = false beside topic_arn.

  name              = "${local.name}-${each.key}"
  kms_master_key_id = "alias/aws/sns"

  # SNS's default policy, which this one replaces, and a denial of requests without TLS.
  policy = !var.tls_only ? null : jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "AllowAccount"
        Effect    = "Allow"
        Principal = { AWS = "*" }
        Action = [
          "SNS:AddPermission",
          "SNS:DeleteTopic",
          "SNS:GetTopicAttributes",
          "SNS:ListSubscriptionsByTopic",
          "SNS:Publish",
          "SNS:RemovePermission",
          "SNS:SetTopicAttributes",
          "SNS:Subscribe",
        ]
        Resource  = "arn:${local.partition}:sns:${local.region}:${local.account_id}:${local.name}-${each.key}"
        Condition = { StringEquals = { "AWS:SourceOwner" = local.account_id } }
      },
      {
        Sid       = "DenyWithoutTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "SNS:Publish"
        Resource  = "arn:${local.partition}:sns:${local.region}:${local.account_id}:${local.name}-${each.key}"
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })

  tags = var.tags
}

resource "aws_sns_topic_subscription" "trigger" {
  for_each = local.sns_names

  topic_arn           = local.topic_arns[each.key]
  protocol            = "lambda"
  endpoint            = local.target_arns[each.key]
  filter_policy       = local.sns[each.key].filter_policy
  filter_policy_scope = local.sns[each.key].filter_policy == null ? null : local.sns[each.key].filter_policy_scope

  depends_on = [local.permission_ids]
}

################################################################################
# EventBridge
################################################################################

resource "aws_cloudwatch_event_bus" "trigger" {
  for_each = local.new_buses

  name = "${local.name}-${each.key}"

  tags = var.tags
}

resource "aws_cloudwatch_event_rule" "pattern" {
  for_each = local.eventbridge_names

  name           = local.rule_names[each.key]
  description    = "Events for ${local.function_names[each.key]}"
  event_bus_name = local.bus_names[each.key]
  event_pattern  = local.eventbridge[each.key].event_pattern

  tags = var.tags
}

resource "aws_cloudwatch_event_target" "pattern" {
  for_each = local.eventbridge_names

  rule           = local.pattern_rules[each.key].name
  event_bus_name = local.bus_names[each.key]
  target_id      = "live-debug"
  arn            = local.target_arns[each.key]

  depends_on = [local.permission_ids]
}

################################################################################
# Schedule
################################################################################

resource "aws_cloudwatch_event_rule" "schedule" {
  for_each = local.scheduled_names

  name                = local.schedule_names[each.key]
  description         = "Schedule of ${local.function_names[each.key]}"
  schedule_expression = local.schedule[each.key].schedule_expression

  tags = var.tags
}

resource "aws_cloudwatch_event_target" "schedule" {
  for_each = local.scheduled_names

  rule      = local.schedule_rules[each.key].name
  target_id = "live-debug"
  arn       = local.target_arns[each.key]
  input     = local.schedule[each.key].input

  depends_on = [local.permission_ids]
}

################################################################################
# S3
################################################################################

resource "aws_s3_bucket" "trigger" {
  for_each = local.new_buckets # Not known? Write create = false beside bucket_arn.

  # Bucket names are global and lower case.
  bucket        = "${lower(replace("${local.name}-${each.key}", "_", "-"))}-${local.account_id}"
  force_destroy = each.value

  tags = var.tags
}

resource "aws_s3_bucket_public_access_block" "trigger" {
  for_each = local.new_buckets

  bucket                  = local.new_bucket_ids[each.key]
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_policy" "trigger" {
  for_each = { for part, bucket in aws_s3_bucket.trigger : part => bucket if var.tls_only }

  bucket = each.value.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "DenyWithoutTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [each.value.arn, "${each.value.arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })

  # S3 refuses concurrent changes of a bucket's access settings.
  depends_on = [aws_s3_bucket_public_access_block.trigger]
}

resource "aws_s3_bucket_server_side_encryption_configuration" "trigger" {
  for_each = local.new_buckets

  bucket = local.new_bucket_ids[each.key]

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

  # S3 checks the permission to invoke.
  depends_on = [local.permission_ids]

  lifecycle {
    precondition {
      condition = local.s3_groups_by_arn[local.bucket_arns[each.value[0]]] == 1
      error_message = join("", [
        "Bucket ${local.bucket_names[each.value[0]]} would get two lists of notifications, and one would replace the other. ",
        "If several functions use one bucket, leave create out and write its ARN so that it is known before the apply, ",
        "for example \"arn:aws:s3:::$${aws_s3_bucket.orders.bucket}\".",
      ])
    }
  }
}
