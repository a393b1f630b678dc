# The names of what the module creates for functions, in one list, since two functions can use the same name on AWS. What must
# differ, how long it may be and what counts as equal is checked here, before AWS overwrites or refuses it.

locals {
  # The directory table's name, and the prefix of all others.
  prefix = "${var.name}-${var.stage}"

  function_names = { for name, f in local.functions : name => coalesce(f.function_name, "${local.prefix}-${name}") }

  # A dot, which no function name contains, separates the rules of different stages, and schedules from patterns.
  rule_names     = { for name in keys(local.functions) : name => "${local.prefix}.${name}" }
  schedule_names = { for name in keys(local.functions) : name => "${local.prefix}.${name}.schedule" }

  # A stack's name must not have an underscore.
  stack_names = { for name in keys(local.functions) : name => "function-url-${replace("${local.prefix}-${name}", "_", "-")}" }

  # The last part of a new resource's name, which functions may share, and the field that gives it.
  parts = [for one in local.source_triggers : {
    function = one.function
    source   = one.source
    field    = one.name == null ? "triggers.${one.source}" : "triggers.${one.source}.${local.sources[one.source].resource.name}"
    part     = one.name == null ? one.function : one.name
    # A new queue may be a FIFO queue; no other resource has two forms of its name.
    fifo = one.source == "sqs" ? one.trigger.fifo_queue : false
  } if local.sources[one.source].resource == null ? false : one.create == null ? one.arn == null : one.create]

  ################################################################################
  # The list
  ################################################################################

  # `same`: what AWS compares. `id`: what two entries have in common that are one resource. `most`: characters.
  names_of_functions = concat(
    [for name, beside in local.beside_names : {
      kind     = "Lambda function", name = beside, same = beside, id = "${name}, beside it", most = 64
      function = name, field = " (the stub beside it)"
    } if local.functions[name].function_name != null],
    [for name, f in local.functions : {
      kind     = "Lambda function", name = local.function_names[name], same = local.function_names[name], id = name, most = 64
      function = name, field = f.function_name == null ? "" : ".function_name"
    }],
    # Case doesn't count. One role for each function; a name too long, and the very same one, is reported as the function's.
    [for name, f in local.functions : {
      kind     = "IAM role", name = local.function_names[name], same = lower(local.function_names[name])
      id       = local.function_names[name], most = 1024
      function = name, field = f.function_name == null ? "" : ".function_name"
    } if f.role == null && local.is_created[name]],
  )

  names_of_triggers = concat(
    [for name, f in local.functions : {
      kind     = "EventBridge rule", name = local.rule_names[name], same = local.rule_names[name], id = name, most = 64
      function = name, field = ".triggers.eventbridge"
    } if nonsensitive(sensitive(f.triggers.eventbridge != null))],
    [for name, f in local.functions : {
      kind     = "EventBridge rule", name = local.schedule_names[name], same = local.schedule_names[name], id = name, most = 64
      function = name, field = ".triggers.schedule"
    } if nonsensitive(sensitive(f.triggers.schedule != null))],
    [for name, f in local.functions : {
      kind     = "event bus", name = "${local.prefix}-${f.triggers.eventbridge.event_bus_name}"
      same     = f.triggers.eventbridge.event_bus_name, id = f.triggers.eventbridge.event_bus_name, most = 256
      function = name, field = ".triggers.eventbridge.event_bus_name"
    } if try(f.triggers.eventbridge.event_bus_name, null) != null],
    [for name, f in local.functions : {
      kind     = "CloudFormation stack", name = local.stack_names[name], same = local.stack_names[name], id = name, most = 128
      function = name, field = ".triggers.function_url"
    } if try(f.triggers.function_url.authorization_type == "NONE", false)],
    [for part in local.parts : {
      kind     = "SQS queue", most = 80
      name     = "${local.prefix}-${part.part}-dlq${part.fifo ? ".fifo" : ""}"
      same     = "${local.prefix}-${part.part}-dlq${part.fifo ? ".fifo" : ""}", id = "${part.part}-dlq, for dead letters"
      function = part.function, field = ".${part.field} (its dead-letter queue)"
    } if part.source == "sqs"],
    [for part in local.parts : {
      kind     = local.sources[part.source].resource.kind, most = local.sources[part.source].resource.most
      name     = "${local.prefix}-${part.part}${part.fifo ? ".fifo" : ""}"
      same     = "${local.prefix}-${part.part}${part.fifo ? ".fifo" : ""}", id = part.part
      function = part.function, field = ".${part.field}"
    } if part.source != "s3"],
    # All letters of a bucket are small, and it has the account's 12 digits at its end.
    [for part in local.parts : {
      kind     = "S3 bucket", most = 63
      name     = "${lower(replace("${local.prefix}-${part.part}", "_", "-"))}-123456789012"
      same     = lower(replace(part.part, "_", "-")), id = part.part
      function = part.function, field = ".${part.field}"
    } if part.source == "s3"],
  )

  function_name_groups = { for name in local.names_of_functions : "${name.kind} ${name.same}" => name... }
  trigger_name_groups  = { for name in local.names_of_triggers : "${name.kind} ${name.same}" => name... }

  function_name_mistakes = concat(
    flatten([for names in local.function_name_groups : [for name in names : join("", [
      "functions[\"${name.function}\"]${name.field} and functions[\"${names[0].function}\"]${names[0].field} both name the ${name.kind} ",
      "\"${name.name}\"${name.name == names[0].name ? "" : " (AWS ignores case)"}: change function_name in one of them.",
    ]) if name.id != names[0].id]]),
    [for name in local.names_of_functions : join("", [
      "functions[\"${name.function}\"]${name.field} names the ${name.kind} \"${name.name}\", which has ${length(name.name)} characters; ",
      "AWS allows ${name.most}: write a shorter function_name, stage or name.",
    ]) if length(name.name) > name.most],
  )

  trigger_name_mistakes = concat(
    # Parts of names: the module puts its own name and the stage before them.
    [for part in local.named_parts : join("", [
      "functions[\"${part.function}\"].${part.field} must be 1 to 64 letters, digits, - and _, not \"${part.part}\": ",
      "the module puts its own name and the stage before it.",
    ]) if !can(regex("^[a-zA-Z0-9_-]{1,64}$", part.part))],
    flatten([for names in local.trigger_name_groups : [for name in names : join("", [
      "functions[\"${name.function}\"]${name.field} and functions[\"${names[0].function}\"]${names[0].field} both name the ${name.kind} ",
      "\"${name.name}\": change the name in one of them.",
    ]) if name.id != names[0].id]]),
    [for name in local.names_of_triggers : join("", [
      "functions[\"${name.function}\"]${name.field} names the ${name.kind} \"${name.name}\", which has ${length(name.name)} characters; ",
      "AWS allows ${name.most}: write a shorter name or stage.",
    ]) if length(name.name) > name.most],
  )

  named_parts = concat(
    [for part in local.parts : part if endswith(part.field, "_name")],
    [for name, f in local.functions : {
      function = name, source = "eventbridge", field = "triggers.eventbridge.event_bus_name"
      part     = f.triggers.eventbridge.event_bus_name, fifo = false
    } if try(f.triggers.eventbridge.event_bus_name, null) != null],
  )

  ################################################################################
  # What functions share
  ################################################################################

  # New resources by their last part, with what must be the same in all functions that share one.
  shared = {
    for one in flatten([for part in local.parts : [
      for field in local.sources[part.source].resource.same : {
        function = part.function
        field    = "triggers.${part.source}.${field}"
        key      = "${part.source} ${part.part} ${field}"
        value    = jsonencode(local.functions[part.function].triggers[part.source][field])
      }
    ]]) : one.key => one...
  }

  shared_mistakes = flatten([for ones in local.shared : [for one in ones : join("", [
    "functions[\"${one.function}\"].${one.field} is ${one.value}, and functions[\"${ones[0].function}\"], which shares the resource, has ",
    "${ones[0].value}: write the same value, or use separate resources.",
  ]) if one.value != ones[0].value]])

  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html: no two of one bucket may
  # overlap in prefix, suffix and event.
  notifications = flatten([for name, f in local.functions : [for s3 in f.triggers.s3[*] : {
    function = name
    bucket   = s3.bucket_arn != null ? s3.bucket_arn : coalesce(s3.bucket_name, name)
    prefix   = s3.filter_prefix != null ? s3.filter_prefix : ""
    suffix   = s3.filter_suffix != null ? s3.filter_suffix : ""
    events   = s3.events
  }]])

  bucket_groups = { for one in local.notifications : one.bucket => one... }

  notification_mistakes = concat(
    [for bucket, ones in local.bucket_groups :
      "functions[\"${ones[100].function}\"].triggers.s3 is notification 101 of bucket ${bucket}, and S3 allows 100: use another bucket for some functions."
      if length(ones) > 100
    ],
    # One other is enough to say.
    flatten([for one in local.overlaps : slice(one.texts, 0, min(1, length(one.texts)))]),
  )

  # By function: those before it in its bucket that it overlaps.
  overlaps = flatten([for ones in local.bucket_groups : [for index, one in slice(ones, 0, min(100, length(ones))) : {
    texts = [for other in slice(ones, 0, index) : join("", [
      "functions[\"${one.function}\"].triggers.s3 and functions[\"${other.function}\"].triggers.s3 overlap in bucket ${one.bucket}, which S3 ",
      "refuses: set filter_prefix, filter_suffix or events so that no event matches both.",
      ])
      if alltrue([
        startswith(one.prefix, other.prefix) || startswith(other.prefix, one.prefix),
        endswith(one.suffix, other.suffix) || endswith(other.suffix, one.suffix),
        anytrue(flatten([for a in one.events : [for b in other.events : anytrue([
          a == b,
          endswith(a, "*") && startswith(b, trimsuffix(a, "*")),
          endswith(b, "*") && startswith(a, trimsuffix(b, "*")),
        ])]])),
      ])
    ]
  }]])
}
