// [2] The Terraform module as a CDKTF construct: variables in, outputs out, no logic of its own. CommonJS, as CDKTF
// projects are.
import { join } from 'node:path';
import {
  AssetType,
  type IResolvable,
  TerraformAsset,
  TerraformHclModule,
  type TerraformModuleUserConfig,
  Token,
} from 'cdktf';
import type { Construct } from 'constructs';
import { type LiveDebugOutputs, type LiveDebugVariables, variablesOf } from './variables.cts';

export type {
  LiveDebugAccessLogs,
  LiveDebugFunction,
  LiveDebugRelay,
  LiveDebugThrottling,
  LiveDebugVariables,
} from './variables.cts';

/** The module's variables in camelCase; the fields of an object keep the module's names, as in `livectl.json`. */
export interface LiveDebugProps extends LiveDebugVariables, TerraformModuleUserConfig {
  /**
   * Where Terraform finds the module, as in a module block. Default: the module inside this npm package, copied into the
   * synthesized stack.
   */
  readonly source?: string;
  /** The module's version, where `source` is a registry's. */
  readonly version?: string;
}

/** What a function of your own takes while live. */
export interface LiveDebugStub {
  readonly filename: string;
  readonly source_code_hash: string;
  readonly handler: string;
  readonly runtime: string;
  readonly layers: string[];
  /** Seconds that suit the slowest of the functions; each one's own is in `functions.get(name).timeout`. */
  readonly timeout: number;
}

/** One function of the stage as it is on AWS. */
export interface LiveDebugFunctionOutput {
  readonly function_name: string;
  readonly function_arn: string;
  /** `replace` or `wrap`. */
  readonly mode: string;
  /** While live, in seconds: of the stub; a wrapped function keeps its own. */
  readonly timeout: number;
  readonly stub_policy_json: string;
  /** For the integration of a REST API that streams (`response_transfer_mode = "STREAM"`). */
  readonly response_streaming_invoke_arn: string;
  /** This and the following are null where the function is your own; the role is known where it was given. */
  readonly invoke_arn: string;
  readonly role_name: string;
  readonly role_arn: string;
  readonly log_group_name: string;
}

/** What the module has for each function, by the function's name in `functions`. */
export interface ByFunction<T> {
  get(name: string): T;
}

/** A stage with its relay, directory and stub functions: the Terraform module `live-debug`. */
export class LiveDebug extends TerraformHclModule implements LiveDebugOutputs {
  constructor(scope: Construct, id: string, props: LiveDebugProps) {
    const module = props.source === undefined ? packagedModule(scope, id) : { source: props.source };
    super(scope, id, { ...props, ...module, variables: variablesOf(props) });
  }

  get serveCommand(): string {
    return this.getString('serve_command');
  }

  get manifest(): IResolvable {
    return this.interpolationForOutput('manifest');
  }

  get functions(): ByFunction<LiveDebugFunctionOutput> {
    return { get: (name) => functionOutput(this, `functions["${name}"]`) };
  }

  get stub(): LiveDebugStub {
    return {
      filename: this.getString('stub.filename'),
      source_code_hash: this.getString('stub.source_code_hash'),
      handler: this.getString('stub.handler'),
      runtime: this.getString('stub.runtime'),
      layers: this.getList('stub.layers'),
      timeout: this.getNumber('stub.timeout'),
    };
  }

  get layers(): ByFunction<string[]> {
    return { get: (name) => this.getList(`layers["${name}"]`) };
  }

  get environment(): ByFunction<Record<string, string>> {
    return { get: (name) => Token.asStringMap(this.interpolationForOutput(`environment["${name}"]`)) };
  }

  get triggers(): IResolvable {
    return this.interpolationForOutput('triggers');
  }

  get relay(): IResolvable {
    return this.interpolationForOutput('relay');
  }

  get developerPolicyJson(): string {
    return this.getString('developer_policy_json');
  }

  get developerPolicyArn(): string {
    return this.getString('developer_policy_arn');
  }

  get developerPolicyArns(): string[] {
    return this.getList('developer_policy_arns');
  }

  get tunnels(): IResolvable {
    return this.interpolationForOutput('tunnels');
  }

  get vpnGuidance(): string {
    return this.getString('vpn_guidance');
  }
}

function functionOutput(module: TerraformHclModule, output: string): LiveDebugFunctionOutput {
  return {
    function_name: module.getString(`${output}.function_name`),
    function_arn: module.getString(`${output}.function_arn`),
    mode: module.getString(`${output}.mode`),
    timeout: module.getNumber(`${output}.timeout`),
    stub_policy_json: module.getString(`${output}.stub_policy_json`),
    response_streaming_invoke_arn: module.getString(`${output}.response_streaming_invoke_arn`),
    invoke_arn: module.getString(`${output}.invoke_arn`),
    role_name: module.getString(`${output}.role_name`),
    role_arn: module.getString(`${output}.role_arn`),
    log_group_name: module.getString(`${output}.log_group_name`),
  };
}

/**
 * The module as an asset of the stack, so that the synthesized stack carries all it needs to another machine or to HCP
 * Terraform.
 */
function packagedModule(scope: Construct, id: string) {
  // The same from here and from dist/cdktf/.
  const path = join(__dirname, '../../terraform/modules/live-debug');
  const asset = new TerraformAsset(scope, `${id}_module`, { path, type: AssetType.DIRECTORY });
  return { source: `./${asset.path}`, skipAssetCreationFromLocalModules: true };
}
