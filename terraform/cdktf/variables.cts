// What the Terraform module takes and gives, typed for the construct. Generated from its variables.tf and outputs.tf by
// scripts/cdktf-construct.mjs: edit those.
import type { IResolvable } from 'cdktf';

/** One of the `functions`, in the module's own field names. */
export interface LiveDebugFunction {
  /** Where the code is: the file below `source_dir` without its extension, then the exported name. */
  readonly handler: string;
  /**
   * The function's own runtime, for example `python3.13`. livectl runs the code with it. The stub's runtime
   * is `stub_runtime`.
   */
  readonly runtime: string;
  /** The function's own timeout in seconds, 1 to 900. Its stub gets `timeout_margin` more. Default: `3`. */
  readonly timeout?: number;
  /** Memory in MB, 128 to 10240. The stub gets the same, since code can read it. Default: `128`. */
  readonly memory_size?: number;
  /**
   * `RESPONSE_STREAM`: a response is sent as it is written, to callers that can take a stream without a
   * function URL: InvokeWithResponseStream, and a REST API with `response_transfer_mode = "STREAM"`.
   * Default: the `invoke_mode` of `triggers.function_url`, or `BUFFERED`.
   */
  readonly invoke_mode?: string;
  /**
   * Of a durable function, which is an `aws_lambda_function` of yours (`create = false`): its
   * `durable_config`, for `livectl serve --local`. Seconds that an execution may take, 1 to 31,622,400, and
   * days that it is kept, 1 to 90.
   */
  readonly durable_config?: {
    readonly execution_timeout: number;
    readonly retention_period?: number;
  };
  /**
   * The alias or the version number of your own `aws_lambda_function` that the triggers and `livectl invoke`
   * call. A durable function with triggers needs one. It must exist: `own_function_names` can wait for the
   * alias. Default: none, which is `$LATEST`.
   */
  readonly qualifier?: string;
  /**
   * Environment variables. Together with the stub's own they have at most 4,096 bytes as JSON, also with
   * `create = false`. Not in the manifest. Default: `{}`.
   */
  readonly environment?: Readonly<Record<string, string>>;
  /** The function's root folder, relative to the folder that livectl serves. Default: `"."`. */
  readonly source_dir?: string;
  /**
   * Program and arguments that build the function. livectl runs them at its start and after each change of a
   * source file.
   */
  readonly build?: readonly string[];
  /**
   * Program and arguments of a process that implements the Lambda Runtime API. livectl runs it in place of
   * the runtime.
   */
  readonly command?: readonly string[];
  /** The Python interpreter that runs the code: a path or a command. Default: the project's own interpreter. */
  readonly python?: string;
  /**
   * How livectl builds TypeScript and JavaScript. docs/build.md has the settings that match CDK, SAM,
   * serverless and SST.
   */
  readonly esbuild?: {
    /**
     * `true` bundles the code, `false` runs the source files as they are. Default: TypeScript and JSX are
     * bundled.
     */
    readonly bundle?: boolean | IResolvable;
    /**
     * `auto`: packages stay in node_modules if Node.js can load them from there. `external`: all packages
     * stay. `bundle`: all packages are bundled, except native ones.
     */
    readonly packages?: string;
    /** Packages and files that are never bundled. `*` is a wildcard. */
    readonly external?: readonly string[];
    /** `esm` or `cjs`. Default: the format of the source file and its package.json. */
    readonly format?: string;
    /**
     * The JavaScript version to build for, for example `es2022`. Default: the older of the function's
     * runtime and the Node.js that runs it.
     */
    readonly target?: string;
    /** JavaScript expressions, by the global name that each replaces. */
    readonly define?: Readonly<Record<string, string>>;
    /** esbuild loaders, by file extension: `{ ".sql" = "text" }`. */
    readonly loader?: Readonly<Record<string, string>>;
    /** Files that are imported into each entry point, relative to `source_dir`. */
    readonly inject?: readonly string[];
    /** JavaScript to put at the beginning of the bundle. */
    readonly banner?: string;
    /** Packages to use, by the package that each replaces. */
    readonly alias?: Readonly<Record<string, string>>;
    /** Conditions for the exports of packages, in addition to those of Node.js. */
    readonly conditions?: readonly string[];
    /** Fields of package.json that name a package's main file. */
    readonly main_fields?: readonly string[];
    /** Whether functions and classes keep their names. Default: `true`. */
    readonly keep_names?: boolean | IResolvable;
    /** The tsconfig file, relative to `source_dir`. Default: the nearest one to each source file. */
    readonly tsconfig?: string;
    /**
     * More files to build beside the handler, relative to `source_dir`: worker threads, and files that a
     * wrapper loads.
     */
    readonly entry_points?: readonly string[];
  };
  /**
   * What invokes the function: event sources to create, or existing ones. See the fields of `triggers`
   * below. Default: `{}`.
   */
  readonly triggers?: {
    /** Routes of the stage's HTTP API. */
    readonly http?: {
      /**
       * Path of the route, for example `/orders/{id}`. The last segment may be `{proxy+}`. Default:
       * `/<function>` and everything below it.
       */
      readonly path?: string;
      /** HTTP method of the route, in capitals. Default: `"ANY"`. */
      readonly method?: string;
      /**
       * `NONE`: anybody on the internet who has the URL can call it, and so runs code on the laptop that
       * serves the stage. `AWS_IAM`: signed requests only. `JWT`: requests with a token that
       * `jwt_configuration` accepts. Default: `"NONE"`.
       */
      readonly authorization_type?: string;
      /**
       * The tokens that `JWT` accepts. `issuer` is an https URL with OpenID Connect discovery. `audience`
       * lists the accepted values of `aud`, or of `client_id` if a token has no `aud`. Each function with
       * `JWT` has its own authorizer.
       */
      readonly jwt_configuration?: {
        readonly issuer: string;
        readonly audience: readonly string[];
      };
      /** With `JWT`: scopes of which the token must have at least one. Default: `[]`. */
      readonly authorization_scopes?: readonly string[];
      /**
       * Requests per second that the route accepts on average. Further requests get status 429. Default:
       * `50`.
       */
      readonly throttling_rate_limit?: number;
      /** Requests that the route accepts at once, 1 to 5000. Default: `100`. */
      readonly throttling_burst_limit?: number;
      /** Cross-origin resource sharing, for all routes of the stage. Functions that set it must set the same. */
      readonly cors?: {
        readonly allow_origins?: readonly string[];
        readonly allow_methods?: readonly string[];
        readonly allow_headers?: readonly string[];
        readonly expose_headers?: readonly string[];
        readonly allow_credentials?: boolean | IResolvable;
        readonly max_age?: number;
      };
    };
    /** A function URL. */
    readonly function_url?: {
      /** `AWS_IAM`: signed requests only. `NONE`: anybody can call it. Default: `"AWS_IAM"`. */
      readonly authorization_type?: string;
      /** `BUFFERED`, or `RESPONSE_STREAM`: a response is sent as it is written. Default: `"BUFFERED"`. */
      readonly invoke_mode?: string;
      /** Cross-origin resource sharing, as in `aws_lambda_function_url`. */
      readonly cors?: {
        readonly allow_origins?: readonly string[];
        readonly allow_methods?: readonly string[];
        readonly allow_headers?: readonly string[];
        readonly expose_headers?: readonly string[];
        readonly allow_credentials?: boolean | IResolvable;
        readonly max_age?: number;
      };
    };
    /** A subscription to an SNS topic. */
    readonly sns?: {
      /** `false`: the topic exists. Needed only if its ARN is not known before the apply. */
      readonly create?: boolean | IResolvable;
      /** ARN of an existing topic. Default: a topic is created. */
      readonly topic_arn?: string;
      /**
       * Last part of the new topic's name. Functions that give the same name share the topic. Default: the
       * function's name.
       */
      readonly topic_name?: string;
      /** Which messages invoke the function, as JSON text: `jsonencode({ kind = ["order"] })`. */
      readonly filter_policy?: string;
      /**
       * What the filter policy matches: `MessageAttributes` or `MessageBody`. Default:
       * `"MessageAttributes"`.
       */
      readonly filter_policy_scope?: string;
    };
    /** An SQS queue. */
    readonly sqs?: {
      /** `false`: the queue exists. Needed only if its ARN is not known before the apply. */
      readonly create?: boolean | IResolvable;
      /** ARN of an existing queue. Default: a queue and its dead-letter queue are created. */
      readonly queue_arn?: string;
      /**
       * Last part of the new queue's name. Functions that give the same name share the queue, and each
       * message goes to one of them. Default: the function's name.
       */
      readonly queue_name?: string;
      /** Whether the queue is a FIFO queue. `.fifo` is added to its name. Default: `false`. */
      readonly fifo_queue?: boolean | IResolvable;
      /**
       * Messages per invocation, 1 to 10000. More than 10 need a batching window, and are not possible with
       * a FIFO queue. Default: `10`.
       */
      readonly batch_size?: number;
      /** Seconds to wait for a full batch, 0 to 300. Not possible with a FIFO queue. Default: `0`. */
      readonly maximum_batching_window_in_seconds?: number;
      /** `["ReportBatchItemFailures"]`: the function returns the messages that failed. Default: `[]`. */
      readonly function_response_types?: readonly string[];
      /**
       * Visibility timeout of a new queue in seconds. Default: six times the stub's timeout, as AWS
       * recommends.
       */
      readonly visibility_timeout_seconds?: number;
      /** Receives of a message of a new queue before it goes to the dead-letter queue. Default: `3`. */
      readonly max_receive_count?: number;
    };
    /** The events of an EventBridge bus that match a pattern. */
    readonly eventbridge?: {
      /** ARN of an existing bus. Default: the account's default bus. */
      readonly event_bus_arn?: string;
      /** Last part of a new bus's name. Functions that give the same name share the bus. */
      readonly event_bus_name?: string;
      /** Which events invoke the function, as JSON text: `jsonencode({ source = ["shop.orders"] })`. */
      readonly event_pattern: string;
    };
    /** A schedule: an EventBridge rule. */
    readonly schedule?: {
      /** `rate(5 minutes)`, or `cron(0 8 ? * MON-FRI *)` in UTC. */
      readonly schedule_expression: string;
      /** The event, as JSON text. Default: EventBridge's own event. */
      readonly input?: string;
    };
    /** Events of objects in an S3 bucket. */
    readonly s3?: {
      /** `false`: the bucket exists. Needed only if its ARN is not known before the apply. */
      readonly create?: boolean | IResolvable;
      /**
       * ARN of an existing bucket. Terraform then replaces all notifications of the bucket. Default: a
       * bucket is created.
       */
      readonly bucket_arn?: string;
      /**
       * Last part of the new bucket's name. Functions that give the same name share the bucket. Default: the
       * function's name.
       */
      readonly bucket_name?: string;
      /** The types of events. Default: `["s3:ObjectCreated:*"]`. */
      readonly events?: readonly string[];
      /** Only objects whose key begins with this text. */
      readonly filter_prefix?: string;
      /** Only objects whose key ends with this text. */
      readonly filter_suffix?: string;
      /** Whether destroying a new bucket deletes the objects in it. Default: `false`. */
      readonly force_destroy?: boolean | IResolvable;
    };
    /** The changes in a DynamoDB table, from its stream. */
    readonly dynamodb?: {
      /** `false`: the stream exists. Needed only if its ARN is not known before the apply. */
      readonly create?: boolean | IResolvable;
      /** ARN of an existing table's stream. Default: a table with a stream is created. */
      readonly stream_arn?: string;
      /**
       * Last part of the new table's name. Functions that give the same name share the table. Default: the
       * function's name.
       */
      readonly table_name?: string;
      /** Partition key of a new table, of type string. Default: `"id"`. */
      readonly hash_key?: string;
      /** Sort key of a new table, of type string. */
      readonly range_key?: string;
      /**
       * What the stream of a new table has: `NEW_AND_OLD_IMAGES`, `NEW_IMAGE`, `OLD_IMAGE` or `KEYS_ONLY`.
       * Default: `"NEW_AND_OLD_IMAGES"`.
       */
      readonly stream_view_type?: string;
      /** Records per invocation, 1 to 10000. Default: `100`. */
      readonly batch_size?: number;
      /** Seconds to wait for a full batch, 0 to 300. Default: `0`. */
      readonly maximum_batching_window_in_seconds?: number;
      /** `LATEST` or `TRIM_HORIZON`. Default: `"LATEST"`. */
      readonly starting_position?: string;
      /** Retries of a failed batch. -1: until it succeeds or its records expire. Default: `-1`. */
      readonly maximum_retry_attempts?: number;
      /** Whether a failed batch is split in two. Default: `false`. */
      readonly bisect_batch_on_function_error?: boolean | IResolvable;
      /** `["ReportBatchItemFailures"]`: the function returns the first record that failed. Default: `[]`. */
      readonly function_response_types?: readonly string[];
    };
    /** A Kinesis data stream. */
    readonly kinesis?: {
      /** `false`: the stream exists. Needed only if its ARN is not known before the apply. */
      readonly create?: boolean | IResolvable;
      /** ARN of an existing stream. Default: a stream is created, which costs money by the hour. */
      readonly stream_arn?: string;
      /**
       * Last part of the new stream's name. Functions that give the same name share the stream. Default: the
       * function's name.
       */
      readonly stream_name?: string;
      /** Records per invocation, 1 to 10000. Default: `100`. */
      readonly batch_size?: number;
      /** Seconds to wait for a full batch, 0 to 300. Default: `0`. */
      readonly maximum_batching_window_in_seconds?: number;
      /** `LATEST` or `TRIM_HORIZON`. Default: `"LATEST"`. */
      readonly starting_position?: string;
      /** Retries of a failed batch. -1: until it succeeds or its records expire. Default: `-1`. */
      readonly maximum_retry_attempts?: number;
      /** Whether a failed batch is split in two. Default: `false`. */
      readonly bisect_batch_on_function_error?: boolean | IResolvable;
      /** `["ReportBatchItemFailures"]`: the function returns the first record that failed. Default: `[]`. */
      readonly function_response_types?: readonly string[];
    };
  };
  /**
   * How the function is live. `replace`: a stub in place of its code. `wrap`: your own `aws_lambda_function`
   * keeps its code, which runs when nobody serves, and takes `layers` and `environment` of the module; for
   * managed Node.js and Python runtimes. Default: `mode` of the module.
   */
  readonly mode?: string;
  /**
   * With mode `wrap`: the wrapper script that the function has in `AWS_LAMBDA_EXEC_WRAPPER` while not live,
   * for example `/opt/datadog_wrapper`. It also runs while live.
   */
  readonly exec_wrapper?: string;
  /**
   * With mode `wrap`: when the deployed code is loaded. `eager`: in the init phase, as on Lambda. `lazy`: at
   * the first invocation that nobody serves. Default: `eager`.
   */
  readonly wrap_init?: string;
  /**
   * Whether the module creates the stub function. `false`: your own `aws_lambda_function` takes `stub` and
   * `environment`. A wrapped function is always your own. Default: `create` of the module.
   */
  readonly create?: boolean | IResolvable;
  /** The function's name on AWS. Default: `<name>-<stage>-<function>`. */
  readonly function_name?: string;
  /** The stub's description. Default: the command that serves it. */
  readonly description?: string;
  /** The function's own role, for example `role = aws_iam_role.orders`. Default: the module creates one. */
  readonly role?: {
    readonly name: string;
    readonly arn: string;
  };
  /**
   * A text that is the same for all functions that share a role; the role gets one policy for all of them.
   * Default: the role's name. Needed only if that name is not known before the apply.
   */
  readonly role_key?: string;
  /** What the code may do: an IAM policy as JSON, for the role that the module creates. */
  readonly policy_json?: string;
  /**
   * `false`: the stub's permissions are not attached to the role. Attach the output
   * `functions[*].stub_policy_json` yourself. Default: `true`.
   */
  readonly attach_policy?: boolean | IResolvable;
  /**
   * ARN of the real function, which is invoked when nobody serves. Without it, callers get an error that
   * names the command to run.
   */
  readonly fallback_arn?: string;
  /**
   * ARNs of SQS queues, DynamoDB streams and Kinesis streams that invoke the function by an event source
   * mapping of your own with `ReportBatchItemFailures`. With filters, their batches are split by record. The
   * module adds those of `triggers`. Default: `[]`.
   */
  readonly partial_failure_arns?: readonly string[];
  /**
   * ARN of a KMS key for the stub's environment variables. Its role needs `kms:Decrypt`, as the real
   * function's role does.
   */
  readonly kms_key_arn?: string;
  /** Reserved concurrency of the stub. */
  readonly reserved_concurrent_executions?: number;
  /**
   * ARNs of the function's layers, in order. A stub has none; livectl fetches them, after a question, unless
   * `layer_dirs` has their files. Default: `[]`.
   */
  readonly layers?: readonly string[];
  /**
   * Folders with the content of the layers, relative to the folder that livectl serves. The code finds it as
   * on Lambda. Default: `[]`.
   */
  readonly layer_dirs?: readonly string[];
  /** Patterns, as in .gitignore, of more files below `source_dir` whose changes reload the function. */
  readonly watch?: readonly string[];
  /**
   * The function's VPC, for `vpn_guidance` and the manifest. By default the stub is not in the VPC, since it
   * needs the internet and not the database. With `place_stub_in_vpc` it is: then its subnets need NAT, and
   * must have no VPC endpoint for execute-api with private DNS, which answers 403 for the relay. Then also
   * give your own `role` with AWSLambdaVPCAccessExecutionRole: Lambda uses it after the stub is deleted, to
   * delete the network interfaces.
   */
  readonly vpc_config?: {
    readonly subnet_ids: readonly string[];
    readonly security_group_ids: readonly string[];
    readonly place_stub_in_vpc?: boolean | IResolvable;
  };
  /**
   * `false`: the function's local code connects to private addresses from the laptop, even if the stage has
   * a `tunnel`. Default: `true`.
   */
  readonly tunnel?: boolean | IResolvable;
  /** `Zip`. `Image` is refused, since Lambda can't change a function's package type. Default: `"Zip"`. */
  readonly package_type?: string;
  /** Tags for the stub, in addition to `tags` of the module. Default: `{}`. */
  readonly tags?: Readonly<Record<string, string>>;
}

