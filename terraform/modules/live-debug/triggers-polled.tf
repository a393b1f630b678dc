# Triggers that Lambda polls with the role of the function: SQS queues, DynamoDB streams and Kinesis data streams. A new one is an
# entry in `polled` and in `polled_targets`, in `record_arns` if a function reads its records in batches, and its resource below.

locals {
  sqs       = { for name, f in local.functions : name => f.triggers.sqs if f.triggers.sqs != null }
  sqs_names = { for key, one in local.sqs : key => key }
  dynamodb  = { for name, f in local.functions : name => f.triggers.dynamodb if f.triggers.dynamodb != null }
  kinesis   = { for name, f in local.functions : name => f.triggers.kinesis if f.triggers.kinesis != null }

  # New queues, tables and streams by the last part of their names, which functions may share: Kinesis and DynamoDB give
  # each function every record, SQS gives each message to one.
  makes_queue  = { for name, sqs in local.sqs : name => coalesce(sqs.create, sqs.queue_arn == null) }
  makes_table  = { for name, dynamodb in local.dynamodb : name => coalesce(dynamodb.create, dynamodb.stream_arn == null) }
  makes_stream = { for name, kinesis in local.kinesis : name => coalesce(kinesis.create, kinesis.stream_arn == null) }
  queue_parts  = { for name, sqs in local.sqs : name => coalesce(sqs.queue_name, name) if local.makes_queue[name] }
  table_parts  = { for name, dynamodb in local.dynamodb : name => coalesce(dynamodb.table_name, name) if local.makes_table[name] }
  stream_parts = { for name, kinesis in local.kinesis : name => coalesce(kinesis.stream_name, name) if local.makes_stream[name] }
  new_queues   = { for part in distinct(values(local.queue_parts)) : part => part }
  new_tables   = { for part in distinct(values(local.table_parts)) : part => part }
  new_streams  = { for part in distinct(values(local.stream_parts)) : part => part }

  # variables.tf ensures that functions that share one have the same settings for it.
  made_queues = {
    for part, names in { for name, part in local.queue_parts : part => name... } : part => merge(local.sqs[names[0]], {
      name         = "${local.name}-${part}"
      suffix       = local.sqs[names[0]].fifo_queue ? ".fifo" : ""
      stub_timeout = max([for name in names : local.timeouts[name]]...)
    })
  }
  made_tables = { for part, names in { for name, part in local.table_parts : part => name... } : part => local.dynamodb[names[0]] }

  made_queue_resources = { for part in local.new_queues : part => aws_sqs_queue.trigger[part] }
  dead_letter_queues   = { for part in local.new_queues : part => aws_sqs_queue.dead_letters[part] }

  queue_arns = { for name, sqs in local.sqs : name => local.makes_queue[name] ? local.made_queue_resources[local.queue_parts[name]].arn : sqs.queue_arn }
  table_streams = {
    for name, dynamodb in local.dynamodb : name => (
      local.makes_table[name] ? aws_dynamodb_table.trigger[local.table_parts[name]].stream_arn : dynamodb.stream_arn
    )
  }
  kinesis_streams = {
    for name, kinesis in local.kinesis : name => (
      local.makes_stream[name] ? aws_kinesis_stream.trigger[local.stream_parts[name]].arn : kinesis.stream_arn
    )
  }

  # The ARNs in policies. Created sources by name instead of by reference: a policy outlives your functions, and must neither wait
  # for a source nor keep it.
  polled_arns = {
    queue = { for name, sqs in local.sqs : name => try(
      "arn:${local.partition}:sqs:${local.region}:${local.account_id}:${local.made_queues[local.queue_parts[name]].name}${sqs.fifo_queue ? ".fifo" : ""}",
      sqs.queue_arn,
    ) }
    table = { for name, dynamodb in local.dynamodb : name => try(
      "arn:${local.partition}:dynamodb:${local.region}:${local.account_id}:table/${local.name}-${local.table_parts[name]}",
      split("/stream/", dynamodb.stream_arn)[0],
    ) }
    table_stream = { for name, dynamodb in local.dynamodb : name => try(
      "arn:${local.partition}:dynamodb:${local.region}:${local.account_id}:table/${local.name}-${local.table_parts[name]}/stream/*",
      dynamodb.stream_arn,
    ) }
    stream = { for name, kinesis in local.kinesis : name => try(
      "arn:${local.partition}:kinesis:${local.region}:${local.account_id}:stream/${local.name}-${local.stream_parts[name]}",
      kinesis.stream_arn,
    ) }
  }

  # By queue: deny requests without TLS.
  queue_policies = { for name in flatten([
    for queue in values(local.made_queues) : [for end in ["", "-dlq"] : "${queue.name}${end}${queue.suffix}"] if var.tls_only
    ]) : name => jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "DenyWithoutTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = "arn:${local.partition}:sqs:${local.region}:${local.account_id}:${name}"
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  }) }

  # In the order of a policy's statements. Refers to no resource that the module creates, as in `polled_arns`.
  #   settings: the triggers, by function.
  #   poll:     what a function's role needs for Lambda to poll. https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html,
  #             with-ddb.html and with-kinesis.html.
  #   publish:  the calls of `livectl trigger`, and their resources.
  polled = [
    {
      source   = "sqs"
      settings = local.sqs
      poll = {
        sid     = "PollQueue"
        actions = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
        arns    = local.polled_arns.queue
      }
      publish = {
        action = "sqs:SendMessage"
        arns = concat(
          length(local.queue_parts) == 0 ? [] : ["arn:${local.partition}:sqs:${local.region}:${local.account_id}:${local.name}-*"],
          [for name, sqs in local.sqs : sqs.queue_arn if !local.makes_queue[name]],
        )
      }
    },
    {
      source   = "dynamodb"
      settings = local.dynamodb
      poll = {
        sid     = "PollTableStream"
        actions = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"]
        arns    = local.polled_arns.table_stream
      }
      publish = {
        action = "dynamodb:PutItem"
        arns   = values(local.polled_arns.table)
      }
    },
    {
      source   = "kinesis"
      settings = local.kinesis
      poll = {
        sid = "PollStream"
        actions = [
          "kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards",
        ]
        arns = local.polled_arns.stream
      }
      publish = {
        action = "kinesis:PutRecord"
        arns = concat(
          length(local.stream_parts) == 0 ? [] : ["arn:${local.partition}:kinesis:${local.region}:${local.account_id}:stream/${local.name}-*"],
          [for name, kinesis in local.kinesis : kinesis.stream_arn if !local.makes_stream[name]],
        )
      }
    },
  ]

  # By function: what its stub may split, see stub.tf.
  partial_failures = {
    for name, f in local.functions : name => concat(
      flatten([for one in [
        { trigger = f.triggers.sqs, arns = local.polled_arns.queue },
        { trigger = f.triggers.dynamodb, arns = local.polled_arns.table_stream },
        { trigger = f.triggers.kinesis, arns = local.polled_arns.stream },
      ] : [for trigger in one.trigger[*] : one.arns[name] if contains(trigger.function_response_types, "ReportBatchItemFailures")]]),
      f.partial_failure_arns,
    )
  }

  polling_statements = {
    for name, f in local.functions : name => [for one in local.polled : {
      Sid      = one.poll.sid
      Effect   = "Allow"
      Action   = one.poll.actions
      Resource = [one.poll.arns[name]]
    } if f.triggers[one.source] != null]
  }

  # No window is null, as Lambda returns it.
  batching_windows = merge([for one in local.polled : {
    for name, settings in one.settings : "${name}/${one.source}" => (
      settings.maximum_batching_window_in_seconds == 0 ? null : settings.maximum_batching_window_in_seconds
    )
  }]...)

  # Sources whose records a function reads in batches: the ARN to poll, by function.
  record_arns = {
    dynamodb = local.table_streams
    kinesis  = local.kinesis_streams
  }

  record_sources = merge([for one in local.polled : {
    for name, settings in one.settings : "${name}/${one.source}" => {
      function = name
      arn      = local.record_arns[one.source][name]
      settings = settings
    }
  } if contains(keys(local.record_arns), one.source)]...)
  record_source_names = { for key, one in local.record_sources : key => key }

  # What `livectl trigger` publishes to, by source and function.
  polled_targets = {
    sqs      = local.sqs_targets
    dynamodb = local.dynamodb_targets
    kinesis  = local.kinesis_targets
  }

  sqs_targets = {
    for name, sqs in local.sqs : name => {
      queue_arn = local.queue_arns[name]
      queue_url = local.makes_queue[name] ? local.made_queue_resources[local.queue_parts[name]].url : format(
        "https://sqs.%s.%s/%s/%s",
        element(split(":", sqs.queue_arn), 3),
        local.partition == "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com",
        element(split(":", sqs.queue_arn), 4),
        element(split(":", sqs.queue_arn), 5),
      )
      dead_letter_queue_url = local.makes_queue[name] ? local.dead_letter_queues[local.queue_parts[name]].url : null
    }
  }

  dynamodb_targets = {
    for name, dynamodb in local.dynamodb : name => {
      table_name = local.makes_table[name] ? aws_dynamodb_table.trigger[local.table_parts[name]].name : element(split("/", dynamodb.stream_arn), 1)
      stream_arn = local.table_streams[name]
      hash_key   = local.makes_table[name] ? dynamodb.hash_key : null
      range_key  = local.makes_table[name] ? dynamodb.range_key : null
    }
  }

  kinesis_targets = {
    for name, kinesis in local.kinesis : name => {
      stream_name = local.makes_stream[name] ? aws_kinesis_stream.trigger[local.stream_parts[name]].name : element(split("/", kinesis.stream_arn), 1)
      stream_arn  = local.kinesis_streams[name]
    }
  }
}

