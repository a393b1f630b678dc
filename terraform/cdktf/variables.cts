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
   * Environment variables: at most 3,584 bytes, so that Lambda's 4,096 leave room for the stub's own. Not in
   * the manifest. Default: `{}`.
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
  /**
   * How livectl bundles: `bundle` true or false, `packages` "external" or "bundle", `external` package
   * names.
   */
  readonly esbuild?: {
    readonly bundle?: boolean | IResolvable;
    readonly packages?: string;
    readonly external?: readonly string[];
  };
  /**
   * What invokes the function in the local cloud. The module doesn't create triggers yet: point yours at
   * `functions[*].function_arn`. Default: `{}`.
   */
  readonly triggers?: {
    readonly http?: {
      readonly path?: string;
      readonly method?: string;
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
   * The function's VPC, for `vpn_guidance` and the manifest. A stub is not placed in it, since it needs the
   * internet, not the database; with `place_stub_in_vpc` it is, and then its subnets need NAT, and no VPC
   * endpoint for execute-api with private DNS, which would answer 403 for the relay. A role given needs
   * AWSLambdaVPCAccessExecutionRole then.
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
   * Words that make a stage protected. They are compared with the words of the stage's name, which `-` and
   * `_` part: `prod` protects `prod` and `eu-prod`, not `product`. Default: `["prod", "production", "prd",
   * "live"]`.
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
   * The `relay` output of another instance of this module in the same account and Region, to share its
   * relay. `null`: the module makes one.
   */
  readonly relay?: LiveDebugRelay | IResolvable;
  /**
   * What the relay's routes (connect, hello, keepalive) take: requests a second, and the burst above. It
   * keeps a runaway from eating the account's 10,000 a second. Default: `{}`.
   */
  readonly throttling?: LiveDebugThrottling | IResolvable;
  /**
   * Log who connects to the relay, never what is said. Needs the account's API Gateway logging role
   * (aws_api_gateway_account) to be set. `null`: no access log.
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
  /** ARN of the policy that bounds the roles the module makes. */
  readonly permissionsBoundary?: string;
  /** Make a managed policy of `developer_policy_json`, named `<name>-<stage>-developer`. Default: `false`. */
  readonly createDeveloperPolicy?: boolean | IResolvable;
}

/** The module's outputs. */
export interface LiveDebugOutputs {
  /** The command that serves the stage; null while not enabled. */
  readonly serveCommand: unknown;
  /** What livectl reads from the directory, as an object; null while not enabled. */
  readonly manifest: unknown;
  /**
   * By name: `function_name`, `function_arn`, `timeout` of the stub in seconds and `stub_policy_json`; where
   * the module makes the function also `invoke_arn`, `role_name`, `role_arn` and `log_group_name`, else
   * null.
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
   * sends them on. Nothing secret. Empty while not enabled.
   */
  readonly environment: unknown;
  /** By function: the sources made for it. Empty: the module doesn't create triggers yet. */
  readonly triggers: unknown;
  /**
   * `url` and `execution_arn` of the relay's stage, for the `relay` input of other instances; null while not
   * enabled.
   */
  readonly relay: unknown;
  /** What whoever serves the stage must be allowed, as an IAM policy; null while not enabled. */
  readonly developerPolicyJson: unknown;
  /** ARN of the managed policy; null unless `create_developer_policy`. */
  readonly developerPolicyArn: unknown;
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
    relay: props.relay,
    throttling: props.throttling,
    access_logs: props.accessLogs,
    kms_key_arn: props.kmsKeyArn,
    point_in_time_recovery: props.pointInTimeRecovery,
    stub_runtime: props.stubRuntime,
    architecture: props.architecture,
    timeout_margin: props.timeoutMargin,
    log_retention_in_days: props.logRetentionInDays,
    log_kms_key_arn: props.logKmsKeyArn,
    tracing_mode: props.tracingMode,
    permissions_boundary: props.permissionsBoundary,
    create_developer_policy: props.createDeveloperPolicy,
  };
}