/** The `relay`, in the module's own field names. */
export interface LiveDebugRelay {
  readonly url: string;
  readonly execution_arn: string;
}

/** The `throttling`, in the module's own field names. */
export interface LiveDebugThrottling {
  readonly rate_limit?: number;
  readonly burst_limit?: number;
}

/** The `access_logs`, in the module's own field names. */
export interface LiveDebugAccessLogs {
  readonly retention_in_days?: number;
  readonly kms_key_arn?: string;
}

/** The `tunnel`, in the module's own field names. */
export interface LiveDebugTunnel {
  readonly subnet_ids: readonly string[];
  readonly security_group_ids: readonly string[];
  readonly allow?: readonly string[];
  readonly role?: {
    readonly name: string;
    readonly arn: string;
  };
  readonly others?:
    | Readonly<
        Record<
          string,
          {
            readonly subnet_ids: readonly string[];
            readonly security_group_ids: readonly string[];
            readonly allow?: readonly string[];
            readonly role?: {
              readonly name: string;
              readonly arn: string;
            };
          }
        >
      >
    | IResolvable;
}

/** The module's variables. */
export interface LiveDebugVariables {
  /**
   * Whether the stage is live. `false`: the module creates nothing, and every output is empty or null.
   * Default: `true`.
   */
  readonly enabled?: boolean | IResolvable;
  /** Name of the stage, for example `dev-tom`. One developer serves it with `livectl serve --stage dev-tom`. */
  readonly stage: string;
  /**
   * Prefix of every name, including the directory table's (`<name>-<stage>`). With another value than the
   * default, pass `--name` to livectl. IAM names are global: to have one stage in two Regions, put the
   * Region into the prefix. Default: `"live-debug"`.
   */
  readonly name?: string;
  /**
   * Words that make a stage protected. The stage's name is split into words at `-`, `_` and capitals, and
   * digits at the ends of a word are ignored: `prod` protects `prod`, `prod2`, `eu-prod` and `euProd`, but
   * not `product` or `non-prod`. Default: `["prod", "production", "prd", "live"]`.
   */
  readonly protectedStages?: readonly string[];
  /**
   * Allow a protected stage to go live. Its events, environment variables and credentials then reach a
   * laptop. Default: `false`.
   */
  readonly allowProtectedStage?: boolean | IResolvable;
  /**
   * Allow a protected stage to be observed, and nothing else: `livectl serve --observe` gets copies of
   * events and answers, and the deployed code answers every invocation. Nobody can serve the stage, also
   * with `allow_protected_stage`. All of its functions must be wrapped. No effect on stages that are not
   * protected: these can be observed anyway. Default: `false`.
   */
  readonly allowObserve?: boolean | IResolvable;
  /** Tags for every resource that supports them. Default: `{}`. */
  readonly tags?: Readonly<Record<string, string>>;
  /**
   * The functions of the stage, by name: `jsondecode(file("livectl.json")).functions`, or the same map in
   * HCL. Default: `{}`.
   */
  readonly functions?: Readonly<Record<string, LiveDebugFunction>> | IResolvable;
  /**
   * How functions are live that do not set their own `mode`. `replace`: a stub in place of the code. `wrap`:
   * your own functions keep their code, which runs when nobody serves, and take the outputs `layers` and
   * `environment`. Default: `"replace"`.
   */
  readonly mode?: string;
  /**
   * Whether the module creates the stub functions; a function's own `create` overrides it. `false`: your own
   * `aws_lambda_function` resources take `stub` and `environment`. Default: `true`.
   */
  readonly create?: boolean | IResolvable;
  /**
   * For functions with `create = false` and triggers: their names by reference, so that Terraform creates
   * them before their triggers, for example `{ orders = aws_lambda_function.orders.function_name }`. Needed
   * when one apply creates both. Default: `{}`.
   */
  readonly ownFunctionNames?: Readonly<Record<string, string>>;
  /**
   * The `relay` output of another instance of this module in the same account and Region, to share its
   * relay. `null`: the module creates a relay.
   */
  readonly relay?: LiveDebugRelay | IResolvable;
  /**
   * Limits of the relay's WebSocket API: the requests per second on its routes (connect, hello, keepalive),
   * and the burst. They keep a runaway client from using up the account's 10,000 requests per second. No
   * effect with `relay`. HTTP routes have their own limits:
   * `functions[*].triggers.http.throttling_rate_limit` and `throttling_burst_limit`. Default: `{}`.
   */
  readonly throttling?: LiveDebugThrottling | IResolvable;
  /**
   * Access logs of both APIs, without the content of any message: connections to the relay (log group
   * `/aws/apigateway/<name>-<stage>`; not with `relay`) and requests to the stage's HTTP API
   * (`/aws/vendedlogs/<name>-<stage>-http`). The relay's log needs the account's API Gateway logging role
   * (`aws_api_gateway_account`). For the HTTP API's log, the principal that runs `terraform apply` needs the
   * permissions `logs:*LogDelivery` and `logs:*ResourcePolicies`. `null`: no access logs.
   */
  readonly accessLogs?: LiveDebugAccessLogs | IResolvable;
  /**
   * ARN of a customer managed key for the directory table. Stubs and developers get `kms:Decrypt` on it
   * through DynamoDB. `null`: the AWS managed key.
   */
  readonly kmsKeyArn?: string;
  /**
   * Point-in-time recovery of the directory table. Off by default: the table has short leases and items that
   * Terraform can recreate. Default: `false`.
   */
  readonly pointInTimeRecovery?: boolean | IResolvable;
  /**
   * Change this text, for example to a date, to give the stage a new secret, when somebody who could read
   * the old one must no longer be able to use it. Stubs authenticate to livectl with the secret. It is
   * random, and stored in the state, in the directory and in the stubs' `LIVE_DEBUG_SECRET`. Default: `"1"`.
   */
  readonly secretVersion?: string;
  /**
   * A function in the VPC, `<name>-<stage>-tunnel`, through which local code reaches private addresses:
   * `livectl serve` starts it when the code connects to one. Its subnets need NAT, and its security groups
   * must let out port 443 and what the code connects to. `allow` lists where it connects to: names,
   * addresses and ranges with a port, a range of ports or `*`, for example `["db.internal:5432",
   * "10.0.0.0/16:*"]`. Default: the VPC's IPv4 CIDR blocks, all ports. `role`: your own role, which has
   * AWSLambdaVPCAccessExecutionRole. Default: the module creates one. `others`: the same for functions in
   * further VPCs, by a name: `<name>-<stage>-tunnel-<key>`. `null`: no tunnel.
   */
  readonly tunnel?: LiveDebugTunnel | IResolvable;
  /** The runtime of the stubs. It is independent of the functions' runtimes. Default: `"nodejs22.x"`. */
  readonly stubRuntime?: string;
  /** The architecture of the stubs: `arm64` or `x86_64`. Default: `"arm64"`. */
  readonly architecture?: string;
  /**
   * Seconds added to a function's timeout to get its stub's timeout, for the time to the laptop and back.
   * The sum is limited to 900. A queue's visibility timeout must cover the sum. Default: `5`.
   */
  readonly timeoutMargin?: number;
  /** Days to keep the stubs' logs. The log lines of the code itself are on the laptop. Default: `7`. */
  readonly logRetentionInDays?: number;
  /**
   * ARN of a KMS key for the stubs' log groups. Its policy must allow CloudWatch Logs. `null`: the service's
   * own key.
   */
  readonly logKmsKeyArn?: string;
  /** X-Ray tracing mode of the stubs: `Active` or `PassThrough`. `null`: Lambda's default. */
  readonly tracingMode?: string;
  /**
   * Give buckets, topics and queues that the module creates a policy that denies requests without TLS.
   * `false`: no policy. Set it if you attach your own policies to them, since each takes only one. Default:
   * `true`.
   */
  readonly tlsOnly?: boolean | IResolvable;
  /** ARN of the permissions boundary for the roles that the module creates. */
  readonly permissionsBoundary?: string;
  /**
   * Create a managed policy from `developer_policy_json`, named `<name>-<stage>-developer`. Each further 45
   * functions need one more policy, named `...-developer-2` and so on. The output `developer_policy_arns`
   * has all of them. Default: `false`.
   */
  readonly createDeveloperPolicy?: boolean | IResolvable;
}

