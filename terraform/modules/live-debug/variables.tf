################################################################################
# The stage
################################################################################

variable "enabled" {
  description = "Whether the stage is live. `false` leaves not one resource, and every output empty or null."
  type        = bool
  default     = true
  nullable    = false
}

variable "stage" {
  description = "The stage that one developer serves, e.g. `dev-tom`: `livectl serve --stage dev-tom`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9][a-zA-Z0-9_-]{0,31}$", var.stage))
    error_message = "stage must be 1 to 32 letters, digits, - and _, beginning with a letter or digit: write e.g. \"dev-tom\"."
  }
}

variable "name" {
  description = "Prefix of every name, the directory table's included (`<name>-<stage>`); another one must be told to livectl with `--name`. IAM is global: for one stage in two Regions, put the Region into it."
  type        = string
  default     = "live-debug"
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9][a-zA-Z0-9_-]{0,31}$", var.name))
    error_message = "name must be 1 to 32 letters, digits, - and _, beginning with a letter or digit: write e.g. \"live-debug\"."
  }
}

variable "protected_stages" {
  description = "Words that make a stage protected. They are compared with the words of the stage's name, which `-` and `_` part: `prod` protects `prod` and `eu-prod`, not `product`."
  type        = list(string)
  default     = ["prod", "production", "prd", "live"]
  nullable    = false

  validation {
    condition     = alltrue([for word in var.protected_stages : can(regex("^[a-zA-Z0-9]+$", word))])
    error_message = "protected_stages must hold single words of letters and digits: write [\"prod\", \"eu\"] for \"prod-eu\"."
  }
}

variable "allow_protected_stage" {
  description = "Go live although the stage is protected. Its events, variables and credentials then reach a laptop."
  type        = bool
  default     = false
  nullable    = false
}

variable "tags" {
  description = "Tags of every resource that takes them."
  type        = map(string)
  default     = {}
  nullable    = false
}

################################################################################
# The functions
################################################################################

