################################################################################
# The functions
################################################################################

variable "functions" {
  description = "The functions of the stage by name, as the module `live-debug` is given them."
  type = map(object({
    # Where the code is: file below `source_dir` without its extension, then the exported name.
    handler = string
    # The function's own runtime, e.g. `python3.13`: livectl runs the code with it. The stub's is `stub_runtime`.
    runtime = string
    # The function's own timeout in seconds, 1 to 900; its stub gets `timeout_margin` more.
    timeout = optional(number, 3)
    # MB, 128 to 10240, for the stub as for the function, since code can read it.
    memory_size = optional(number, 128)
    # "RESPONSE_STREAM": a response is sent as it is written to callers that take a stream without a function URL,
    # which are InvokeWithResponseStream and a REST API with `response_transfer_mode = "STREAM"`. Default: as
    # `triggers.function_url`, or "BUFFERED".
    invoke_mode = optional(string)
    # Environment variables: with the stub's own at most 4,096 bytes as JSON, also where `create` is false. Not in the manifest.
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
        # "NONE": anybody on the internet who has the URL may call it, and so runs code on the laptop that serves the
        # stage. "AWS_IAM": signed requests only. "JWT": tokens of `jwt_configuration` only.
        authorization_type = optional(string, "NONE")
        # The tokens that "JWT" takes: `issuer` is an https URL with OpenID Connect discovery, `audience` lists
        # accepted values of `aud`, or of `client_id` where a token has no `aud`. Each function with "JWT" has an
        # authorizer of its own.
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
    # Any text, the same for functions that share a role, which gets one policy for all of them. Default: the role's
    # name. Needed only where that is not known before the apply.
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
    # The function's VPC, for `vpn_guidance` and the manifest. A stub is not placed in it, since it needs the
    # internet, not the database; with `place_stub_in_vpc` it is, and then its subnets need NAT, and no VPC endpoint
    # for execute-api with private DNS, which would answer 403 for the relay. Give a `role` of yours with
    # AWSLambdaVPCAccessExecutionRole then: Lambda uses it after the stub's end to delete the network interfaces.
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
  nullable = false
}

variable "create" {
  description = "Whether the module creates the stub functions, for functions that don't say so themselves."
  type        = bool
  nullable    = false
}

variable "timeout_margin" {
  description = "Seconds a stub's timeout exceeds its function's."
  type        = number
  nullable    = false
}

################################################################################
# The stage
################################################################################

variable "enabled" {
  description = "Whether the stage is live. While it isn't, the names that it would have are not checked."
  type        = bool
  nullable    = false
}

variable "name" {
  description = "Prefix of every name."
  type        = string
  nullable    = false
}

variable "stage" {
  description = "The stage's name."
  type        = string
  nullable    = false
}
