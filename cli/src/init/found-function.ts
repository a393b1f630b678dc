// What `livectl init` learns of a Lambda function from a team's configuration, whichever tool that is written for.

/** Fields of `functions[*]` in livectl.json. A value that is only known on AWS is left out. */
export type FoundSettings = Readonly<Record<string, unknown>>;

/** A function as the configuration has it. */
export interface FoundFunction {
  /** The key to propose for `functions` of livectl.json. Two functions may propose the same one. */
  readonly name: string;
  /** Where it is written: `module.api["x"].aws_lambda_function.this[0]`, `Resources.Orders of template.yaml`. */
  readonly address: string;
  /** Lambda's: relative to the package. */
  readonly handler: string;
  readonly runtime: string;
  /** Besides handler and runtime. */
  readonly settings: FoundSettings;
  /** Names of variables that are not written to a file: their values are secret, or known on AWS only. */
  readonly leftOutVariables: readonly string[];
  /** Folders that its package is made of, as the configuration writes them, the likeliest first. */
  readonly sourceFolders: readonly string[];
  /** ARNs of its layers. */
  readonly layers: readonly string[];
  /** Terraform code for its role, an object with `name` and `arn`; undefined if only an apply knows it, and in other tools. */
  readonly roleCode: string | undefined;
  /** The address of the module that creates its role beside it; undefined if the role is not its module's. */
  readonly roleModule?: string | undefined;
  /** Why it cannot be served, as a phrase: "its package is a container image". Undefined: it can. */
  readonly leftOut: string | undefined;
  /** The block of Terraform code that declares it, for the proposed change; undefined in other tools. */
  readonly block: FoundBlock | undefined;
}

/** A block of Terraform code. */
export interface FoundBlock {
  /** `module` is terraform-aws-modules/lambda or a module like it. */
  readonly kind: 'resource' | 'module';
  /** Its last label: of `resource "aws_lambda_function" "orders"` it is `orders`. */
  readonly label: string;
  /** Its address begins with this; empty in the root module. */
  readonly inModule: string;
  /** Whether it has `for_each`, whose keys are `each.key`, or `count`. */
  readonly repeated: 'for_each' | 'count' | undefined;
  /** Its key or index. */
  readonly key: string | undefined;
}

/** What was found in one configuration. */
export interface Found {
  readonly functions: readonly FoundFunction[];
  /** What could not be read, a sentence each. */
  readonly notices: readonly string[];
}

/** Why a function with `package_type = "Image"` is left out. */
export const imageReason =
  'its package is a container image, which Lambda cannot exchange for a stub or wrap; for serve --local name its program as "command", for a stage add a zip function (docs/layers.md#images)';