variable "functions" {
  description = "The functions of the stage by name: `jsondecode(file(\"livectl.json\")).functions`, or the same in HCL."
  type = map(object({
    # Where the code is: file below `source_dir` without its extension, then the exported name.
    handler = string
    # The function's own runtime, e.g. `python3.13`: livectl runs the code with it. The stub's is `stub_runtime`.
    runtime = string
    # The function's own timeout in seconds, 1 to 900; its stub gets `timeout_margin` more.
    timeout = optional(number, 3)
    # MB, 128 to 10240, for the stub as for the function, since code can read it.
    memory_size = optional(number, 128)
    # "RESPONSE_STREAM": a response is sent as it is written to callers that take a stream without a function URL, which are InvokeWithResponseStream and a REST API with `response_transfer_mode = "STREAM"`. Default: as `triggers.function_url`, or "BUFFERED".
    invoke_mode = optional(string)
    # Environment variables: at most 3,520 bytes, so that Lambda's 4,096 leave room for the stub's own. Not in the manifest.
    environment = optional(map(string), {})
    # The function's root folder, relative to the folder livectl serves.
    source_dir = optional(string, ".")
    # Program and arguments that build the function, for livectl: run at its start and after each change of a source.
    build = optional(list(string))
    # Program and arguments of a process that speaks the Lambda Runtime API, for livectl.
    command = optional(list(string))
    # The Python interpreter livectl runs the code with, a path or a command; without it the project's own is looked for.
    python = optional(string)
    # How livectl builds TypeScript and JavaScript; docs/build.md says what CDK, SAM, serverless and SST set.
    esbuild = optional(object({
      # `true` bundles, `false` runs the sources as they are. Default: TypeScript and JSX are bundled.
      bundle = optional(bool)
      # "auto": packages stay in node_modules where Node.js can load them; "external": all stay; "bundle": none but native ones.
      packages = optional(string)
      # Packages and files that are never bundled; `*` is a wildcard.
      external = optional(list(string))
      # "esm" or "cjs". Default: what the source file and its package.json say.
      format = optional(string)
      # Syntax, e.g. "es2022". Default: the older of the function's runtime and the Node.js that runs it.
      target = optional(string)
      # JavaScript expressions by the global names they replace.
      define = optional(map(string))
      # esbuild's loaders by file extension: `{ ".sql" = "text" }`.
      loader = optional(map(string))
      # Files imported into each entry point, relative to `source_dir`.
      inject = optional(list(string))
      # JavaScript at the beginning of the bundle.
      banner = optional(string)
      # Packages by the ones they replace.
      alias = optional(map(string))
      # Conditions for the exports of packages, beside those of Node.js.
      conditions = optional(list(string))
      # Fields of package.json that name the file of a package.
      main_fields = optional(list(string))
      # Keep the names of functions and classes. Default: `true`.
      keep_names = optional(bool)
      # The tsconfig file, relative to `source_dir`. Default: the nearest one of each source.
      tsconfig = optional(string)
      # Further files to build beside the handler, relative to `source_dir`: threads, and what a wrapper loads.
      entry_points = optional(list(string))
    }))
    # What invokes the function: event sources to make, or to find; see the fields of `triggers` below.
    triggers = optional(object({
      # Routes of the stage's HTTP API.
      http = optional(object({
        # Path of the route, e.g. `/orders/{id}`; the last segment may be `{proxy+}`. Default: `/<function>` and all below it.
        path = optional(string)
        # HTTP method of the route, in capitals.
        method = optional(string, "ANY")
        # "NONE": anybody on the internet who has the URL may call it, and so runs code on the laptop that serves the stage. "AWS_IAM": signed requests only. "JWT": tokens of `jwt_configuration` only.
        authorization_type = optional(string, "NONE")
        # The tokens that "JWT" takes: `issuer` is an https URL with OpenID Connect discovery, `audience` lists accepted values of `aud`, or of `client_id` where a token has no `aud`. Each function with "JWT" has an authorizer of its own.
        jwt_configuration = optional(object({
          issuer   = string
          audience = list(string)
        }))
        # With "JWT": the token must have at least one of these scopes.
        authorization_scopes = optional(list(string), [])
        # Requests per second that the route accepts on average; more get 429.
        throttling_rate_limit = optional(number, 50)
        # Requests that the route accepts at once, 1 to 5000.
        throttling_burst_limit = optional(number, 100)
        # Cross-origin resource sharing, for all routes of the stage: functions that say it must say the same.
        cors = optional(object({
          allow_origins     = optional(list(string))
          allow_methods     = optional(list(string))
          allow_headers     = optional(list(string))
          expose_headers    = optional(list(string))
          allow_credentials = optional(bool)
          max_age           = optional(number)
        }))
      }))
      # A URL of the function's own.
      function_url = optional(object({
        # "AWS_IAM", or "NONE": anybody may call it.
        authorization_type = optional(string, "AWS_IAM")
        # "BUFFERED", or "RESPONSE_STREAM": a response is sent as it is written.
        invoke_mode = optional(string, "BUFFERED")
        # Cross-origin resource sharing, as in aws_lambda_function_url.
        cors = optional(object({
          allow_origins     = optional(list(string))
          allow_methods     = optional(list(string))
          allow_headers     = optional(list(string))
          expose_headers    = optional(list(string))
          allow_credentials = optional(bool)
          max_age           = optional(number)
        }))
      }))
      # A subscription to an SNS topic.
      sns = optional(object({
        # `false`: the topic exists. Needed only where its ARN is not known before the apply.
        create = optional(bool)
        # A topic that exists. Default: one is made.
        topic_arn = optional(string)
        # Last part of the new topic's name; functions that say the same share it. Default: the function's.
        topic_name = optional(string)
        # Which messages, as JSON text: `jsonencode({ kind = ["order"] })`.
        filter_policy = optional(string)
        # "MessageAttributes" or "MessageBody".
        filter_policy_scope = optional(string, "MessageAttributes")
      }))
      # An SQS queue.
      sqs = optional(object({
        # `false`: the queue exists. Needed only where its ARN is not known before the apply.
        create = optional(bool)
        # A queue that exists. Default: one is made, with a dead-letter queue.
        queue_arn = optional(string)
        # Last part of the new queue's name; functions that say the same share it, each message going to one. Default: the function's.
        queue_name = optional(string)
        # A FIFO queue; `.fifo` is added to its name.
        fifo_queue = optional(bool, false)
        # Messages at once, 1 to 10000; above 10 only with a window, and not from a FIFO queue.
        batch_size = optional(number, 10)
        # Seconds to wait for a full batch, 0 to 300; not from a FIFO queue.
        maximum_batching_window_in_seconds = optional(number, 0)
        # `["ReportBatchItemFailures"]`: the function names the messages that failed.
        function_response_types = optional(list(string), [])
        # Of a new queue. Default: six times the stub's timeout, as AWS advises.
        visibility_timeout_seconds = optional(number)
        # Of a new queue: so often a message is tried before it goes to the dead-letter queue.
        max_receive_count = optional(number, 3)
      }))
      # The events of an EventBridge bus that match a pattern.
      eventbridge = optional(object({
        # A bus that exists. Default: the account's default bus.
        event_bus_arn = optional(string)
        # Last part of a new bus's name; functions that say the same share it.
        event_bus_name = optional(string)
        # Which events, as JSON text: `jsonencode({ source = ["shop.orders"] })`.
        event_pattern = string
      }))
      # The clock: an EventBridge rule.
      schedule = optional(object({
        # `rate(5 minutes)`, or `cron(0 8 ? * MON-FRI *)` in UTC.
        schedule_expression = string
        # The event instead of EventBridge's own, as JSON text.
        input = optional(string)
      }))
      # Objects in an S3 bucket.
      s3 = optional(object({
        # `false`: the bucket exists. Needed only where its ARN is not known before the apply.
        create = optional(bool)
        # A bucket that exists; its notifications become Terraform's, which replaces those it has. Default: one is made.
        bucket_arn = optional(string)
        # Last part of the new bucket's name; functions that say the same share it. Default: the function's.
        bucket_name = optional(string)
        # Which events.
        events = optional(list(string), ["s3:ObjectCreated:*"])
        # Only of keys that begin so.
        filter_prefix = optional(string)
        # Only of keys that end so.
        filter_suffix = optional(string)
        # Of a new bucket: destroying it deletes the objects in it.
        force_destroy = optional(bool, false)
      }))
      # Changes in a DynamoDB table, by its stream.
      dynamodb = optional(object({
        # `false`: the stream exists. Needed only where its ARN is not known before the apply.
        create = optional(bool)
        # The stream of a table that exists. Default: a table with a stream is made.
        stream_arn = optional(string)
        # Last part of the new table's name; functions that say the same share it. Default: the function's.
        table_name = optional(string)
        # Of a new table; a string.
        hash_key = optional(string, "id")
        # Of a new table; a string.
        range_key = optional(string)
        # "NEW_AND_OLD_IMAGES", "NEW_IMAGE", "OLD_IMAGE" or "KEYS_ONLY", of a new table.
        stream_view_type = optional(string, "NEW_AND_OLD_IMAGES")
        # Records at once, 1 to 10000.
        batch_size = optional(number, 100)
        # Seconds to wait for a full batch, 0 to 300.
        maximum_batching_window_in_seconds = optional(number, 0)
        # "LATEST" or "TRIM_HORIZON".
        starting_position = optional(string, "LATEST")
        # -1: until success or until the record expires.
        maximum_retry_attempts = optional(number, -1)
        # Halve a batch that failed.
        bisect_batch_on_function_error = optional(bool, false)
        # `["ReportBatchItemFailures"]`: the function names the first record that failed.
        function_response_types = optional(list(string), [])
      }))
      # A Kinesis data stream.
      kinesis = optional(object({
        # `false`: the stream exists. Needed only where its ARN is not known before the apply.
        create = optional(bool)
        # A stream that exists. Default: one is made, which costs by the hour.
        stream_arn = optional(string)
        # Last part of the new stream's name; functions that say the same share it. Default: the function's.
        stream_name = optional(string)
        # Records at once, 1 to 10000.
        batch_size = optional(number, 100)
        # Seconds to wait for a full batch, 0 to 300.
        maximum_batching_window_in_seconds = optional(number, 0)
        # "LATEST" or "TRIM_HORIZON".
        starting_position = optional(string, "LATEST")
        # -1: until success or until the record expires.
        maximum_retry_attempts = optional(number, -1)
        # Halve a batch that failed.
        bisect_batch_on_function_error = optional(bool, false)
        # `["ReportBatchItemFailures"]`: the function names the first record that failed.
        function_response_types = optional(list(string), [])
      }))
    }), {})
    # Make the stub function (default: `create`), or `false` where an aws_lambda_function of yours takes `stub` and `environment`.
    create = optional(bool)
    # The function's name on AWS. Default: `<name>-<stage>-<function>`.
    function_name = optional(string)
    # The stub's description. Default: how to serve it.
    description = optional(string)
    # The function's own role, e.g. `role = aws_iam_role.orders`. Default: the module makes one.
    role = optional(object({
      name = string
      arn  = string
    }))
    # Any text, the same for functions that share a role, which gets one policy for all of them. Default: the role's name. Needed only where that is not known before the apply.
    role_key = optional(string)
    # What the code may do: an IAM policy as JSON for the role that the module makes.
    policy_json = optional(string)
    # `false`: the stub's permissions are not written to the role; attach `functions[*].stub_policy_json` yourself.
    attach_policy = optional(bool, true)
    # The real function to invoke when nobody serves; without it callers get an error that names the command to run.
    fallback_arn = optional(string)
    # Key for the environment variables of the stub; its role needs kms:Decrypt, as the real function's does.
    kms_key_arn = optional(string)
    # Reserved concurrency of the stub.
    reserved_concurrent_executions = optional(number)
    # The function's layers, for the manifest: a stub has none.
    layers = optional(list(string), [])
    # Folders with what the layers hold, relative to the folder livectl serves: livectl puts them where layers are looked for.
    layer_dirs = optional(list(string), [])
    # Files below source_dir whose changes reload the function besides those that livectl finds, as patterns of .gitignore.
    watch = optional(list(string))
    # The function's VPC, for `vpn_guidance` and the manifest. A stub is not placed in it, since it needs the internet, not the database; with `place_stub_in_vpc` it is, and then its subnets need NAT, and no VPC endpoint for execute-api with private DNS, which would answer 403 for the relay. A role given needs AWSLambdaVPCAccessExecutionRole then.
    vpc_config = optional(object({
      subnet_ids         = list(string)
      security_group_ids = list(string)
      place_stub_in_vpc  = optional(bool, false)
    }))
    # "Zip". "Image" is refused: Lambda can't change a function's package type.
    package_type = optional(string, "Zip")
    # Tags of the stub, besides `tags`.
    tags = optional(map(string), {})
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for name in keys(var.functions) : can(regex("^[a-zA-Z0-9_-]{1,64}$", name))])
    error_message = "functions has a name Lambda would refuse: write letters, digits, - and _, at most 64. Unfit: ${join(", ", [for name in keys(var.functions) : name if !can(regex("^[a-zA-Z0-9_-]{1,64}$", name))])}."
  }

  validation {
    condition     = alltrue([for f in var.functions : f.package_type == "Zip"])
    error_message = "functions[*].package_type must be \"Zip\": a stub can't take the place of an image, since Lambda fixes the package type when a function is created. Leave the image function as it is and give its zip twin here. Unfit: ${join(", ", [for name, f in var.functions : name if f.package_type != "Zip"])}."
  }

  validation {
    condition     = alltrue([for f in var.functions : can(regex("^\\S{1,128}$", f.handler))])
    error_message = "functions[*].handler must be 1 to 128 characters without spaces: write e.g. \"src/orders.handler\". Unfit: ${join(", ", [for name, f in var.functions : name if !can(regex("^\\S{1,128}$", f.handler))])}."
  }

  # By its form only: a version or a family that comes out later must not stop a plan.
  validation {
    condition     = alltrue([for f in var.functions : can(regex("^[a-zA-Z][a-zA-Z0-9._-]{0,63}$", f.runtime))])
    error_message = "functions[*].runtime must be an AWS runtime identifier: write e.g. \"nodejs22.x\", \"python3.13\" or \"provided.al2023\". Invalid: ${join(", ", [for name, f in var.functions : "${name} = \"${f.runtime}\"" if !can(regex("^[a-zA-Z][a-zA-Z0-9._-]{0,63}$", f.runtime))])}."
  }

  validation {
    condition     = alltrue([for f in var.functions : f.timeout >= 1 && f.timeout <= 900 && floor(f.timeout) == f.timeout])
    error_message = "functions[*].timeout must be whole seconds from 1 to 900: write the real function's timeout. Unfit: ${join(", ", [for name, f in var.functions : "${name} = ${f.timeout}" if !(f.timeout >= 1 && f.timeout <= 900 && floor(f.timeout) == f.timeout)])}."
  }

  validation {
    condition     = alltrue([for f in var.functions : f.memory_size >= 128 && f.memory_size <= 10240 && floor(f.memory_size) == f.memory_size])
    error_message = "functions[*].memory_size must be whole MB from 128 to 10240: write the real function's memory. Unfit: ${join(", ", [for name, f in var.functions : "${name} = ${f.memory_size}" if !(f.memory_size >= 128 && f.memory_size <= 10240 && floor(f.memory_size) == f.memory_size)])}."
  }

  validation {
    condition     = alltrue([for f in var.functions : contains(["BUFFERED", "RESPONSE_STREAM"], coalesce(f.invoke_mode, "BUFFERED"))])
    error_message = "functions[*].invoke_mode must be \"BUFFERED\" or \"RESPONSE_STREAM\". Invalid: ${join(", ", [for name, f in var.functions : name if !contains(["BUFFERED", "RESPONSE_STREAM"], coalesce(f.invoke_mode, "BUFFERED"))])}."
  }

  validation {
    condition     = length([for name, f in var.functions : name if f.invoke_mode == "BUFFERED" && try(f.triggers.function_url.invoke_mode, "BUFFERED") == "RESPONSE_STREAM"]) == 0
    error_message = "functions[*].invoke_mode is \"BUFFERED\" although triggers.function_url.invoke_mode is \"RESPONSE_STREAM\": leave invoke_mode out. Invalid: ${join(", ", [for name, f in var.functions : name if f.invoke_mode == "BUFFERED" && try(f.triggers.function_url.invoke_mode, "BUFFERED") == "RESPONSE_STREAM"])}."
  }

  # https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html; all variables together: 4 KB.
  validation {
    condition = alltrue([for f in var.functions :
      sum(concat([0], [for key, value in f.environment : length(base64encode("${key}${value}")) * 3 / 4])) <= 3520
    ])
    error_message = "functions[*].environment must not exceed 3,520 bytes in one function: Lambda allows 4,096 for all variables together, and the stub's own take up to 576. Move large values to SSM Parameter Store or Secrets Manager."
  }

  validation {
    condition     = alltrue(flatten([for f in var.functions : [for key in keys(f.environment) : can(regex("^[a-zA-Z][a-zA-Z0-9_]+$", key)) && !startswith(key, "LIVE_DEBUG_")]]))
    error_message = "functions[*].environment must have names of a letter, then letters, digits and _; names that begin with LIVE_DEBUG_ are the stub's own. Rename: ${join(", ", flatten([for name, f in var.functions : [for key in keys(f.environment) : "${key} of ${name}" if !can(regex("^[a-zA-Z][a-zA-Z0-9_]+$", key)) || startswith(key, "LIVE_DEBUG_")]]))}."
  }

  validation {
    condition     = alltrue([for f in var.functions : can(regex("^[^/]", f.source_dir)) && !can(regex("^[a-zA-Z]:", f.source_dir))])
    error_message = "functions[*].source_dir must be relative to the folder livectl serves, since the manifest is for every teammate's machine: write e.g. \"services/orders\" or \".\". Unfit: ${join(", ", [for name, f in var.functions : "${name} = \"${f.source_dir}\"" if !can(regex("^[^/]", f.source_dir)) || can(regex("^[a-zA-Z]:", f.source_dir))])}."
  }

  validation {
    condition     = alltrue(flatten([for f in var.functions : [for folder in f.layer_dirs : can(regex("^[^/]", folder)) && !can(regex("^[a-zA-Z]:", folder))]]))
    error_message = "functions[*].layer_dirs must be folders relative to the one livectl serves, since the manifest is for every teammate's machine: write e.g. \"layers/shared\"; ARNs belong in \"layers\". Unfit: ${join(", ", flatten([for name, f in var.functions : [for folder in f.layer_dirs : "\"${folder}\" of ${name}" if !can(regex("^[^/]", folder)) || can(regex("^[a-zA-Z]:", folder))]]))}."
  }

  validation {
    condition     = alltrue([for f in var.functions : f.build == null ? true : length(f.build) > 0 && try(f.build[0], "") != ""])
    error_message = "functions[*].build must name a program first: write e.g. [\"go\", \"build\", \"-o\", \"bootstrap\", \".\"], or leave it out."
  }

  validation {
    condition     = alltrue([for f in var.functions : f.command == null ? true : length(f.command) > 0 && try(f.command[0], "") != ""])
    error_message = "functions[*].command must name a program first: write e.g. [\"python3\", \"-m\", \"awslambdaric\", \"app.handler\"], or leave it out."
  }

  validation {
    condition     = alltrue([for f in var.functions : contains(["auto", "external", "bundle"], coalesce(try(f.esbuild.packages, null), "auto"))])
    error_message = "functions[*].esbuild.packages must be \"auto\" (packages stay in node_modules where Node.js can load them), \"external\" (all stay) or \"bundle\"."
  }

  validation {
    condition     = alltrue([for f in var.functions : contains(["esm", "cjs"], coalesce(try(f.esbuild.format, null), "esm"))])
    error_message = "functions[*].esbuild.format must be \"esm\" or \"cjs\"; leave it out for what the source file says."
  }

  validation {
    condition     = alltrue(flatten([for f in var.functions : [for file in concat(coalesce(try(f.esbuild.inject, null), []), coalesce(try(f.esbuild.entry_points, null), []), compact([try(f.esbuild.tsconfig, null)])) : can(regex("^[^/]", file)) && !can(regex("^[a-zA-Z]:", file))]]))
    error_message = "functions[*].esbuild: inject, entry_points and tsconfig must be relative to source_dir, since the manifest is for every teammate's machine: write e.g. tsconfig = \"tsconfig.build.json\"."
  }

  validation {
    condition     = alltrue([for f in var.functions : f.function_name == null ? true : can(regex("^[a-zA-Z0-9_-]{1,64}$", f.function_name))])
    error_message = "functions[*].function_name must be a plain name of letters, digits, - and _, at most 64: write \"orders-api\", not its ARN."
  }

  validation {
    condition     = length([for f in var.functions : f.function_name if f.function_name != null]) == length(distinct([for f in var.functions : f.function_name if f.function_name != null]))
    error_message = "functions[*].function_name must differ between functions: two entries name the same function on AWS."
  }

  validation {
    condition     = alltrue([for f in var.functions : f.role == null ? true : can(regex("^arn:[^:]+:iam::\\d{12}:role/", f.role.arn))])
    error_message = "functions[*].role must be a role with its name and ARN: write role = aws_iam_role.orders, or { name = \"orders\", arn = \"arn:aws:iam::123456789012:role/orders\" }."
  }

  validation {
    condition     = length([for name, f in var.functions : name if f.role_key == null ? false : f.role == null || !can(regex("^\\S{1,64}$", f.role_key))]) == 0
    error_message = "functions[*].role_key must be 1 to 64 characters without spaces, beside a role: write the same for functions that share the role. Invalid: ${join(", ", [for name, f in var.functions : name if f.role_key == null ? false : f.role == null || !can(regex("^\\S{1,64}$", f.role_key))])}."
  }

  validation {
    condition     = alltrue([for f in var.functions : f.role == null || f.policy_json == null])
    error_message = "functions[*].policy_json is for the role that the module makes: where role is given, attach the policy to that role instead."
  }

  validation {
    condition     = alltrue([for f in var.functions : f.policy_json == null ? true : can(jsondecode(f.policy_json).Statement)])
    error_message = "functions[*].policy_json must be an IAM policy document as JSON: write jsonencode({ Version = \"2012-10-17\", Statement = [...] }) or data.aws_iam_policy_document.orders.json."
  }

  validation {
    condition     = alltrue([for f in var.functions : f.fallback_arn == null ? true : can(regex("^arn:[^:]+:lambda:[^:]+:\\d{12}:function:", f.fallback_arn))])
    error_message = "functions[*].fallback_arn must be a function's ARN: write aws_lambda_function.orders.arn, or the qualified_arn of a version."
  }

  validation {
    condition     = alltrue([for f in var.functions : f.kms_key_arn == null ? true : can(regex("^arn:[^:]+:kms:[^:]+:\\d{12}:key/", f.kms_key_arn))])
    error_message = "functions[*].kms_key_arn must be a key's ARN, not an alias or an id: write aws_kms_key.orders.arn."
  }

  # https://docs.aws.amazon.com/lambda/latest/api/API_VpcConfig.html
  validation {
    condition = alltrue([for f in var.functions : f.vpc_config == null ? true :
      length(f.vpc_config.subnet_ids) >= 1 && length(f.vpc_config.subnet_ids) <= 16 && alltrue([for id in f.vpc_config.subnet_ids : can(regex("^subnet-[0-9a-z]+$", id))])
    ])
    error_message = "functions[*].vpc_config.subnet_ids must be 1 to 16 subnet ids: write aws_subnet.private[*].id or [\"subnet-0123456789abcdef0\"], or leave vpc_config out for a function without a VPC."
  }

  validation {
    condition = alltrue([for f in var.functions : f.vpc_config == null ? true :
      length(f.vpc_config.security_group_ids) >= 1 && length(f.vpc_config.security_group_ids) <= 5 && alltrue([for id in f.vpc_config.security_group_ids : can(regex("^sg-[0-9a-zA-Z]+$", id))])
    ])
    error_message = "functions[*].vpc_config.security_group_ids must be 1 to 5 security group ids: write [aws_security_group.orders.id] or [\"sg-0123456789abcdef0\"], the function's own."
  }

  # The rules of `triggers` are those of livectl.json. What isn't known before the apply is checked then.
  validation {
    condition     = length([for name, f in var.functions : name if !can(regex("^/[^?#\\s]*$", coalesce(try(f.triggers.http.path, null), "/")))]) == 0
    error_message = "functions[*].triggers.http.path must begin with / and have no spaces, ? or #: write \"/orders/{id}\", or leave it out for /<function>. Unfit: ${join(", ", [for name, f in var.functions : name if !can(regex("^/[^?#\\s]*$", coalesce(try(f.triggers.http.path, null), "/")))])}."
  }

  validation {
    condition     = length([for name, f in var.functions : name if !contains(["ANY", "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"], try(f.triggers.http.method, "ANY"))]) == 0
    error_message = "functions[*].triggers.http.method must be \"ANY\", \"GET\", \"POST\", \"PUT\", \"PATCH\", \"DELETE\", \"HEAD\" or \"OPTIONS\". Unfit: ${join(", ", [for name, f in var.functions : name if !contains(["ANY", "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"], try(f.triggers.http.method, "ANY"))])}."
  }

  # Parameters take part in a route by their place, not by their name.
  validation {
    condition     = length(distinct([for name, f in var.functions : replace("${f.triggers.http.method} ${coalesce(f.triggers.http.path, "/${name}")}", "/\\{[^}+]*/", "{") if f.triggers.http != null])) == length([for f in var.functions : f.triggers.http if f.triggers.http != null])
    error_message = "functions[*].triggers.http must differ in path or method between functions: API Gateway refuses a route twice."
  }

  validation {
    condition     = length([for name, f in var.functions : name if !contains(["NONE", "AWS_IAM", "JWT"], try(f.triggers.http.authorization_type, "NONE"))]) == 0
    error_message = "functions[*].triggers.http.authorization_type must be \"NONE\", \"AWS_IAM\" or \"JWT\". Invalid: ${join(", ", [for name, f in var.functions : name if !contains(["NONE", "AWS_IAM", "JWT"], try(f.triggers.http.authorization_type, "NONE"))])}."
  }

  validation {
    condition     = length([for name, f in var.functions : name if try(f.triggers.http, null) == null ? false : (f.triggers.http.authorization_type == "JWT") != (f.triggers.http.jwt_configuration != null)]) == 0
    error_message = "functions[*].triggers.http.jwt_configuration must be set with authorization_type = \"JWT\", and only then: write { issuer = \"https://login.example.com\", audience = [\"orders\"] }. Invalid: ${join(", ", [for name, f in var.functions : name if try(f.triggers.http, null) == null ? false : (f.triggers.http.authorization_type == "JWT") != (f.triggers.http.jwt_configuration != null)])}."
  }

  validation {
    condition     = length([for name, f in var.functions : name if try(f.triggers.http.authorization_type, "JWT") != "JWT" && try(length(f.triggers.http.authorization_scopes), 0) > 0]) == 0
    error_message = "functions[*].triggers.http.authorization_scopes needs authorization_type = \"JWT\". Invalid: ${join(", ", [for name, f in var.functions : name if try(f.triggers.http.authorization_type, "JWT") != "JWT" && try(length(f.triggers.http.authorization_scopes), 0) > 0])}."
  }

  # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
  validation {
    condition     = length([for name, f in var.functions : name if try(f.triggers.http.jwt_configuration, null) == null ? false : !can(regex("^https://[^/?#\\s]+[^?#\\s]*$", f.triggers.http.jwt_configuration.issuer)) || length(f.triggers.http.jwt_configuration.audience) < 1 || length(f.triggers.http.jwt_configuration.audience) > 50]) == 0
    error_message = "functions[*].triggers.http.jwt_configuration must have an https issuer without a query, and 1 to 50 audiences: write { issuer = \"https://login.example.com\", audience = [\"orders\"] }. Invalid: ${join(", ", [for name, f in var.functions : name if try(f.triggers.http.jwt_configuration, null) == null ? false : !can(regex("^https://[^/?#\\s]+[^?#\\s]*$", f.triggers.http.jwt_configuration.issuer)) || length(f.triggers.http.jwt_configuration.audience) < 1 || length(f.triggers.http.jwt_configuration.audience) > 50])}."
  }

  validation {
    condition = length([for name, f in var.functions : name if try(f.triggers.http, null) == null ? false : anytrue([
      f.triggers.http.throttling_rate_limit < 1,
      f.triggers.http.throttling_rate_limit > 10000,
      f.triggers.http.throttling_burst_limit < 1,
      f.triggers.http.throttling_burst_limit > 5000,
      floor(f.triggers.http.throttling_burst_limit) != f.triggers.http.throttling_burst_limit,
    ])]) == 0
    error_message = "functions[*].triggers.http.throttling_rate_limit must be from 1 to 10000 requests per second and throttling_burst_limit a whole number from 1 to 5000. Invalid: ${join(", ", [for name, f in var.functions : name if try(f.triggers.http, null) == null ? false : anytrue([
      f.triggers.http.throttling_rate_limit < 1,
      f.triggers.http.throttling_rate_limit > 10000,
      f.triggers.http.throttling_burst_limit < 1,
      f.triggers.http.throttling_burst_limit > 5000,
      floor(f.triggers.http.throttling_burst_limit) != f.triggers.http.throttling_burst_limit,
    ])])}."
  }

  validation {
    condition     = length(distinct([for f in var.functions : f.triggers.http.cors if try(f.triggers.http.cors, null) != null])) <= 1
    error_message = "functions[*].triggers.http.cors must be the same wherever it is said: it is a property of the HTTP API, which the stage's functions share. For settings of its own, give a function a function_url."
  }

  validation {
    condition = length([for name, f in var.functions : name if anytrue([for n in [
      [try(f.triggers.http.cors.max_age, null), 0, 86400],
      [try(f.triggers.function_url.cors.max_age, null), 0, 86400],
    ] : n[0] == null ? false : n[0] < n[1] || n[0] > n[2] || floor(n[0]) != n[0]])]) == 0
    error_message = "functions[*].triggers.http.cors.max_age and function_url.cors.max_age must be whole seconds from 0 to 86400. Unfit: ${join(", ", [for name, f in var.functions : name if anytrue([for n in [
      [try(f.triggers.http.cors.max_age, null), 0, 86400],
      [try(f.triggers.function_url.cors.max_age, null), 0, 86400],
    ] : n[0] == null ? false : n[0] < n[1] || n[0] > n[2] || floor(n[0]) != n[0]])])}."
  }

  validation {
    condition = length([for name, f in var.functions : name if anytrue([for word in [
      [try(f.triggers.function_url.authorization_type, null), ["AWS_IAM", "NONE"]],
      [try(f.triggers.function_url.invoke_mode, null), ["BUFFERED", "RESPONSE_STREAM"]],
    ] : !contains(word[1], coalesce(word[0], word[1][0]))])]) == 0
    error_message = "functions[*].triggers.function_url.authorization_type must be \"AWS_IAM\" or \"NONE\", and its invoke_mode \"BUFFERED\" or \"RESPONSE_STREAM\". Unfit: ${join(", ", [for name, f in var.functions : name if anytrue([for word in [
      [try(f.triggers.function_url.authorization_type, null), ["AWS_IAM", "NONE"]],
      [try(f.triggers.function_url.invoke_mode, null), ["BUFFERED", "RESPONSE_STREAM"]],
    ] : !contains(word[1], coalesce(word[0], word[1][0]))])])}."
  }

  validation {
    condition = length([for name, f in var.functions : name if anytrue([for part in [
      try(f.triggers.sns.topic_name, null),
      try(f.triggers.sqs.queue_name, null),
      try(f.triggers.eventbridge.event_bus_name, null),
      try(f.triggers.s3.bucket_name, null),
      try(f.triggers.dynamodb.table_name, null),
      try(f.triggers.kinesis.stream_name, null),
    ] : !can(regex("^[a-zA-Z0-9_-]{1,64}$", coalesce(part, "none")))])]) == 0
    error_message = "functions[*].triggers.*.topic_name, queue_name, event_bus_name, bucket_name, table_name and stream_name must be letters, digits, - and _, at most 64: the module puts its own name and the stage before them. Unfit: ${join(", ", [for name, f in var.functions : name if anytrue([for part in [
      try(f.triggers.sns.topic_name, null),
      try(f.triggers.sqs.queue_name, null),
      try(f.triggers.eventbridge.event_bus_name, null),
      try(f.triggers.s3.bucket_name, null),
      try(f.triggers.dynamodb.table_name, null),
      try(f.triggers.kinesis.stream_name, null),
    ] : !can(regex("^[a-zA-Z0-9_-]{1,64}$", coalesce(part, "none")))])])}."
  }

  validation {
    condition     = length(distinct([for name, f in var.functions : [coalesce(f.triggers.sqs.queue_name, name), f.triggers.sqs.fifo_queue, f.triggers.sqs.visibility_timeout_seconds, f.triggers.sqs.max_receive_count] if f.triggers.sqs == null ? false : f.triggers.sqs.queue_arn == null])) == length(distinct([for name, f in var.functions : coalesce(f.triggers.sqs.queue_name, name) if f.triggers.sqs == null ? false : f.triggers.sqs.queue_arn == null]))
    error_message = "functions[*].triggers.sqs must have the same fifo_queue, visibility_timeout_seconds and max_receive_count wherever it has the same queue_name: functions that say the same share one queue."
  }

  validation {
    condition     = length(distinct([for name, f in var.functions : [coalesce(f.triggers.dynamodb.table_name, name), f.triggers.dynamodb.hash_key, f.triggers.dynamodb.range_key, f.triggers.dynamodb.stream_view_type] if f.triggers.dynamodb == null ? false : f.triggers.dynamodb.stream_arn == null])) == length(distinct([for name, f in var.functions : coalesce(f.triggers.dynamodb.table_name, name) if f.triggers.dynamodb == null ? false : f.triggers.dynamodb.stream_arn == null]))
    error_message = "functions[*].triggers.dynamodb must have the same hash_key, range_key and stream_view_type wherever it has the same table_name: functions that say the same share one table."
  }

  validation {
    condition     = length([for name, f in var.functions : name if try(f.triggers.sns.topic_arn, null) == null ? false : !can(regex("^arn:[^:]+:sns:[^:]+:\\d{12}:[^:]+$", f.triggers.sns.topic_arn))]) == 0
    error_message = "functions[*].triggers.sns.topic_arn must be an ARN of its kind: write \"arn:aws:sns:eu-west-1:123456789012:orders\". Unfit: ${join(", ", [for name, f in var.functions : name if try(f.triggers.sns.topic_arn, null) == null ? false : !can(regex("^arn:[^:]+:sns:[^:]+:\\d{12}:[^:]+$", f.triggers.sns.topic_arn))])}."
  }

  validation {
    condition     = length([for name, f in var.functions : name if try(f.triggers.sqs.queue_arn, null) == null ? false : !can(regex("^arn:[^:]+:sqs:[^:]+:\\d{12}:[^:]+$", f.triggers.sqs.queue_arn))]) == 0
    error_message = "functions[*].triggers.sqs.queue_arn must be an ARN of its kind: write \"arn:aws:sqs:eu-west-1:123456789012:orders\". Unfit: ${join(", ", [for name, f in var.functions : name if try(f.triggers.sqs.queue_arn, null) == null ? false : !can(regex("^arn:[^:]+:sqs:[^:]+:\\d{12}:[^:]+$", f.triggers.sqs.queue_arn))])}."
  }

  validation {
    condition     = length([for name, f in var.functions : name if try(f.triggers.eventbridge.event_bus_arn, null) == null ? false : !can(regex("^arn:[^:]+:events:[^:]+:\\d{12}:event-bus/", f.triggers.eventbridge.event_bus_arn))]) == 0
    error_message = "functions[*].triggers.eventbridge.event_bus_arn must be an ARN of its kind: write \"arn:aws:events:eu-west-1:123456789012:event-bus/orders\". Unfit: ${join(", ", [for name, f in var.functions : name if try(f.triggers.eventbridge.event_bus_arn, null) == null ? false : !can(regex("^arn:[^:]+:events:[^:]+:\\d{12}:event-bus/", f.triggers.eventbridge.event_bus_arn))])}."
  }

  validation {
    condition     = length([for name, f in var.functions : name if try(f.triggers.s3.bucket_arn, null) == null ? false : !can(regex("^arn:[^:]+:s3:::[^/]+$", f.triggers.s3.bucket_arn))]) == 0
    error_message = "functions[*].triggers.s3.bucket_arn must be an ARN of its kind: write \"arn:aws:s3:::orders\". Unfit: ${join(", ", [for name, f in var.functions : name if try(f.triggers.s3.bucket_arn, null) == null ? false : !can(regex("^arn:[^:]+:s3:::[^/]+$", f.triggers.s3.bucket_arn))])}."
  }

  validation {
    condition     = length([for name, f in var.functions : name if try(f.triggers.dynamodb.stream_arn, null) == null ? false : !can(regex("^arn:[^:]+:dynamodb:[^:]+:\\d{12}:table/[^/]+/stream/", f.triggers.dynamodb.stream_arn))]) == 0
    error_message = "functions[*].triggers.dynamodb.stream_arn must be an ARN of its kind: write aws_dynamodb_table.orders.stream_arn. Unfit: ${join(", ", [for name, f in var.functions : name if try(f.triggers.dynamodb.stream_arn, null) == null ? false : !can(regex("^arn:[^:]+:dynamodb:[^:]+:\\d{12}:table/[^/]+/stream/", f.triggers.dynamodb.stream_arn))])}."
  }

  validation {
    condition     = length([for name, f in var.functions : name if try(f.triggers.kinesis.stream_arn, null) == null ? false : !can(regex("^arn:[^:]+:kinesis:[^:]+:\\d{12}:stream/", f.triggers.kinesis.stream_arn))]) == 0
    error_message = "functions[*].triggers.kinesis.stream_arn must be an ARN of its kind: write \"arn:aws:kinesis:eu-west-1:123456789012:stream/orders\". Unfit: ${join(", ", [for name, f in var.functions : name if try(f.triggers.kinesis.stream_arn, null) == null ? false : !can(regex("^arn:[^:]+:kinesis:[^:]+:\\d{12}:stream/", f.triggers.kinesis.stream_arn))])}."
  }

  validation {
    condition = length([for name, f in var.functions : name if anytrue([for fields in [
      [try(f.triggers.sns.topic_arn, null), try(f.triggers.sns.topic_name, null)],
      [try(f.triggers.sqs.queue_arn, null), try(f.triggers.sqs.queue_name, null), try(f.triggers.sqs.visibility_timeout_seconds, null)],
      [try(f.triggers.eventbridge.event_bus_arn, null), try(f.triggers.eventbridge.event_bus_name, null)],
      [try(f.triggers.s3.bucket_arn, null), try(f.triggers.s3.bucket_name, null)],
      [try(f.triggers.dynamodb.stream_arn, null), try(f.triggers.dynamodb.table_name, null), try(f.triggers.dynamodb.range_key, null)],
      [try(f.triggers.kinesis.stream_arn, null), try(f.triggers.kinesis.stream_name, null)],
    ] : fields[0] == null ? false : anytrue([for new in slice(fields, 1, length(fields)) : new != null])])]) == 0
    error_message = "functions[*].triggers.*: topic_name, queue_name, visibility_timeout_seconds, event_bus_name, bucket_name, table_name, range_key and stream_name are for a new resource, and the ARN beside them names one that exists: leave one out. Unfit: ${join(", ", [for name, f in var.functions : name if anytrue([for fields in [
      [try(f.triggers.sns.topic_arn, null), try(f.triggers.sns.topic_name, null)],
      [try(f.triggers.sqs.queue_arn, null), try(f.triggers.sqs.queue_name, null), try(f.triggers.sqs.visibility_timeout_seconds, null)],
      [try(f.triggers.eventbridge.event_bus_arn, null), try(f.triggers.eventbridge.event_bus_name, null)],
      [try(f.triggers.s3.bucket_arn, null), try(f.triggers.s3.bucket_name, null)],
      [try(f.triggers.dynamodb.stream_arn, null), try(f.triggers.dynamodb.table_name, null), try(f.triggers.dynamodb.range_key, null)],
      [try(f.triggers.kinesis.stream_arn, null), try(f.triggers.kinesis.stream_name, null)],
    ] : fields[0] == null ? false : anytrue([for new in slice(fields, 1, length(fields)) : new != null])])])}."
  }

  validation {
    condition = length([for name, f in var.functions : name if anytrue([for fields in [
      [try(f.triggers.sns.create, null), try(f.triggers.sns.topic_arn, null)],
      [try(f.triggers.sqs.create, null), try(f.triggers.sqs.queue_arn, null)],
      [try(f.triggers.s3.create, null), try(f.triggers.s3.bucket_arn, null)],
      [try(f.triggers.dynamodb.create, null), try(f.triggers.dynamodb.stream_arn, null)],
      [try(f.triggers.kinesis.create, null), try(f.triggers.kinesis.stream_arn, null)],
    ] : fields[0] == null ? false : fields[0] == (fields[1] != null)])]) == 0
    error_message = "functions[*].triggers.*.create must be false beside an ARN (the resource exists) or true without one (it is made), or be left out. Unfit: ${join(", ", [for name, f in var.functions : name if anytrue([for fields in [
      [try(f.triggers.sns.create, null), try(f.triggers.sns.topic_arn, null)],
      [try(f.triggers.sqs.create, null), try(f.triggers.sqs.queue_arn, null)],
      [try(f.triggers.s3.create, null), try(f.triggers.s3.bucket_arn, null)],
      [try(f.triggers.dynamodb.create, null), try(f.triggers.dynamodb.stream_arn, null)],
      [try(f.triggers.kinesis.create, null), try(f.triggers.kinesis.stream_arn, null)],
    ] : fields[0] == null ? false : fields[0] == (fields[1] != null)])])}."
  }

  validation {
    condition = length([for name, f in var.functions : name if anytrue([for document in [
      try(f.triggers.sns.filter_policy, null),
      try(f.triggers.eventbridge.event_pattern, null),
      try(f.triggers.schedule.input, null),
    ] : !can(keys(jsondecode(coalesce(document, "{}"))))])]) == 0
    error_message = "functions[*].triggers.sns.filter_policy, eventbridge.event_pattern and schedule.input must be a JSON object as text: write jsonencode({ source = [\"shop.orders\"] }). Unfit: ${join(", ", [for name, f in var.functions : name if anytrue([for document in [
      try(f.triggers.sns.filter_policy, null),
      try(f.triggers.eventbridge.event_pattern, null),
      try(f.triggers.schedule.input, null),
    ] : !can(keys(jsondecode(coalesce(document, "{}"))))])])}."
  }

  validation {
    condition     = length([for name, f in var.functions : name if !contains(["MessageAttributes", "MessageBody"], try(f.triggers.sns.filter_policy_scope, "MessageAttributes"))]) == 0
    error_message = "functions[*].triggers.sns.filter_policy_scope must be \"MessageAttributes\" or \"MessageBody\". Unfit: ${join(", ", [for name, f in var.functions : name if !contains(["MessageAttributes", "MessageBody"], try(f.triggers.sns.filter_policy_scope, "MessageAttributes"))])}."
  }

  validation {
    condition = length([for name, f in var.functions : name if anytrue([for n in [
      [try(f.triggers.sqs.batch_size, null), 1, 10000],
      [try(f.triggers.sqs.maximum_batching_window_in_seconds, null), 0, 300],
      [try(f.triggers.sqs.visibility_timeout_seconds, null), 0, 43200],
      [try(f.triggers.sqs.max_receive_count, null), 1, 1000],
    ] : n[0] == null ? false : n[0] < n[1] || n[0] > n[2] || floor(n[0]) != n[0]])]) == 0
    error_message = "functions[*].triggers.sqs must have a batch_size from 1 to 10000, a maximum_batching_window_in_seconds from 0 to 300, a visibility_timeout_seconds from 0 to 43200 and a max_receive_count from 1 to 1000, all whole. Unfit: ${join(", ", [for name, f in var.functions : name if anytrue([for n in [
      [try(f.triggers.sqs.batch_size, null), 1, 10000],
      [try(f.triggers.sqs.maximum_batching_window_in_seconds, null), 0, 300],
      [try(f.triggers.sqs.visibility_timeout_seconds, null), 0, 43200],
      [try(f.triggers.sqs.max_receive_count, null), 1, 1000],
    ] : n[0] == null ? false : n[0] < n[1] || n[0] > n[2] || floor(n[0]) != n[0]])])}."
  }

  # https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html (BatchSize).
  validation {
    condition = length([for name, f in var.functions : name if anytrue([
      try(f.triggers.sqs.batch_size > 10 && f.triggers.sqs.maximum_batching_window_in_seconds == 0, false),
      try(f.triggers.sqs.fifo_queue && f.triggers.sqs.batch_size > 10, false),
      try(f.triggers.sqs.fifo_queue && f.triggers.sqs.maximum_batching_window_in_seconds > 0, false),
    ])]) == 0
    error_message = "functions[*].triggers.sqs.batch_size above 10 needs a maximum_batching_window_in_seconds of at least 1, and a FIFO queue takes neither. Unfit: ${join(", ", [for name, f in var.functions : name if anytrue([
      try(f.triggers.sqs.batch_size > 10 && f.triggers.sqs.maximum_batching_window_in_seconds == 0, false),
      try(f.triggers.sqs.fifo_queue && f.triggers.sqs.batch_size > 10, false),
      try(f.triggers.sqs.fifo_queue && f.triggers.sqs.maximum_batching_window_in_seconds > 0, false),
    ])])}."
  }

  validation {
    condition = length([for name, f in var.functions : name if anytrue([for types in [
      try(f.triggers.sqs.function_response_types, []),
      try(f.triggers.dynamodb.function_response_types, []),
      try(f.triggers.kinesis.function_response_types, []),
    ] : length(setsubtract(types, ["ReportBatchItemFailures"])) > 0])]) == 0
    error_message = "functions[*].triggers.*.function_response_types must be [\"ReportBatchItemFailures\"] or []. Unfit: ${join(", ", [for name, f in var.functions : name if anytrue([for types in [
      try(f.triggers.sqs.function_response_types, []),
      try(f.triggers.dynamodb.function_response_types, []),
      try(f.triggers.kinesis.function_response_types, []),
    ] : length(setsubtract(types, ["ReportBatchItemFailures"])) > 0])])}."
  }

  validation {
    condition     = length([for name, f in var.functions : name if !can(regex("^(rate\\((1 (minute|hour|day)|(\\d{2,}|[2-9]) (minutes|hours|days))\\)|cron\\(\\S+( \\S+){5}\\))$", try(f.triggers.schedule.schedule_expression, "rate(1 day)")))]) == 0
    error_message = "functions[*].triggers.schedule.schedule_expression must be a rate or six fields of cron: write \"rate(5 minutes)\" or \"cron(0 8 ? * MON-FRI *)\". Unfit: ${join(", ", [for name, f in var.functions : name if !can(regex("^(rate\\((1 (minute|hour|day)|(\\d{2,}|[2-9]) (minutes|hours|days))\\)|cron\\(\\S+( \\S+){5}\\))$", try(f.triggers.schedule.schedule_expression, "rate(1 day)")))])}."
  }

  validation {
    condition     = length([for name, f in var.functions : name if length(coalesce(try(f.triggers.s3.events, null), ["s3:"])) == 0 || !alltrue([for event in try(f.triggers.s3.events, []) : startswith(event, "s3:")])]) == 0
    error_message = "functions[*].triggers.s3.events must name events of S3: write [\"s3:ObjectCreated:*\"]. Unfit: ${join(", ", [for name, f in var.functions : name if length(coalesce(try(f.triggers.s3.events, null), ["s3:"])) == 0 || !alltrue([for event in try(f.triggers.s3.events, []) : startswith(event, "s3:")])])}."
  }

  validation {
    condition = length([for name, f in var.functions : name if anytrue([for word in [
      [try(f.triggers.dynamodb.starting_position, null), ["LATEST", "TRIM_HORIZON"]],
      [try(f.triggers.kinesis.starting_position, null), ["LATEST", "TRIM_HORIZON"]],
      [try(f.triggers.dynamodb.stream_view_type, null), ["NEW_AND_OLD_IMAGES", "NEW_IMAGE", "OLD_IMAGE", "KEYS_ONLY"]],
    ] : !contains(word[1], coalesce(word[0], word[1][0]))])]) == 0
    error_message = "functions[*].triggers.*.starting_position must be \"LATEST\" or \"TRIM_HORIZON\", and dynamodb.stream_view_type \"NEW_AND_OLD_IMAGES\", \"NEW_IMAGE\", \"OLD_IMAGE\" or \"KEYS_ONLY\". Unfit: ${join(", ", [for name, f in var.functions : name if anytrue([for word in [
      [try(f.triggers.dynamodb.starting_position, null), ["LATEST", "TRIM_HORIZON"]],
      [try(f.triggers.kinesis.starting_position, null), ["LATEST", "TRIM_HORIZON"]],
      [try(f.triggers.dynamodb.stream_view_type, null), ["NEW_AND_OLD_IMAGES", "NEW_IMAGE", "OLD_IMAGE", "KEYS_ONLY"]],
    ] : !contains(word[1], coalesce(word[0], word[1][0]))])])}."
  }

  validation {
    condition = length([for name, f in var.functions : name if anytrue([for n in [
      [try(f.triggers.dynamodb.batch_size, null), 1, 10000],
      [try(f.triggers.dynamodb.maximum_batching_window_in_seconds, null), 0, 300],
      [try(f.triggers.dynamodb.maximum_retry_attempts, null), -1, 10000],
      [try(f.triggers.kinesis.batch_size, null), 1, 10000],
      [try(f.triggers.kinesis.maximum_batching_window_in_seconds, null), 0, 300],
      [try(f.triggers.kinesis.maximum_retry_attempts, null), -1, 10000],
    ] : n[0] == null ? false : n[0] < n[1] || n[0] > n[2] || floor(n[0]) != n[0]])]) == 0
    error_message = "functions[*].triggers.dynamodb and kinesis must have a batch_size from 1 to 10000, a maximum_batching_window_in_seconds from 0 to 300 and maximum_retry_attempts from -1 to 10000, all whole. Unfit: ${join(", ", [for name, f in var.functions : name if anytrue([for n in [
      [try(f.triggers.dynamodb.batch_size, null), 1, 10000],
      [try(f.triggers.dynamodb.maximum_batching_window_in_seconds, null), 0, 300],
      [try(f.triggers.dynamodb.maximum_retry_attempts, null), -1, 10000],
      [try(f.triggers.kinesis.batch_size, null), 1, 10000],
      [try(f.triggers.kinesis.maximum_batching_window_in_seconds, null), 0, 300],
      [try(f.triggers.kinesis.maximum_retry_attempts, null), -1, 10000],
    ] : n[0] == null ? false : n[0] < n[1] || n[0] > n[2] || floor(n[0]) != n[0]])])}."
  }
}

