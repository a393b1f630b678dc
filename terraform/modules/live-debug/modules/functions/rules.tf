# Rules for the fields of a function: each list has the mistakes of all functions, and mistakes.tf has all lists. livectl has
# the same rules for livectl.json (cli/src/manifest); terraform/test/functions.json has cases for both.

locals {
  # Whether one is null is seen by a field: an object with a sensitive value in it gives a sensitive answer, and with it a
  # sensitive list of all functions. So elsewhere: nonsensitive(sensitive(...)) has one on every version of Terraform.
  functions = { for name, f in var.functions : name => f if can(f.handler) }

  # AWS sets these itself: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
  reserved_variables = [
    "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_RUNTIME_API", "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT",
  ]

  loaders = [
    "base64", "binary", "copy", "css", "dataurl", "default", "empty", "file", "global-css", "js", "json", "jsx", "local-css",
    "text", "ts", "tsx",
  ]

  ################################################################################
  # One field
  ################################################################################

  # By field: the value, its form, and what to write.
  form_mistakes = flatten([for name, f in local.functions : [for field, check in {
    handler = [f.handler, "^\\S{1,128}$", "must be 1 to 128 characters without spaces, for example \"src/orders.handler\""]
    runtime = [f.runtime, "^[a-zA-Z][a-zA-Z0-9._-]{0,63}$", "must be an AWS runtime identifier, for example \"nodejs22.x\" or \"python3.13\""]
    package_type = [
      local.is_wrapped[name] ? null : f.package_type,
      "^Zip$",
      "must be \"Zip\", since Lambda can't change the package type of a function: keep the image function, and use a copy of it with a zip package here",
    ]
    function_name = [f.function_name, "^[a-zA-Z0-9_-]{1,64}$", "must be letters, digits, - and _, at most 64: write \"orders-api\", not its ARN"]
    source_dir = [
      f.source_dir,
      "^([^/a-zA-Z]|[a-zA-Z]([^:]|$))",
      "must be relative to the folder that livectl serves, for example \"services/orders\" or \".\"",
    ]
    python           = [f.python, "^[\\s\\S]", "must be the path or command of an interpreter"]
    "esbuild.target" = [try(f.esbuild.target, null), "^\\w[\\w.]*(,\\w[\\w.]*)*$", "must be esbuild targets, for example \"node20\" or \"es2022,node20\""]

    "esbuild.tsconfig" = [
      try(f.esbuild.tsconfig, null),
      "^([^/a-zA-Z]|[a-zA-Z]([^:]|$))",
      "must be relative to source_dir, for example \"tsconfig.build.json\"",
    ]

    "triggers.http.path" = [
      try(f.triggers.http.path, null),
      "^(/|(/(\\{[\\w.-]+\\}|[^{}/?#\\s]+))*/(\\{[\\w.-]+\\+?\\}|[^{}/?#\\s]+))$",
      "must begin with /, without empty segments, spaces, ? or #; a parameter is a whole segment, and {proxy+} the last one, for example \"/orders/{id}\""
    ]
    "triggers.schedule.schedule_expression" = [
      try(f.triggers.schedule.schedule_expression, null),
      "^(rate\\((1 (minute|hour|day)|(\\d{2,}|[2-9]) (minutes|hours|days))\\)|cron\\(\\S+( \\S+){5}\\))$",
      "must be a rate or a cron expression with six fields, for example \"rate(5 minutes)\" or \"cron(0 8 ? * MON-FRI *)\""
    ]
    } : "functions[\"${name}\"].${field} ${check[2]}, not \"${check[0]}\"."
    if check[0] == null ? false : !can(regex(check[1], check[0]))
  ]])

  # By field: the value and the words that it may be.
  word_mistakes = flatten([for name, f in local.functions : [for field, check in {
    "mode"                                     = [f.mode, ["replace", "wrap"]]
    "wrap_init"                                = [f.wrap_init, ["eager", "lazy"]]
    "invoke_mode"                              = [f.invoke_mode, ["BUFFERED", "RESPONSE_STREAM"]]
    "esbuild.packages"                         = [try(f.esbuild.packages, null), ["auto", "external", "bundle"]]
    "esbuild.format"                           = [try(f.esbuild.format, null), ["esm", "cjs"]]
    "triggers.http.method"                     = [try(f.triggers.http.method, null), ["ANY", "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]]
    "triggers.http.authorization_type"         = [try(f.triggers.http.authorization_type, null), ["NONE", "AWS_IAM", "JWT"]]
    "triggers.function_url.authorization_type" = [try(f.triggers.function_url.authorization_type, null), ["AWS_IAM", "NONE"]]
    "triggers.function_url.invoke_mode"        = [try(f.triggers.function_url.invoke_mode, null), ["BUFFERED", "RESPONSE_STREAM"]]
    } : "functions[\"${name}\"].${field} must be ${join(" or ", [for word in check[1] : "\"${word}\""])}, not \"${check[0]}\"."
    if check[0] == null ? false : !contains(check[1], check[0])
  ]])

  # By field: the value, the least and the most that it may be, and of what.
  number_mistakes = flatten([for name, f in local.functions : [for field, check in {
    "timeout"                              = [f.timeout, 1, 900, "seconds"]
    "memory_size"                          = [f.memory_size, 128, 10240, "MB"]
    "durable_config.execution_timeout"     = [try(f.durable_config.execution_timeout, null), 1, 31622400, "seconds"]
    "durable_config.retention_period"      = [try(f.durable_config.retention_period, null), 1, 90, "days"]
    "reserved_concurrent_executions"       = [f.reserved_concurrent_executions, -1, 1000000, "executions"]
    "triggers.http.throttling_burst_limit" = [try(f.triggers.http.throttling_burst_limit, null), 1, 5000, "requests"]
    "triggers.http.cors.max_age"           = [try(f.triggers.http.cors.max_age, null), 0, 86400, "seconds"]
    "triggers.function_url.cors.max_age"   = [try(f.triggers.function_url.cors.max_age, null), 0, 86400, "seconds"]
    } : "functions[\"${name}\"].${field} must be a whole number of ${check[3]} from ${check[1]} to ${check[2]}, not ${check[0]}."
    if check[0] == null ? false : check[0] < check[1] || check[0] > check[2] || floor(check[0]) != check[0]
  ]])

  # By field: the values, the form of each, and what to write.
  list_mistakes = flatten([for name, f in local.functions : [for field, check in {
    "build"   = [f.build, "", ""]
    "command" = [f.command, "", ""]
    "layers"  = [f.layers, "", ""]
    "layer_dirs" = [
      f.layer_dirs,
      "^([^/a-zA-Z]|[a-zA-Z]([^:]|$))",
      "must be relative to the folder that livectl serves, for example \"layers/shared\"; ARNs belong in layers",
    ]
    "watch"               = [f.watch, "^[\\s\\S]{1,256}$", "must be a .gitignore pattern of 1 to 256 characters"]
    "esbuild.external"    = [try(f.esbuild.external, null), "", ""]
    "esbuild.conditions"  = [try(f.esbuild.conditions, null), "", ""]
    "esbuild.main_fields" = [try(f.esbuild.main_fields, null), "", ""]
    "esbuild.inject" = [
      try(f.esbuild.inject, null),
      "^([^/a-zA-Z]|[a-zA-Z]([^:]|$))",
      "must be relative to source_dir, for example \"shims/fetch.js\"",
    ]
    "esbuild.entry_points" = [
      try(f.esbuild.entry_points, null),
      "^([^/a-zA-Z]|[a-zA-Z]([^:]|$))",
      "must be relative to source_dir, for example \"src/thread.ts\"",
    ]
    "triggers.http.authorization_scopes" = [try(f.triggers.http.authorization_scopes, null), "", ""]
    "triggers.s3.events"                 = [try(f.triggers.s3.events, null), "^s3:", "must be an S3 event, for example \"s3:ObjectCreated:*\""]
    } : check[0] == null ? [] : [for index, value in check[0] :
    value == null
    ? "functions[\"${name}\"].${field}[${index}] must be a string, not null."
    : "functions[\"${name}\"].${field}[${index}] ${check[2]}, not \"${value}\"."
    if value == null ? true : check[1] == "" ? false : !can(regex(check[1], value))
    ]
  ]])

  # By field: whether it is a mistake, and what to write.
  sense_mistakes = flatten([for name, f in local.functions : [for field, check in {
    "invoke_mode" = [
      f.invoke_mode == "BUFFERED" && try(f.triggers.function_url.invoke_mode == "RESPONSE_STREAM", false),
      "is \"BUFFERED\", but triggers.function_url.invoke_mode is \"RESPONSE_STREAM\": leave invoke_mode out"
    ]
    "build" = [
      f.build == null ? false : length(f.build) == 0 || try(f.build[0] == "", false),
      "must name a program first, for example [\"go\", \"build\", \"-o\", \"bootstrap\", \".\"], or leave it out"
    ]
    "command" = [
      f.command == null ? false : length(f.command) == 0 || try(f.command[0] == "", false),
      "must name a program first, for example [\"python3\", \"-m\", \"awslambdaric\", \"app.handler\"], or leave it out"
    ]
    "python" = [
      f.python == null ? false : !can(regex("^python\\d{1,4}\\.\\d{1,4}$", f.runtime)) || f.command != null,
      "is for a Python runtime without a command: leave it out"
    ]
    "watch" = [
      try(length(f.watch) > 100, false) || anytrue([for pattern in coalesce(f.watch, []) : pattern == null ? false :
        length([for part in split("/", pattern) : part if can(regex("^\\*\\*+$", part))]) > 3
        || anytrue([for part in split("/", pattern) : can(regex("^\\*\\*+$", part)) ? false : length(regexall("\\*+", part)) > 3])
      ]),
      "must be at most 100 patterns, each with at most 3 stars between two slashes and ** at most 3 times"
    ]
    "role_key" = [
      f.role_key == null ? false : f.role == null || !can(regex("^\\S{1,64}$", f.role_key)),
      "must be 1 to 64 characters without spaces, and needs role: write the same text for all functions that share the role"
    ]
    "durable_config" = [
      f.durable_config != null && local.is_created[name],
      "is for functions of your own: Lambda makes a function durable when it is created, so write create = false and put the stub into that aws_lambda_function"
    ]
    "qualifier" = [
      f.qualifier == null ? (
        # Settings of a trigger may be secret, and whether there is one is not.
        f.durable_config != null && nonsensitive(sensitive(anytrue([for source, trigger in f.triggers : trigger != null])))
        ) : (
        local.is_created[name] || !can(regex("^[a-zA-Z0-9_-]{1,128}$", f.qualifier))
        || (f.triggers.function_url != null && can(regex("^\\d+$", f.qualifier)))
      ),
      f.qualifier == null ? "must be set for a durable function with triggers, which Lambda invokes by an alias or a version only: write an alias"
      : local.is_created[name] ? "is for functions of your own: a stub that the module creates has no versions. Leave it out"
      : f.triggers.function_url != null && can(regex("^\\d+$", f.qualifier)) ? "must be an alias for triggers.function_url, not the version \"${f.qualifier}\""
      : "must be an alias or a version number, not \"${f.qualifier}\": Lambda takes no permissions for $LATEST"
    ]
    "vpc_config.place_stub_in_vpc" = [
      try(f.vpc_config.place_stub_in_vpc, false) && !local.is_created[name],
      join("", [
        "is only for functions that the module creates: with create = false, the vpc_config of your own ",
        "aws_lambda_function decides whether the stub is in the VPC",
      ])
    ]
    "esbuild.loader" = [
      anytrue([for extension, loader in try(coalesce(f.esbuild.loader, {}), {}) :
        !can(regex("^\\.[^/\\\\]+$", extension)) || !contains(local.loaders, coalesce(loader, "-"))
      ]),
      "must map file extensions, with the dot, to esbuild loaders, for example { \".sql\" = \"text\" }"
    ]

    "triggers.http.path" = [
      length(regexall("\\{[^{}]*\\}", coalesce(try(f.triggers.http.path, null), "/"))) != length(distinct([
        for parameter in regexall("\\{[^{}]*\\}", coalesce(try(f.triggers.http.path, null), "/")) : replace(parameter, "+", "")
      ])),
      "has a parameter twice: rename one of them"
    ]
    "triggers.http.throttling_rate_limit" = [
      try(f.triggers.http.throttling_rate_limit < 1 || f.triggers.http.throttling_rate_limit > 10000, false),
      "must be from 1 to 10000 requests per second"
    ]
    # https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html (BatchSize).
    "triggers.sqs.fifo_queue" = [
      try(f.triggers.sqs.fifo_queue && (f.triggers.sqs.batch_size > 10 || f.triggers.sqs.maximum_batching_window_in_seconds > 0), false),
      "needs a batch_size of at most 10 and no maximum_batching_window_in_seconds"
    ]
    "triggers.sqs.batch_size" = [
      try(!f.triggers.sqs.fifo_queue && f.triggers.sqs.batch_size > 10 && f.triggers.sqs.maximum_batching_window_in_seconds == 0, false),
      "above 10 needs a maximum_batching_window_in_seconds of at least 1"
    ]
    "triggers.sqs.visibility_timeout_seconds" = [
      try(f.triggers.sqs.visibility_timeout_seconds < local.timeouts[name], false),
      join("", [
        "must be at least ${local.timeouts[name]}, the ${local.is_wrapped[name] ? "function" : "stub"}'s timeout, ",
        "since Lambda refuses a shorter one: leave it out to get six times the timeout",
      ])
    ]
    "triggers.s3.events"          = [try(length(f.triggers.s3.events) == 0, false), "must have at least one S3 event: write [\"s3:ObjectCreated:*\"]"]
    "triggers.dynamodb.range_key" = [try(f.triggers.dynamodb.range_key == f.triggers.dynamodb.hash_key, false), "must differ from hash_key"]
    } : "functions[\"${name}\"].${field} ${check[1]}."
    if check[0]
  ]])

  setting_mistakes = concat(
    [for name, f in var.functions : "functions[\"${name}\"] must be an object with a handler and a runtime, not null." if !can(f.handler)],
    [for name in keys(var.functions) :
      "functions[\"${name}\"] must have a valid function name: 1 to 64 letters, digits, - and _."
      if !can(regex("^[a-zA-Z0-9_-]{1,64}$", name))
    ],
    flatten([for name, f in local.functions : [for field, value in {
      handler                                 = f.handler
      runtime                                 = f.runtime
      "triggers.schedule.schedule_expression" = nonsensitive(sensitive(f.triggers.schedule == null)) ? "" : f.triggers.schedule.schedule_expression
    } : "functions[\"${name}\"].${field} must not be null." if value == null]]),
    local.field_mistakes, local.form_mistakes, local.word_mistakes, local.number_mistakes, local.list_mistakes,
    local.source_word_mistakes, local.source_number_mistakes, local.source_list_mistakes, local.sense_mistakes,
    local.wrap_mistakes, local.exec_wrapper_mistakes, local.wrap_init_mistakes,
  )
}
