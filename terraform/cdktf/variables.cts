// What the Terraform module takes and gives, typed for the construct. Generated from its variables.tf and outputs.tf by
// scripts/cdktf-construct.mjs: edit those.
import type { IResolvable } from 'cdktf';

/** One of the `functions`, in the module's own field names. */
export interface LiveDebugFunction {
  /** Where the code is: file below `source_dir` without its extension, then the exported name. */
  readonly handler: string;
  /**
   * The function's own runtime, e.g. `python3.13`: livectl runs the code with it. The stub's is
   * `stub_runtime`.
   */
  readonly runtime: string;
  /** The function's own timeout in seconds, 1 to 900; its stub gets `timeout_margin` more. Default: `3`. */
  readonly timeout?: number;
  /** MB, 128 to 10240, for the stub as for the function, since code can read it. Default: `128`. */
  readonly memory_size?: number;
  /**
   * "RESPONSE_STREAM": a response is sent as it is written to callers that take a stream without a function
   * URL, which are InvokeWithResponseStream and a REST API with `response_transfer_mode = "STREAM"`.
   * Default: as `triggers.function_url`, or "BUFFERED".
   */
  readonly invoke_mode?: string;
  /**
   * Environment variables: with the stub's own at most 4,096 bytes as JSON, also where `create` is false.
   * Not in the manifest. Default: `{}`.
   */
  readonly environment?: Readonly<Record<string, string>>;
  /** The function's root folder, relative to the folder livectl serves. Default: `"."`. */
  readonly source_dir?: string;
  /**
   * Program and arguments that build the function, for livectl: run at its start and after each change of a
   * source.
   */
  readonly build?: readonly string[];
  /** Program and arguments of a process that speaks the Lambda Runtime API, for livectl. */
  readonly command?: readonly string[];
  /**
   * The Python interpreter livectl runs the code with, a path or a command; without it the project's own is
   * looked for.
   */
  readonly python?: string;
  /** How livectl builds TypeScript and JavaScript; docs/build.md says what CDK, SAM, serverless and SST set. */
  readonly esbuild?: {
    /** `true` bundles, `false` runs the sources as they are. Default: TypeScript and JSX are bundled. */
    readonly bundle?: boolean | IResolvable;
    /**
     * "auto": packages stay in node_modules where Node.js can load them; "external": all stay; "bundle":
     * none but native ones.
     */
    readonly packages?: string;
    /** Packages and files that are never bundled; `*` is a wildcard. */
    readonly external?: readonly string[];
    /** "esm" or "cjs". Default: what the source file and its package.json say. */
    readonly format?: string;
    /** Syntax, e.g. "es2022". Default: the older of the function's runtime and the Node.js that runs it. */
    readonly target?: string;
    /** JavaScript expressions by the global names they replace. */
    readonly define?: Readonly<Record<string, string>>;
    /** esbuild's loaders by file extension: `{ ".sql" = "text" }`. */
    readonly loader?: Readonly<Record<string, string>>;
    /** Files imported into each entry point, relative to `source_dir`. */
    readonly inject?: readonly string[];
    /** JavaScript at the beginning of the bundle. */
    readonly banner?: string;
    /** Packages by the ones they replace. */
    readonly alias?: Readonly<Record<string, string>>;
    /** Conditions for the exports of packages, beside those of Node.js. */
    readonly conditions?: readonly string[];
    /** Fields of package.json that name the file of a package. */
    readonly main_fields?: readonly string[];
    /** Keep the names of functions and classes. Default: `true`. */
    readonly keep_names?: boolean | IResolvable;
    /** The tsconfig file, relative to `source_dir`. Default: the nearest one of each source. */
    readonly tsconfig?: string;
    /**
     * Further files to build beside the handler, relative to `source_dir`: threads, and what a wrapper
     * loads.
     */
    readonly entry_points?: readonly string[];
  };
  /**
   * What invokes the function: event sources to make, or to find; see the fields of `triggers` below.
   * Default: `{}`.
   */
  readonly triggers?: {
    /** Routes of the stage's HTTP API. */
    readonly http?: {
      /**
       * Path of the route, e.g. `/orders/{id}`; the last segment may be `{proxy+}`. Default: `/<function>`
       * and all below it.
       */
      readonly path?: string;
      /** HTTP method of the route, in capitals. Default: `"ANY"`. */
      readonly method?: string;
      /**
       * "NONE": anybody on the internet who has the URL may call it, and so runs code on the laptop that
       * serves the stage. "AWS_IAM": signed requests only. "JWT": tokens of `jwt_configuration` only.
       * Default: `"NONE"`.
       */
      readonly authorization_type?: string;
      /**
       * The tokens that "JWT" takes: `issuer` is an https URL with OpenID Connect discovery, `audience`
       * lists accepted values of `aud`, or of `client_id` where a token has no `aud`. Each function with
       * "JWT" has an authorizer of its own.
       */
      readonly jwt_configuration?: {
        readonly issuer: string;
        readonly audience: readonly string[];
      };
      /** With "JWT": the token must have at least one of these scopes. Default: `[]`. */
      readonly authorization_scopes?: readonly string[];
      /** Requests per second that the route accepts on average; more get 429. Default: `50`. */
      readonly throttling_rate_limit?: number;
      /** Requests that the route accepts at once, 1 to 5000. Default: `100`. */
      readonly throttling_burst_limit?: number;
      /** Cross-origin resource sharing, for all routes of the stage: functions that say it must say the same. */
      readonly cors?: {
        readonly allow_origins?: readonly string[];
        readonly allow_methods?: readonly string[];
        readonly allow_headers?: readonly string[];
        readonly expose_headers?: readonly string[];
        readonly allow_credentials?: boolean | IResolvable;
        readonly max_age?: number;
      };
    };
    /** A URL of the function's own. */
    readonly function_url?: {
      /** "AWS_IAM", or "NONE": anybody may call it. Default: `"AWS_IAM"`. */
      readonly authorization_type?: string;
      /** "BUFFERED", or "RESPONSE_STREAM": a response is sent as it is written. Default: `"BUFFERED"`. */
      readonly invoke_mode?: string;
      /** Cross-origin resource sharing, as in aws_lambda_function_url. */
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
      /** `false`: the topic exists. Needed only where its ARN is not known before the apply. */
      readonly create?: boolean | IResolvable;
      /** A topic that exists. Default: one is made. */
      readonly topic_arn?: string;
      /** Last part of the new topic's name; functions that say the same share it. Default: the function's. */
      readonly topic_name?: string;
      /** Which messages, as JSON text: `jsonencode({ kind = ["order"] })`. */
      readonly filter_policy?: string;
      /** "MessageAttributes" or "MessageBody". Default: `"MessageAttributes"`. */
      readonly filter_policy_scope?: string;
    };
    /** An SQS queue. */
    readonly sqs?: {
      /** `false`: the queue exists. Needed only where its ARN is not known before the apply. */
      readonly create?: boolean | IResolvable;
      /** A queue that exists. Default: one is made, with a dead-letter queue. */
      readonly queue_arn?: string;
      /**
       * Last part of the new queue's name; functions that say the same share it, each message going to one.
       * Default: the function's.
       */
      readonly queue_name?: string;
      /** A FIFO queue; `.fifo` is added to its name. Default: `false`. */
      readonly fifo_queue?: boolean | IResolvable;
      /** Messages at once, 1 to 10000; above 10 only with a window, and not from a FIFO queue. Default: `10`. */
      readonly batch_size?: number;
      /** Seconds to wait for a full batch, 0 to 300; not from a FIFO queue. Default: `0`. */
      readonly maximum_batching_window_in_seconds?: number;
      /** `["ReportBatchItemFailures"]`: the function names the messages that failed. Default: `[]`. */
      readonly function_response_types?: readonly string[];
      /** Of a new queue. Default: six times the stub's timeout, as AWS advises. */
      readonly visibility_timeout_seconds?: number;
      /** Of a new queue: so often a message is tried before it goes to the dead-letter queue. Default: `3`. */
      readonly max_receive_count?: number;
    };
    /** The events of an EventBridge bus that match a pattern. */
    readonly eventbridge?: {
      /** A bus that exists. Default: the account's default bus. */
      readonly event_bus_arn?: string;
      /** Last part of a new bus's name; functions that say the same share it. */
      readonly event_bus_name?: string;
      /** Which events, as JSON text: `jsonencode({ source = ["shop.orders"] })`. */
      readonly event_pattern: string;
    };
    /** The clock: an EventBridge rule. */
    readonly schedule?: {
      /** `rate(5 minutes)`, or `cron(0 8 ? * MON-FRI *)` in UTC. */
      readonly schedule_expression: string;
      /** The event instead of EventBridge's own, as JSON text. */
      readonly input?: string;
    };
    /** Objects in an S3 bucket. */
    readonly s3?: {
      /** `false`: the bucket exists. Needed only where its ARN is not known before the apply. */
      readonly create?: boolean | IResolvable;
      /**
       * A bucket that exists; its notifications become Terraform's, which replaces those it has. Default:
       * one is made.
       */
      readonly bucket_arn?: string;
      /** Last part of the new bucket's name; functions that say the same share it. Default: the function's. */
      readonly bucket_name?: string;
      /** Which events. Default: `["s3:ObjectCreated:*"]`. */
      readonly events?: readonly string[];
      /** Only of keys that begin so. */
      readonly filter_prefix?: string;
      /** Only of keys that end so. */
      readonly filter_suffix?: string;
      /** Of a new bucket: destroying it deletes the objects in it. Default: `false`. */
      readonly force_destroy?: boolean | IResolvable;
    };
    /** Changes in a DynamoDB table, by its stream. */
    readonly dynamodb?: {
      /** `false`: the stream exists. Needed only where its ARN is not known before the apply. */
      readonly create?: boolean | IResolvable;
      /** The stream of a table that exists. Default: a table with a stream is made. */
      readonly stream_arn?: string;
      /** Last part of the new table's name; functions that say the same share it. Default: the function's. */
      readonly table_name?: string;
      /** Of a new table; a string. Default: `"id"`. */
      readonly hash_key?: string;
      /** Of a new table; a string. */
      readonly range_key?: string;
      /**
       * "NEW_AND_OLD_IMAGES", "NEW_IMAGE", "OLD_IMAGE" or "KEYS_ONLY", of a new table. Default:
       * `"NEW_AND_OLD_IMAGES"`.
       */
      readonly stream_view_type?: string;
      /** Records at once, 1 to 10000. Default: `100`. */
      readonly batch_size?: number;
      /** Seconds to wait for a full batch, 0 to 300. Default: `0`. */
      readonly maximum_batching_window_in_seconds?: number;
      /** "LATEST" or "TRIM_HORIZON". Default: `"LATEST"`. */
      readonly starting_position?: string;
      /** -1: until success or until the record expires. Default: `-1`. */
      readonly maximum_retry_attempts?: number;
      /** Halve a batch that failed. Default: `false`. */
      readonly bisect_batch_on_function_error?: boolean | IResolvable;
      /** `["ReportBatchItemFailures"]`: the function names the first record that failed. Default: `[]`. */
      readonly function_response_types?: readonly string[];
    };
    /** A Kinesis data stream. */
    readonly kinesis?: {
      /** `false`: the stream exists. Needed only where its ARN is not known before the apply. */
      readonly create?: boolean | IResolvable;
      /** A stream that exists. Default: one is made, which costs by the hour. */
      readonly stream_arn?: string;
      /** Last part of the new stream's name; functions that say the same share it. Default: the function's. */
      readonly stream_name?: string;
      /** Records at once, 1 to 10000. Default: `100`. */
      readonly batch_size?: number;
      /** Seconds to wait for a full batch, 0 to 300. Default: `0`. */
      readonly maximum_batching_window_in_seconds?: number;
      /** "LATEST" or "TRIM_HORIZON". Default: `"LATEST"`. */
      readonly starting_position?: string;
      /** -1: until success or until the record expires. Default: `-1`. */
      readonly maximum_retry_attempts?: number;
      /** Halve a batch that failed. Default: `false`. */
      readonly bisect_batch_on_function_error?: boolean | IResolvable;
      /** `["ReportBatchItemFailures"]`: the function names the first record that failed. Default: `[]`. */
      readonly function_response_types?: readonly string[];
    };
  };
  /**
   * Make the stub function (default: `create`), or `false` where an aws_lambda_function of yours takes
   * `stub` and `environment`.
   */
  readonly create?: boolean | IResolvable;
  /** The function's name on AWS. Default: `<name>-<stage>-<function>`. */
  readonly function_name?: string;
  /** The stub's description. Default: how to serve it. */
  readonly description?: string;
  /** The function's own role, e.g. `role = aws_iam_role.orders`. Default: the module makes one. */
  readonly role?: {
    readonly name: string;
    readonly arn: string;
  };
  /**
   * Any text, the same for functions that share a role, which gets one policy for all of them. Default: the
   * role's name. Needed only where that is not known before the apply.
   */
  readonly role_key?: string;
  /** What the code may do: an IAM policy as JSON for the role that the module makes. */
  readonly policy_json?: string;
  /**
   * `false`: the stub's permissions are not written to the role; attach `functions[*].stub_policy_json`
   * yourself. Default: `true`.
   */
  readonly attach_policy?: boolean | IResolvable;
  /**
   * The real function to invoke when nobody serves; without it callers get an error that names the command
   * to run.
   */
  readonly fallback_arn?: string;
  /** Key for the environment variables of the stub; its role needs kms:Decrypt, as the real function's does. */
  readonly kms_key_arn?: string;
  /** Reserved concurrency of the stub. */
  readonly reserved_concurrent_executions?: number;
  /** The function's layers, for the manifest: a stub has none. Default: `[]`. */
  readonly layers?: readonly string[];
  /**
   * Folders with what the layers hold, relative to the folder livectl serves: livectl puts them where layers
   * are looked for. Default: `[]`.
   */
  readonly layer_dirs?: readonly string[];
  /**
   * Files below source_dir whose changes reload the function besides those that livectl finds, as patterns
   * of .gitignore.
   */
  readonly watch?: readonly string[];
  /**
   * The function's VPC, for `vpn_guidance` and the manifest. A stub is not placed in it, since it needs the
   * internet, not the database; with `place_stub_in_vpc` it is, and then its subnets need NAT, and no VPC
   * endpoint for execute-api with private DNS, which would answer 403 for the relay. Give a `role` of yours
   * with AWSLambdaVPCAccessExecutionRole then: Lambda uses it after the stub's end to delete the network
   * interfaces.
   */
  readonly vpc_config?: {
    readonly subnet_ids: readonly string[];
    readonly security_group_ids: readonly string[];
    readonly place_stub_in_vpc?: boolean | IResolvable;
  };
  /** "Zip". "Image" is refused: Lambda can't change a function's package type. Default: `"Zip"`. */
  readonly package_type?: string;
  /** Tags of the stub, besides `tags`. Default: `{}`. */
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

/** The module's variables. */
export interface LiveDebugVariables {
  /**
   * Whether the stage is live. `false` leaves not one resource, and every output empty or null. Default:
   * `true`.
   */
  readonly enabled?: boolean | IResolvable;
  /** The stage that one developer serves, e.g. `dev-tom`: `livectl serve --stage dev-tom`. */
  readonly stage: string;
  /**
   * Prefix of every name, the directory table's included (`<name>-<stage>`); another one must be told to
   * livectl with `--name`. IAM is global: for one stage in two Regions, put the Region into it. Default:
   * `"live-debug"`.
   */
  readonly name?: string;
  /**
   * Words that make a stage protected. They are compared with the words of the stage's name, which `-`, `_`
   * and capitals part, without numbers at their ends: `prod` protects `prod`, `prod2`, `eu-prod` and
   * `euProd`, not `product` or `non-prod`. Default: `["prod", "production", "prd", "live"]`.
   */
  readonly protectedStages?: readonly string[];
  /**
   * Go live although the stage is protected. Its events, variables and credentials then reach a laptop.
   * Default: `false`.
   */
  readonly allowProtectedStage?: boolean | IResolvable;
  /** Tags of every resource that takes them. Default: `{}`. */
  readonly tags?: Readonly<Record<string, string>>;
  /**
   * The functions of the stage by name: `jsondecode(file("livectl.json")).functions`, or the same in HCL.
   * Default: `{}`.
   */
  readonly functions?: Readonly<Record<string, LiveDebugFunction>> | IResolvable;
  /**
   * Whether the module makes the stub functions, for functions that don't say so themselves. `false`: your
   * own aws_lambda_function resources take `stub` and `environment`. Default: `true`.
   */
  readonly create?: boolean | IResolvable;
  /**
   * Of functions with `create = false` and triggers: their names by reference, `{ orders =
   * aws_lambda_function.orders.function_name }`, so that Terraform makes them first. Needed where both are
   * made in one apply. Default: `{}`.
   */
  readonly ownFunctionNames?: Readonly<Record<string, string>>;
  /**
   * The `relay` output of another instance of this module in the same account and Region, to share its
   * relay. `null`: the module makes one.
   */
  readonly relay?: LiveDebugRelay | IResolvable;
  /**
   * Limits of the relay's WebSocket API only: requests a second that its routes (connect, hello, keepalive)
   * take, and the burst above. It keeps a runaway from using the account's 10,000 a second. No effect with
   * `relay`. The limits of HTTP routes are `functions[*].triggers.http.throttling_rate_limit` and
   * `throttling_burst_limit`. Default: `{}`.
   */
  readonly throttling?: LiveDebugThrottling | IResolvable;
  /**
   * Access logs of both APIs: who connects to the relay (log group `/aws/apigateway/<name>-<stage>`; not
   * with `relay`), and the requests to the stage's HTTP API (`/aws/vendedlogs/<name>-<stage>-http`), never
   * what is said. The relay's needs the account's API Gateway logging role (aws_api_gateway_account); the
   * HTTP API's needs whoever applies to have the `logs:*LogDelivery` and `logs:*ResourcePolicies`
   * permissions. `null`: no access logs.
   */
  readonly accessLogs?: LiveDebugAccessLogs | IResolvable;
  /**
   * Customer managed key for the directory table; stubs and developers get kms:Decrypt on it through
   * DynamoDB. `null`: the AWS managed key.
   */
  readonly kmsKeyArn?: string;
  /**
   * Point-in-time recovery of the directory table. It holds leases of seconds and what Terraform can write
   * again, so off. Default: `false`.
   */
  readonly pointInTimeRecovery?: boolean | IResolvable;
  /**
   * Any other text gives the stage a new secret: change it, e.g. to a date, when somebody who could read the
   * secret should no longer be able to use it. Stubs prove themselves to livectl with the secret, which is
   * random and in the state, the directory and the stubs' `LIVE_DEBUG_SECRET`. Default: `"1"`.
   */
  readonly secretVersion?: string;
  /** The runtime of the stubs, whatever the functions' own. Default: `"nodejs22.x"`. */
  readonly stubRuntime?: string;
  /** The architecture of the stubs: "arm64" or "x86_64". Default: `"arm64"`. */
  readonly architecture?: string;
  /**
   * Seconds a stub's timeout exceeds its function's, for the way to the laptop and back; together at most
   * 900. A queue's visibility timeout must cover both. Default: `5`.
   */
  readonly timeoutMargin?: number;
  /** How long the stubs' logs are kept; the code's own log lines are on the laptop. Default: `7`. */
  readonly logRetentionInDays?: number;
  /**
   * Key for the stubs' log groups; its policy must let CloudWatch Logs use it. `null`: the service's own
   * key.
   */
  readonly logKmsKeyArn?: string;
  /** X-Ray mode of the stubs: "Active" or "PassThrough". `null`: Lambda's default. */
  readonly tracingMode?: string;
  /**
   * Buckets, topics and queues that the module creates get a policy that refuses requests without TLS.
   * `false`: they get no policy; for policies of your own on them, which would replace the module's.
   * Default: `true`.
   */
  readonly tlsOnly?: boolean | IResolvable;
  /** ARN of the policy that bounds the roles the module makes. */
  readonly permissionsBoundary?: string;
  /**
   * Create a managed policy of `developer_policy_json`, named `<name>-<stage>-developer`; above 45 functions
   * several, named `...-developer-2` and so on, all in the output `developer_policy_arns`. Default: `false`.
   */
  readonly createDeveloperPolicy?: boolean | IResolvable;
}

/** The module's outputs. */
export interface LiveDebugOutputs {
  /** The command that serves the stage; null while not enabled. */
  readonly serveCommand: unknown;
  /** What livectl reads from the directory, as an object; null while not enabled. */
  readonly manifest: unknown;
  /**
   * By name: `function_name`, `function_arn`, `timeout` of the stub in seconds,
   * `response_streaming_invoke_arn` for a REST API that streams, and `stub_policy_json`; where the module
   * makes the function also `invoke_arn`, `role_name`, `role_arn` and `log_group_name`, else null.
   */
  readonly functions: unknown;
  /**
   * For functions of your own, while live: `filename`, `source_code_hash`, `handler`, `runtime`, `layers`
   * (none) and the `timeout` that suits the slowest of them (`functions[*].timeout` has each one's). null
   * while not enabled.
   */
  readonly stub: unknown;
  /**
   * By function: the environment variables its stub needs, to be merged into its own. Where it sets
   * `NODE_OPTIONS`, name that `LIVE_DEBUG_NODE_OPTIONS` while live: the stub starts without the options and
   * sends them on. The value of `LIVE_DEBUG_SECRET` is sensitive, so a root module's output of it must be as
   * well. Empty while not enabled.
   */
  readonly environment: unknown;
  /**
   * By function and source: the names, URLs and ARNs of what invokes it, as in the manifest
   * (docs/terraform.md). Functions without triggers are left out.
   */
  readonly triggers: unknown;
  /**
   * `url` and `execution_arn` of the relay's stage, for the `relay` input of other instances; null while not
   * enabled.
   */
  readonly relay: unknown;
  /** What whoever serves the stage must be allowed, as an IAM policy; null while not enabled. */
  readonly developerPolicyJson: unknown;
  /**
   * ARN of the managed policy, of the first one where there are several; null unless
   * `create_developer_policy`.
   */
  readonly developerPolicyArn: unknown;
  /**
   * ARNs of all managed policies that a developer needs: one, and above 45 functions one more for each 45.
   * Empty unless `create_developer_policy`.
   */
  readonly developerPolicyArns: unknown;
  /**
   * How to reach the VPCs of the functions from a laptop, as Markdown: each VPC with its CIDR blocks,
   * subnets, security groups and what they lack, DNS resolver, and the steps. Empty without a function in a
   * VPC, and while not enabled.
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
    tags: props.tags,
    functions: props.functions,
    create: props.create,
    own_function_names: props.ownFunctionNames,
    relay: props.relay,
    throttling: props.throttling,
    access_logs: props.accessLogs,
    kms_key_arn: props.kmsKeyArn,
    point_in_time_recovery: props.pointInTimeRecovery,
    secret_version: props.secretVersion,
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
