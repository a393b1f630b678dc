################################################################################
# The functions
################################################################################

variable "functions" {
  description = "The functions of the stage, by name, as in the module `live-debug`."
  type = map(object({
    # Where the code is: the file below `source_dir` without its extension, then the exported name.
    handler = string
    # The function's own runtime, for example `python3.13`. livectl runs the code with it. The stub's runtime is `stub_runtime`.
    runtime = string
    # The function's own timeout in seconds, 1 to 900. Its stub gets `timeout_margin` more.
    timeout = optional(number, 3)
    # Memory in MB, 128 to 10240. The stub gets the same, since code can read it.
    memory_size = optional(number, 128)
    # `RESPONSE_STREAM`: a response is sent as it is written, to callers that can take a stream without a function
    # URL: InvokeWithResponseStream, and a REST API with `response_transfer_mode = "STREAM"`. Default: the
    # `invoke_mode` of `triggers.function_url`, or `BUFFERED`.
    invoke_mode = optional(string)
    # Of a durable function, which is an `aws_lambda_function` of yours (`create = false`): its `durable_config`, for
    # `livectl serve --local`. Seconds that an execution may take, 1 to 31,622,400, and days that it is kept, 1 to 90.
    durable_config = optional(object({
      execution_timeout = number
      retention_period  = optional(number)
    }))
    # The alias or the version number of your own `aws_lambda_function` that the triggers and `livectl invoke` call. A
    # durable function with triggers needs one. It must exist: `own_function_names` can wait for the alias. Default: none,
    # which is `$LATEST`.
    qualifier = optional(string)
    # Environment variables. Together with the stub's own they have at most 4,096 bytes as JSON, also with
    # `create = false`. Not in the manifest.
    environment = optional(map(string), {})
    # The function's root folder, relative to the folder that livectl serves.
    source_dir = optional(string, ".")
    # Program and arguments that build the function. livectl runs them at its start and after each change of a source file.
    build = optional(list(string))
    # Program and arguments of a process that implements the Lambda Runtime API. livectl runs it in place of the runtime.
    command = optional(list(string))
    # The Python interpreter that runs the code: a path or a command. Default: the project's own interpreter.
    python = optional(string)
    # How livectl builds TypeScript and JavaScript. docs/build.md has the settings that match CDK, SAM, serverless and SST.
    esbuild = optional(object({
      # `true` bundles the code, `false` runs the source files as they are. Default: TypeScript and JSX are bundled.
      bundle = optional(bool)
      # `auto`: packages stay in node_modules if Node.js can load them from there. `external`: all packages stay.
      # `bundle`: all packages are bundled, except native ones.
      packages = optional(string)
      # Packages and files that are never bundled. `*` is a wildcard.
      external = optional(list(string))
      # `esm` or `cjs`. Default: the format of the source file and its package.json.
      format = optional(string)
      # The JavaScript version to build for, for example `es2022`. Default: the older of the function's runtime and
      # the Node.js that runs it.
      target = optional(string)
      # JavaScript expressions, by the global name that each replaces.
      define = optional(map(string))
      # esbuild loaders, by file extension: `{ ".sql" = "text" }`.
      loader = optional(map(string))
      # Files that are imported into each entry point, relative to `source_dir`.
      inject = optional(list(string))
      # JavaScript to put at the beginning of the bundle.
      banner = optional(string)
      # Packages to use, by the package that each replaces.
      alias = optional(map(string))
      # Conditions for the exports of packages, in addition to those of Node.js.
      conditions = optional(list(string))
      # Fields of package.json that name a package's main file.
      main_fields = optional(list(string))
      # Whether functions and classes keep their names. Default: `true`.
      keep_names = optional(bool)
      # The tsconfig file, relative to `source_dir`. Default: the nearest one to each source file.
      tsconfig = optional(string)
      # More files to build beside the handler, relative to `source_dir`: worker threads, and files that a wrapper loads.
      entry_points = optional(list(string))
    }))
    # What invokes the function: event sources to create, or existing ones. See the fields of `triggers` below.
    triggers = optional(object({
      # Routes of the stage's HTTP API.
      http = optional(object({
        # Path of the route, for example `/orders/{id}`. The last segment may be `{proxy+}`. Default: `/<function>`
        # and everything below it.
        path = optional(string)
        # HTTP method of the route, in capitals.
        method = optional(string, "ANY")
        # `NONE`: anybody on the internet who has the URL can call it, and so runs code on the laptop that serves the
        # stage. `AWS_IAM`: signed requests only. `JWT`: requests with a token that `jwt_configuration` accepts.
        authorization_type = optional(string, "NONE")
        # The tokens that `JWT` accepts. `issuer` is an https URL with OpenID Connect discovery. `audience` lists the
        # accepted values of `aud`, or of `client_id` if a token has no `aud`. Each function with `JWT` has its own
        # authorizer.
        jwt_configuration = optional(object({
          issuer   = string
          audience = list(string)
        }))
        # With `JWT`: scopes of which the token must have at least one.
        authorization_scopes = optional(list(string), [])
        # Requests per second that the route accepts on average. Further requests get status 429.
        throttling_rate_limit = optional(number, 50)
        # Requests that the route accepts at once, 1 to 5000.
        throttling_burst_limit = optional(number, 100)
        # Cross-origin resource sharing, for all routes of the stage. Functions that set it must set the same.
        cors = optional(object({
          allow_origins     = optional(list(string))
          allow_methods     = optional(list(string))
          allow_headers     = optional(list(string))
          expose_headers    = optional(list(string))
          allow_credentials = optional(bool)
          max_age           = optional(number)
        }))
      }))
      # A function URL.
      function_url = optional(object({
        # `AWS_IAM`: signed requests only. `NONE`: anybody can call it.
        authorization_type = optional(string, "AWS_IAM")
        # `BUFFERED`, or `RESPONSE_STREAM`: a response is sent as it is written.
        invoke_mode = optional(string, "BUFFERED")
        # Cross-origin resource sharing, as in `aws_lambda_function_url`.
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
        # `false`: the topic exists. Needed only if its ARN is not known before the apply.
        create = optional(bool)
        # ARN of an existing topic. Default: a topic is created.
        topic_arn = optional(string)
        # Last part of the new topic's name. Functions that give the same name share the topic. Default: the function's name.
        topic_name = optional(string)
        # Which messages invoke the function, as JSON text: `jsonencode({ kind = ["order"] })`.
        filter_policy = optional(string)
        # What the filter policy matches: `MessageAttributes` or `MessageBody`.
        filter_policy_scope = optional(string, "MessageAttributes")
      }))
      # An SQS queue.
      sqs = optional(object({
        # `false`: the queue exists. Needed only if its ARN is not known before the apply.
        create = optional(bool)
        # ARN of an existing queue. Default: a queue and its dead-letter queue are created.
        queue_arn = optional(string)
        # Last part of the new queue's name. Functions that give the same name share the queue, and each message goes
        # to one of them. Default: the function's name.
        queue_name = optional(string)
        # Whether the queue is a FIFO queue. `.fifo` is added to its name.
        fifo_queue = optional(bool, false)
        # Messages per invocation, 1 to 10000. More than 10 need a batching window, and are not possible with a FIFO queue.
        batch_size = optional(number, 10)
        # Seconds to wait for a full batch, 0 to 300. Not possible with a FIFO queue.
        maximum_batching_window_in_seconds = optional(number, 0)
        # `["ReportBatchItemFailures"]`: the function returns the messages that failed.
        function_response_types = optional(list(string), [])
        # Visibility timeout of a new queue in seconds. Default: six times the stub's timeout, as AWS recommends.
        visibility_timeout_seconds = optional(number)
        # Receives of a message of a new queue before it goes to the dead-letter queue.
        max_receive_count = optional(number, 3)
      }))
      # The events of an EventBridge bus that match a pattern.
      eventbridge = optional(object({
        # ARN of an existing bus. Default: the account's default bus.
        event_bus_arn = optional(string)
        # Last part of a new bus's name. Functions that give the same name share the bus.
        event_bus_name = optional(string)
        # Which events invoke the function, as JSON text: `jsonencode({ source = ["shop.orders"] })`.
        event_pattern = string
      }))
      # A schedule: an EventBridge rule.
      schedule = optional(object({
        # `rate(5 minutes)`, or `cron(0 8 ? * MON-FRI *)` in UTC.
        schedule_expression = string
        # The event, as JSON text. Default: EventBridge's own event.
        input = optional(string)
      }))
      # Events of objects in an S3 bucket.
      s3 = optional(object({
        # `false`: the bucket exists. Needed only if its ARN is not known before the apply.
        create = optional(bool)
        # ARN of an existing bucket. Terraform then replaces all notifications of the bucket. Default: a bucket is created.
        bucket_arn = optional(string)
        # Last part of the new bucket's name. Functions that give the same name share the bucket. Default: the function's name.
        bucket_name = optional(string)
        # The types of events.
        events = optional(list(string), ["s3:ObjectCreated:*"])
        # Only objects whose key begins with this text.
        filter_prefix = optional(string)
        # Only objects whose key ends with this text.
        filter_suffix = optional(string)
        # Whether destroying a new bucket deletes the objects in it.
        force_destroy = optional(bool, false)
      }))
      # The changes in a DynamoDB table, from its stream.
      dynamodb = optional(object({
        # `false`: the stream exists. Needed only if its ARN is not known before the apply.
        create = optional(bool)
        # ARN of an existing table's stream. Default: a table with a stream is created.
        stream_arn = optional(string)
        # Last part of the new table's name. Functions that give the same name share the table. Default: the function's name.
        table_name = optional(string)
        # Partition key of a new table, of type string.
        hash_key = optional(string, "id")
        # Sort key of a new table, of type string.
        range_key = optional(string)
        # What the stream of a new table has: `NEW_AND_OLD_IMAGES`, `NEW_IMAGE`, `OLD_IMAGE` or `KEYS_ONLY`.
        stream_view_type = optional(string, "NEW_AND_OLD_IMAGES")
        # Records per invocation, 1 to 10000.
        batch_size = optional(number, 100)
        # Seconds to wait for a full batch, 0 to 300.
        maximum_batching_window_in_seconds = optional(number, 0)
        # `LATEST` or `TRIM_HORIZON`.
        starting_position = optional(string, "LATEST")
        # Retries of a failed batch. -1: until it succeeds or its records expire.
        maximum_retry_attempts = optional(number, -1)
        # Whether a failed batch is split in two.
        bisect_batch_on_function_error = optional(bool, false)
        # `["ReportBatchItemFailures"]`: the function returns the first record that failed.
        function_response_types = optional(list(string), [])
      }))
      # A Kinesis data stream.
      kinesis = optional(object({
        # `false`: the stream exists. Needed only if its ARN is not known before the apply.
        create = optional(bool)
        # ARN of an existing stream. Default: a stream is created, which costs money by the hour.
        stream_arn = optional(string)
        # Last part of the new stream's name. Functions that give the same name share the stream. Default: the function's name.
        stream_name = optional(string)
        # Records per invocation, 1 to 10000.
        batch_size = optional(number, 100)
        # Seconds to wait for a full batch, 0 to 300.
        maximum_batching_window_in_seconds = optional(number, 0)
        # `LATEST` or `TRIM_HORIZON`.
        starting_position = optional(string, "LATEST")
        # Retries of a failed batch. -1: until it succeeds or its records expire.
        maximum_retry_attempts = optional(number, -1)
        # Whether a failed batch is split in two.
        bisect_batch_on_function_error = optional(bool, false)
        # `["ReportBatchItemFailures"]`: the function returns the first record that failed.
        function_response_types = optional(list(string), [])
      }))
    }), {})
    # How the function is live. `replace`: a stub in place of its code. `wrap`: your own `aws_lambda_function` keeps
    # its code, which runs when nobody serves, and takes `layers` and `environment` of the module; for managed Node.js
    # and Python runtimes. Default: `mode` of the module.
    mode = optional(string)
    # With mode `wrap`: the wrapper script that the function has in `AWS_LAMBDA_EXEC_WRAPPER` while not live, for
    # example `/opt/datadog_wrapper`. It also runs while live.
    exec_wrapper = optional(string)
    # With mode `wrap`: when the deployed code is loaded. `eager`: in the init phase, as on Lambda. `lazy`: at the
    # first invocation that nobody serves. Default: `eager`.
    wrap_init = optional(string)
    # Whether the module creates the stub function. `false`: your own `aws_lambda_function` takes `stub` and
    # `environment`. A wrapped function is always your own. Default: `create` of the module.
    create = optional(bool)
    # The function's name on AWS. Default: `<name>-<stage>-<function>`.
    function_name = optional(string)
    # The stub's description. Default: the command that serves it.
    description = optional(string)
    # The function's own role, for example `role = aws_iam_role.orders`. Default: the module creates one.
    role = optional(object({
      name = string
      arn  = string
    }))
    # A text that is the same for all functions that share a role; the role gets one policy for all of them. Default:
    # the role's name. Needed only if that name is not known before the apply.
    role_key = optional(string)
    # What the code may do: an IAM policy as JSON, for the role that the module creates.
    policy_json = optional(string)
    # `false`: the stub's permissions are not attached to the role. Attach the output `functions[*].stub_policy_json` yourself.
    attach_policy = optional(bool, true)
    # ARN of the real function, which is invoked when nobody serves. Without it, callers get an error that names the
    # command to run.
    fallback_arn = optional(string)
    # ARNs of SQS queues, DynamoDB streams and Kinesis streams that invoke the function by an event source mapping of your
    # own with `ReportBatchItemFailures`. With filters, their batches are split by record. The module adds those of `triggers`.
    partial_failure_arns = optional(list(string), [])
    # ARN of a KMS key for the stub's environment variables. Its role needs `kms:Decrypt`, as the real function's role does.
    kms_key_arn = optional(string)
    # Reserved concurrency of the stub.
    reserved_concurrent_executions = optional(number)
    # ARNs of the function's layers, in order. A stub has none; livectl fetches them, after a question, unless `layer_dirs` has their files.
    layers = optional(list(string), [])
    # Folders with the content of the layers, relative to the folder that livectl serves. The code finds it as on Lambda.
    layer_dirs = optional(list(string), [])
    # Patterns, as in .gitignore, of more files below `source_dir` whose changes reload the function.
    watch = optional(list(string))
    # The function's VPC, for `vpn_guidance` and the manifest. By default the stub is not in the VPC, since it needs
    # the internet and not the database. With `place_stub_in_vpc` it is: then its subnets need NAT, and must have no
    # VPC endpoint for execute-api with private DNS, which answers 403 for the relay. Then also give your own `role`
    # with AWSLambdaVPCAccessExecutionRole: Lambda uses it after the stub is deleted, to delete the network
    # interfaces.
    vpc_config = optional(object({
      subnet_ids         = list(string)
      security_group_ids = list(string)
      place_stub_in_vpc  = optional(bool, false)
    }))
    # `false`: the function's local code connects to private addresses from the laptop, even if the stage has a `tunnel`.
    tunnel = optional(bool, true)
    # `Zip`. `Image` is refused, since Lambda can't change a function's package type.
    package_type = optional(string, "Zip")
    # Tags for the stub, in addition to `tags` of the module.
    tags = optional(map(string), {})
  }))
  nullable = false
}

variable "mode" {
  description = "How functions are live that do not set their own `mode`: `replace` or `wrap`."
  type        = string
  nullable    = false
}

variable "create" {
  description = "Whether the module creates the stub functions; a function's own `create` overrides it."
  type        = bool
  nullable    = false
}

variable "timeout_margin" {
  description = "Seconds added to a function's timeout to get its stub's timeout."
  type        = number
  nullable    = false
}

variable "given" {
  description = "The same value as `functions`, before Terraform converts it: with unknown fields, and numbers as they were written."
  type        = any
  nullable    = false
}

################################################################################
# The stage
################################################################################

variable "enabled" {
  description = "Whether the stage is live. If it is not, the names of its resources are not checked."
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