################################################################################
# SQS
################################################################################

resource "aws_sqs_queue" "trigger" {
  for_each = local.new_queues # Not known? Write create = false beside queue_arn.

  name                    = "${local.made_queues[each.key].name}${local.made_queues[each.key].suffix}"
  fifo_queue              = local.made_queues[each.key].fifo_queue
  sqs_managed_sse_enabled = true
  policy                  = !var.tls_only ? null : local.queue_policies["${local.made_queues[each.key].name}${local.made_queues[each.key].suffix}"]

  # Six times the timeout, so that a throttled batch returns in time; more than enough without batching.
  # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
  visibility_timeout_seconds = coalesce(local.made_queues[each.key].visibility_timeout_seconds, 6 * local.made_queues[each.key].stub_timeout)

  redrive_policy = jsonencode({
    deadLetterTargetArn = local.dead_letter_queues[each.key].arn
    maxReceiveCount     = local.made_queues[each.key].max_receive_count
  })

  tags = var.tags
}

resource "aws_sqs_queue" "dead_letters" {
  for_each = local.new_queues # Not known? Write create = false beside queue_arn.

  name                    = "${local.made_queues[each.key].name}-dlq${local.made_queues[each.key].suffix}"
  fifo_queue              = local.made_queues[each.key].fifo_queue
  sqs_managed_sse_enabled = true
  policy                  = !var.tls_only ? null : local.queue_policies["${local.made_queues[each.key].name}-dlq${local.made_queues[each.key].suffix}"]
  # The maximum: 14 days to examine what failed.
  message_retention_seconds = 1209600

  tags = var.tags
}