/** The module's outputs. */
export interface LiveDebugOutputs {
  /** The command that serves the stage. null while not enabled. */
  readonly serveCommand: unknown;
  /** The stage's manifest, which livectl reads from the directory, as an object. null while not enabled. */
  readonly manifest: unknown;
  /**
   * By name: `function_name`, `function_arn`, `mode`, `timeout` in seconds while live (the stub's; a wrapped
   * function keeps its own), `response_streaming_invoke_arn` for a REST API that streams, and
   * `stub_policy_json`. For functions that the module creates also `invoke_arn`, `role_name`, `role_arn` and
   * `log_group_name`, which are null for others.
   */
  readonly functions: unknown;
  /**
   * For your own functions, while live: `filename`, `source_code_hash`, `handler`, `runtime`, `layers` (an
   * empty list) and `timeout`, which is long enough for the slowest function; `functions[*].timeout` has the
   * timeout of each. null while not enabled.
   */
  readonly stub: unknown;
  /**
   * By function: the layers to append to those of a wrapped function, for example `concat(local.layers,
   * module.live_debug.layers["orders"])`. An empty list for a replaced function, and for each function while
   * not enabled.
   */
  readonly layers: unknown;
  /**
   * By function: the environment variables that its stub or wrapper needs, to merge into the function's own.
   * If a replaced function sets `NODE_OPTIONS`, rename it to `LIVE_DEBUG_NODE_OPTIONS` while live: the stub
   * starts without the options and passes them on. `LIVE_DEBUG_SECRET` is sensitive, so a root module's
   * output of this must be sensitive too. An empty map for each function while not enabled.
   */
  readonly environment: unknown;
  /**
   * By function and source: the names, URLs and ARNs of its triggers, as in the manifest
   * (docs/terraform.md). Functions without triggers are left out.
   */
  readonly triggers: unknown;
  /**
   * `url` and `execution_arn` of the relay's stage, for the `relay` input of other instances. null while not
   * enabled.
   */
  readonly relay: unknown;
  /** IAM policy with the permissions that a developer needs to serve the stage. null while not enabled. */
  readonly developerPolicyJson: unknown;
  /**
   * ARN of the managed policy, or of the first one if there are several. null without
   * `create_developer_policy`.
   */
  readonly developerPolicyArn: unknown;
  /**
   * ARNs of all managed policies that a developer needs: one, and one more for each further 45 functions.
   * Empty without `create_developer_policy`.
   */
  readonly developerPolicyArns: unknown;
  /**
   * By name, `default` or a key of `tunnel.others`: `function_name`, `function_arn`, `vpc_id`, `allow`,
   * `role_name`, `role_arn` and `log_group_name` of the tunnel. Empty while not enabled, or without
   * `tunnel`.
   */
  readonly tunnels: unknown;
  /**
   * How to reach the functions' VPCs from a laptop, as Markdown: for each VPC its CIDR blocks, subnets, DNS
   * resolver, security groups and the rules they lack, and the steps. Empty while not enabled, or if no
   * function is in a VPC.
   */
  readonly vpnGuidance: unknown;
}

/** The variables by the module's own names. */
export function variablesOf(props: LiveDebugVariables): Record<string, unknown> {
  return {
    enabled: props.enabled,
    stage: props.stage,
    name: props.name,
    protected_stages: props.protectedStages,
    allow_protected_stage: props.allowProtectedStage,
    allow_observe: props.allowObserve,
    tags: props.tags,
    functions: props.functions,
    mode: props.mode,
    create: props.create,
    own_function_names: props.ownFunctionNames,
    relay: props.relay,
    throttling: props.throttling,
    access_logs: props.accessLogs,
    kms_key_arn: props.kmsKeyArn,
    point_in_time_recovery: props.pointInTimeRecovery,
    secret_version: props.secretVersion,
    tunnel: props.tunnel,
    stub_runtime: props.stubRuntime,
    architecture: props.architecture,
    timeout_margin: props.timeoutMargin,
    log_retention_in_days: props.logRetentionInDays,
    log_kms_key_arn: props.logKmsKeyArn,
    tracing_mode: props.tracingMode,
    tls_only: props.tlsOnly,
    permissions_boundary: props.permissionsBoundary,
    create_developer_policy: props.createDeveloperPolicy,
  };
}
