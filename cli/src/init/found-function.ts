// What `livectl init` learns of a Lambda function from a team's configuration, whichever tool that is written for.
import type { FunctionText } from '../manifest/manifest-schema.ts';

/** Fields of `livectl.json` that a configuration can give. A value that is only known on AWS is left out. */
export type FoundSettings = Partial<
  Pick<
    FunctionText,
    | 'handler'
    | 'runtime'
    | 'timeout'
    | 'memory_size'
    | 'function_name'
    | 'environment'
    | 'triggers'
    | 'vpc_config'
    | 'build'
    | 'watch'
  >
>;

/** A function as the configuration has it: its handler is Lambda's, relative to the package. */
export interface FoundFunction {
  /** The key to propose for `functions` of livectl.json. Two functions may propose the same one. */
  readonly name: string;
  /** Where it is written: `module.api["x"].aws_lambda_function.this[0]`, `Resources.Orders of template.yaml`. */
  readonly address: string;
  readonly settings: FoundSettings;
  /** Names of variables whose values are only known on AWS; the value comes from there when it is served. */
  readonly unknownVariables: readonly string[];
  /** Absolute folders that its handler may be relative to, the likeliest first. Empty: nothing names one. */
  readonly sourceFolders: readonly string[];
  /** ARNs of its layers. */
  readonly layers: readonly string[];
  /** Why it cannot be served, as a phrase: "its package is a container image". Undefined: it can. */
  readonly leftOut: string | undefined;
  /** The block of Terraform code that declares it, for the proposed change; undefined in other tools. */
  readonly block: FoundBlock | undefined;
}

/** A block of Terraform code. */
export interface FoundBlock {
  /** `lambda-module` is terraform-aws-modules/lambda. */
  readonly kind: 'resource' | 'lambda-module';
  /** Its labels: `["aws_lambda_function", "orders"]` or `["orders_lambda"]`. */
  readonly labels: readonly string[];
  /** The absolute .tf file, if it was found in the root module or a local one. */
  readonly file: string | undefined;
  /** The key of `for_each` or the index of `count`, if the block has either. */
  readonly key: string | number | undefined;
}

/** What one reader found. */
export interface Found {
  /** What was read, for messages: `terraform show -json (plan.json)`, `template.yaml`. */
  readonly source: string;
  readonly functions: readonly FoundFunction[];
  /** What could not be read, a sentence each. */
  readonly notices: readonly string[];
}