variable "create" {
  description = "Whether the module makes the stub functions, for functions that don't say so themselves. `false`: your own aws_lambda_function resources take `stub` and `environment`."
  type        = bool
  default     = true
  nullable    = false
}

variable "own_function_names" {
  description = "Of functions with `create = false` and triggers: their names by reference, `{ orders = aws_lambda_function.orders.function_name }`, so that Terraform makes them first. Needed where both are made in one apply."
  type        = map(string)
  default     = {}
  nullable    = false
}

################################################################################
# [2] The relay
################################################################################

variable "relay" {
  description = "The `relay` output of another instance of this module in the same account and Region, to share its relay. `null`: the module makes one."
  type = object({
    url           = string
    execution_arn = string
  })
  default = null

  validation {
    condition     = var.relay == null ? true : can(regex("^(https?|wss?)://[^/]+/.", var.relay.url)) && can(regex("^arn:[^:]+:execute-api:[^:]+:\\d{12}:[^/]+/[^/]+$", var.relay.execution_arn))
    error_message = "relay must be the relay output of another instance: write relay = module.shared.relay. Its url ends in the API's stage, its execution_arn too."
  }
}

variable "throttling" {
  description = "What the relay's routes (connect, hello, keepalive) take: requests a second, and the burst above. It keeps a runaway from eating the account's 10,000 a second."
  type = object({
    rate_limit  = optional(number, 1000)
    burst_limit = optional(number, 500)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.throttling.rate_limit >= 1 && var.throttling.burst_limit >= 1 && var.throttling.burst_limit <= 5000
    error_message = "throttling must allow at least 1 request a second, and a burst from 1 to 5000: write { rate_limit = 1000, burst_limit = 500 }. To switch the stage off, write enabled = false."
  }
}

variable "access_logs" {
  description = "Log who connects to the relay, never what is said. Needs the account's API Gateway logging role (aws_api_gateway_account) to be set. `null`: no access log."
  type = object({
    retention_in_days = optional(number, 7)
    kms_key_arn       = optional(string)
  })
  default = null

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], try(coalesce(var.access_logs.retention_in_days), 7))
    error_message = "access_logs.retention_in_days must be a number of days CloudWatch Logs knows: write 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365 or one of the longer ones of its list."
  }
}

