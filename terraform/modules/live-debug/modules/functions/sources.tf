# The event sources with an ARN of their own, by their names in `triggers`. Their rules follow from this table, and so do the
# checks of their new resources' names: a new source is an entry here, beside its fields in variables.tf.

locals {
  # Of sources whose records a function reads in batches, in order.
  record_numbers = {
    batch_size                         = [1, 10000, "records"]
    maximum_batching_window_in_seconds = [0, 300, "seconds"]
    maximum_retry_attempts             = [-1, 10000, "attempts"]
  }
  positions = ["LATEST", "TRIM_HORIZON"]

  # arn:      the field of an existing resource's ARN, its form, and what to write.
  # new:      fields for a new resource only.
  # resource: a new resource that functions share by its name: the field with the last part of its name, what it is, the most
  #           characters of its name, and the fields that functions which share it must agree on. Its trigger has `create`.
  # numbers:  fields with their least and most value, and of what.
  # words:    fields with the words that they may be.
  # batches:  whether the function may report the failed items of a batch.
  sources = {
    sns = {
      arn = [
        "topic_arn",
        "^arn:[^:]+:sns:[^:]+:\\d{12}:[^:]+$",
        "must be the ARN of an SNS topic, for example \"arn:aws:sns:eu-west-1:123456789012:orders\"",
      ]
      new      = ["topic_name"]
      resource = { name = "topic_name", kind = "SNS topic", most = 256, same = [] }
      numbers  = {}
      words    = { filter_policy_scope = ["MessageAttributes", "MessageBody"] }
      batches  = false
    }
    sqs = {
      arn = [
        "queue_arn",
        "^arn:[^:]+:sqs:[^:]+:\\d{12}:[^:]+$",
        "must be the ARN of an SQS queue, for example \"arn:aws:sqs:eu-west-1:123456789012:orders\"",
      ]
      new      = ["queue_name", "visibility_timeout_seconds"]
      resource = { name = "queue_name", kind = "SQS queue", most = 80, same = ["fifo_queue", "visibility_timeout_seconds", "max_receive_count"] }
      numbers = {
        batch_size                         = [1, 10000, "messages"]
        maximum_batching_window_in_seconds = [0, 300, "seconds"]
        visibility_timeout_seconds         = [0, 43200, "seconds"]
        max_receive_count                  = [1, 1000, "receives"]
      }
      words   = {}
      batches = true
    }
    eventbridge = {
      arn = [
        "event_bus_arn",
        "^arn:[^:]+:events:[^:]+:\\d{12}:event-bus/",
        "must be the ARN of an event bus, for example \"arn:aws:events:eu-west-1:123456789012:event-bus/orders\"",
      ]
      new      = ["event_bus_name"]
      resource = null
      numbers  = {}
      words    = {}
      batches  = false
    }
    s3 = {
      arn      = ["bucket_arn", "^arn:[^:]+:s3:::[^/]+$", "must be the ARN of a bucket, for example \"arn:aws:s3:::orders\""]
      new      = ["bucket_name"]
      resource = { name = "bucket_name", kind = "S3 bucket", most = 63, same = [] }
      numbers  = {}
      words    = {}
      batches  = false
    }
    dynamodb = {
      arn = [
        "stream_arn",
        "^arn:[^:]+:dynamodb:[^:]+:\\d{12}:table/[^/]+/stream/",
        "must be the ARN of a table's stream: write aws_dynamodb_table.orders.stream_arn",
      ]
      new      = ["table_name", "range_key"]
      resource = { name = "table_name", kind = "DynamoDB table", most = 255, same = ["hash_key", "range_key", "stream_view_type"] }
      numbers  = local.record_numbers
      words = {
        starting_position = local.positions
        stream_view_type  = ["NEW_AND_OLD_IMAGES", "NEW_IMAGE", "OLD_IMAGE", "KEYS_ONLY"]
      }
      batches = true
    }
    kinesis = {
      arn = [
        "stream_arn",
        "^arn:[^:]+:kinesis:[^:]+:\\d{12}:stream/",
        "must be the ARN of a stream, for example \"arn:aws:kinesis:eu-west-1:123456789012:stream/orders\"",
      ]
      new      = ["stream_name"]
      resource = { name = "stream_name", kind = "Kinesis stream", most = 128, same = [] }
      numbers  = local.record_numbers
      words    = { starting_position = local.positions }
      batches  = true
    }
  }

  # The triggers of all functions that have an entry in the table. By an index and not by try(), which waits for all of a
  # function's triggers where one field is not known before the apply.
  source_triggers = flatten([for name, f in local.functions : [for source, known in local.sources : [for trigger in f.triggers[source][*] : {
    function = name
    source   = source
    path     = "functions[\"${name}\"].triggers.${source}"
    trigger  = trigger
    arn      = trigger[known.arn[0]]
    # EventBridge knows a new bus by its name alone.
    create = known.resource == null ? null : trigger.create
    name   = known.resource == null ? null : trigger[known.resource.name]
  }]]])

  source_arn_mistakes = [for one in local.source_triggers :
    "${one.path}.${local.sources[one.source].arn[0]} ${local.sources[one.source].arn[2]}, not \"${one.arn}\"."
    if one.arn == null ? false : !can(regex(local.sources[one.source].arn[1], one.arn))
  ]

  source_word_mistakes = flatten([for one in local.source_triggers : [for field, words in local.sources[one.source].words :
    "${one.path}.${field} must be ${join(" or ", [for word in words : "\"${word}\""])}, not \"${one.trigger[field]}\"."
    if one.trigger[field] == null ? false : !contains(words, one.trigger[field])
  ]])

  source_number_mistakes = flatten([for one in local.source_triggers : [for field, range in local.sources[one.source].numbers :
    "${one.path}.${field} must be a whole number of ${range[2]} from ${range[0]} to ${range[1]}, not ${one.trigger[field]}."
    if one.trigger[field] == null ? false : one.trigger[field] < range[0] || one.trigger[field] > range[1] || floor(one.trigger[field]) != one.trigger[field]
  ]])

  source_list_mistakes = flatten([for one in local.source_triggers : [for index, type in one.trigger.function_response_types :
    type == null
    ? "${one.path}.function_response_types[${index}] must be a string, not null."
    : "${one.path}.function_response_types[${index}] must be \"ReportBatchItemFailures\", not \"${type}\"."
    if type == null ? true : type != "ReportBatchItemFailures"
  ] if local.sources[one.source].batches])

  # An ARN, what is for a new resource, and `create`.
  source_mistakes = flatten([for one in local.source_triggers : concat(
    [for field in local.sources[one.source].new :
      "${one.path}.${field} is for a new resource, but ${local.sources[one.source].arn[0]} names an existing one: remove one of the two."
      if one.arn != null && one.trigger[field] != null
    ],
    [for create in one.create[*] : create
      ? "${one.path}.create is true, but ${local.sources[one.source].arn[0]} names an existing resource: remove one of the two."
      : "${one.path}.create is false, so ${local.sources[one.source].arn[0]} must name the existing resource."
      if create == (one.arn != null)
    ],
  )])
}