resource "aws_sqs_queue_redrive_allow_policy" "dead_letters" {
  for_each = local.new_queues # Not known? Write create = false beside queue_arn.

  queue_url = local.dead_letter_queues[each.key].url

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [local.made_queue_resources[each.key].arn]
  })
}

resource "aws_lambda_event_source_mapping" "sqs" {
  for_each = local.sqs_names

  function_name                      = local.mapping_names[each.key]
  event_source_arn                   = local.queue_arns[each.key]
  batch_size                         = local.sqs[each.key].batch_size
  maximum_batching_window_in_seconds = local.batching_windows["${each.key}/sqs"]
  function_response_types            = local.sqs[each.key].function_response_types

  tags = var.tags

  # Lambda checks that the role may poll.
  depends_on = [local.stub_policy_ids]
}

################################################################################
# Streams
################################################################################

resource "aws_dynamodb_table" "trigger" {
  for_each = local.new_tables # Not known? Write create = false beside stream_arn.

  name             = "${local.name}-${each.key}"
  billing_mode     = "PAY_PER_REQUEST"
  hash_key         = local.made_tables[each.key].hash_key
  range_key        = local.made_tables[each.key].range_key
  stream_enabled   = true
  stream_view_type = local.made_tables[each.key].stream_view_type

  dynamic "attribute" {
    for_each = compact([local.made_tables[each.key].hash_key, local.made_tables[each.key].range_key])

    content {
      name = attribute.value
      type = "S"
    }
  }

  server_side_encryption {
    enabled = true
  }

  tags = var.tags
}

resource "aws_kinesis_stream" "trigger" {
  for_each = local.new_streams # Not known? Write create = false beside stream_arn.

  name            = "${local.name}-${each.key}"
  encryption_type = "KMS"
  kms_key_id      = "alias/aws/kinesis"

  stream_mode_details {
    stream_mode = "ON_DEMAND"
  }

  tags = var.tags
}

resource "aws_lambda_event_source_mapping" "records" {
  for_each = local.record_source_names

  function_name                      = local.mapping_names[local.record_sources[each.key].function]
  event_source_arn                   = local.record_sources[each.key].arn
  starting_position                  = local.record_sources[each.key].settings.starting_position
  batch_size                         = local.record_sources[each.key].settings.batch_size
  maximum_batching_window_in_seconds = local.batching_windows[each.key]
  maximum_retry_attempts             = local.record_sources[each.key].settings.maximum_retry_attempts
  bisect_batch_on_function_error     = local.record_sources[each.key].settings.bisect_batch_on_function_error
  function_response_types            = local.record_sources[each.key].settings.function_response_types

  tags = var.tags

  # Lambda checks that the role may poll.
  depends_on = [local.stub_policy_ids]
}