################################################################################
# The directory
################################################################################

variable "kms_key_arn" {
  description = "Customer managed key for the directory table; stubs and developers get kms:Decrypt on it through DynamoDB. `null`: the AWS managed key."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null ? true : can(regex("^arn:[^:]+:kms:[^:]+:\\d{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn must be a key's ARN, not an alias or an id: write aws_kms_key.this.arn."
  }
}

variable "point_in_time_recovery" {
  description = "Point-in-time recovery of the directory table. It holds leases of seconds and what Terraform can write again, so off."
  type        = bool
  default     = false
  nullable    = false
}

variable "secret_version" {
  description = "Any other text gives the stage a new secret: change it, e.g. to a date, when somebody who could read the secret should no longer be able to use it. Stubs prove themselves to livectl with the secret, which is random and in the state, the directory and the stubs' `LIVE_DEBUG_SECRET`."
  type        = string
  default     = "1"
  nullable    = false

  validation {
    condition     = can(regex("^\\S{1,64}$", var.secret_version))
    error_message = "secret_version must be 1 to 64 characters without spaces: write e.g. \"2\" or \"2025-06-01\"."
  }
}

################################################################################
# [1] The stubs
################################################################################

variable "stub_runtime" {
  description = "The runtime of the stubs, whatever the functions' own."
  type        = string
  default     = "nodejs22.x"
  nullable    = false

  validation {
    condition     = can(regex("^nodejs([2-9]\\d|\\d{3,})\\.x$", var.stub_runtime))
    error_message = "stub_runtime must be a Node runtime from nodejs20.x on: write \"nodejs22.x\". The function's own runtime goes into functions[*].runtime."
  }
}

variable "architecture" {
  description = "The architecture of the stubs: \"arm64\" or \"x86_64\"."
  type        = string
  default     = "arm64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture must be \"arm64\" or \"x86_64\"."
  }
}

variable "timeout_margin" {
  description = "Seconds a stub's timeout exceeds its function's, for the way to the laptop and back; together at most 900. A queue's visibility timeout must cover both."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.timeout_margin >= 0 && var.timeout_margin <= 900 && floor(var.timeout_margin) == var.timeout_margin
    error_message = "timeout_margin must be whole seconds from 0 to 900: write 5."
  }
}

variable "log_retention_in_days" {
  description = "How long the stubs' logs are kept; the code's own log lines are on the laptop."
  type        = number
  default     = 7
  nullable    = false

  validation {
    condition     = contains([0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_in_days)
    error_message = "log_retention_in_days must be a number of days CloudWatch Logs knows: write 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365 or one of the longer ones of its list, or 0 for ever."
  }
}

variable "log_kms_key_arn" {
  description = "Key for the stubs' log groups; its policy must let CloudWatch Logs use it. `null`: the service's own key."
  type        = string
  default     = null

  validation {
    condition     = var.log_kms_key_arn == null ? true : can(regex("^arn:[^:]+:kms:[^:]+:\\d{12}:key/", var.log_kms_key_arn))
    error_message = "log_kms_key_arn must be a key's ARN, not an alias or an id: write aws_kms_key.logs.arn."
  }
}

variable "tracing_mode" {
  description = "X-Ray mode of the stubs: \"Active\" or \"PassThrough\". `null`: Lambda's default."
  type        = string
  default     = null

  validation {
    condition     = var.tracing_mode == null ? true : contains(["Active", "PassThrough"], var.tracing_mode)
    error_message = "tracing_mode must be \"Active\", \"PassThrough\" or null."
  }
}

################################################################################
# IAM
################################################################################

variable "permissions_boundary" {
  description = "ARN of the policy that bounds the roles the module makes."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary == null ? true : can(regex("^arn:[^:]+:iam::(\\d{12}|aws):policy/", var.permissions_boundary))
    error_message = "permissions_boundary must be a policy's ARN: write \"arn:aws:iam::123456789012:policy/boundary\"."
  }
}

variable "create_developer_policy" {
  description = "Make a managed policy of `developer_policy_json`, named `<name>-<stage>-developer`."
  type        = bool
  default     = false
  nullable    = false
}
