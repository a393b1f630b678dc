// The schema of livectl.json. Fields are named as in the AWS provider's aws_lambda_function; scripts/schema.mjs generates
// livectl.schema.json from it for editors.
import * as v from 'valibot';
import { esbuildSchema } from './esbuild-settings.ts';
import { redactSchema } from './redact-settings.ts';
import { exampleRuntimes, runtimePattern } from './runtimes.ts';
import { fields, flag, kindOf, mustBe, text, texts, wholeNumber } from './schema-parts.ts';
import { triggersSchema } from './trigger-schema.ts';
import { tunnelSchema } from './tunnel-settings.ts';
import { mostWatchPatterns, watchPattern } from './watch-pattern.ts';
import { wrapFields } from './wrap-settings.ts';

const functionName = v.pipe(
  text,
  // https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html (FunctionName)
  v.regex(/^[a-zA-Z0-9_-]{1,64}$/, 'is not a function name: letters, digits, - and _, at most 64'),
);

const environmentName = v.pipe(
  text,
  // https://docs.aws.amazon.com/lambda/latest/api/API_Environment.html
  v.regex(
    /^[a-zA-Z][a-zA-Z0-9_]+$/,
    'is not a variable name: a letter, then letters, digits and _, at least two characters',
  ),
);

const commandLine = v.pipe(
  v.array(text, mustBe('an array of strings, the program first')),
  v.minLength(1, 'must name a program'),
);

/** Relative, since the folder is elsewhere for every teammate. */
const relativePath = /^([^/a-zA-Z]|[a-zA-Z]([^:]|$))/;

const relativeFolder = v.pipe(
  text,
  v.regex(relativePath, ({ input }) =>
    input === ''
      ? 'must name a folder'
      : `${JSON.stringify(input)} must be relative to the folder that livectl serves`,
  ),
);

/** `form` must be written as a literal (scripts/patterns.mjs). */
function idOf(form: RegExp, example: string) {
  return v.pipe(
    text,
    v.regex(form, ({ input }) => `${JSON.stringify(input)} must be an id, e.g. ${example}`),
  );
}

/** For the Terraform module only: livectl ignores these. */
const deployment = {
  create: v.optional(
    v.pipe(flag, v.description('For Terraform: false if your own aws_lambda_function takes the stub.')),
  ),
  function_name: v.optional(
    v.pipe(functionName, v.description("The function's name on AWS. Default: <name>-<stage>-<function>.")),
  ),
  description: v.optional(v.pipe(text, v.description("For Terraform: the stub's description."))),
  role: v.optional(
    v.pipe(
      v.looseObject(
        {
          name: text,
          arn: v.pipe(
            text,
            v.regex(
              /^arn:[^:]+:iam::\d{12}:role\//,
              ({ input }) => `${JSON.stringify(input)} is not the ARN of a role`,
            ),
          ),
        },
        (refusal) => (refusal.expected === 'Object' ? mustBe('an object')(refusal) : 'is required'),
      ),
      v.description("For Terraform: the function's own role. Default: the module creates one."),
    ),
  ),
  role_key: v.optional(
    v.pipe(
      text,
      v.regex(/^\S{1,64}$/, 'must be 1 to 64 characters without spaces'),
      v.description(
        'For Terraform: a text that is the same for all functions that share a role, if its name is not known before the apply.',
      ),
    ),
  ),
  policy_json: v.optional(
    v.pipe(
      text,
      v.description(
        'For Terraform: what the code may do: an IAM policy as JSON, for the role that the module creates.',
      ),
    ),
  ),
  attach_policy: v.optional(
    v.pipe(flag, v.description("For Terraform: false does not attach the stub's permissions to the role.")),
    true,
  ),
  fallback_arn: v.optional(
    v.pipe(
      text,
      v.regex(
        /^arn:[^:]+:lambda:[^:]+:\d{12}:function:/,
        ({ input }) => `${JSON.stringify(input)} is not the ARN of a function`,
      ),
      v.description('For Terraform: ARN of the real function, which is invoked when nobody serves.'),
    ),
  ),
  partial_failure_arns: v.optional(
    v.pipe(
      v.array(
        v.pipe(
          text,
          v.regex(
            /^arn:[^:]+:(sqs:[^:]+:\d{12}:[^:,]+|dynamodb:[^:]+:\d{12}:table\/[^/,]+\/stream\/[^,]+|kinesis:[^:]+:\d{12}:stream\/[^:,]+)$/,
            ({ input }) =>
              `${JSON.stringify(input)} is not the ARN of a queue, of a table's stream or of a Kinesis stream`,
          ),
        ),
        mustBe('an array of ARNs'),
      ),
      v.description(
        'For Terraform: ARNs of queues and streams whose event source mapping is your own and takes ReportBatchItemFailures. The module adds those of its own mappings.',
      ),
    ),
    [],
  ),
  kms_key_arn: v.optional(
    v.pipe(
      text,
      v.regex(
        /^arn:[^:]+:kms:[^:]+:\d{12}:key\//,
        ({ input }) => `${JSON.stringify(input)} is not the ARN of a key`,
      ),
      v.description("For Terraform: ARN of a KMS key for the stub's environment variables."),
    ),
  ),
  reserved_concurrent_executions: v.optional(
    v.pipe(
      wholeNumber(-1, 1_000_000, 'executions'),
      v.description('For Terraform: reserved concurrency of the stub.'),
    ),
  ),
  package_type: v.optional(
    v.pipe(
      v.picklist(
        ['Zip'],
        ({ input }) =>
          `must be "Zip", not ${kindOf(input)}: Lambda can't change the package type of a function. Leave it out: for serve --local name the image’s program as "command", and give a stage a copy of the function with a zip package (docs/layers.md#images)`,
      ),
      v.description('For Terraform: "Zip". A stub cannot replace a container image.'),
    ),
    'Zip',
  ),
  tags: v.optional(
    v.pipe(
      v.record(text, text, mustBe('an object of strings')),
      v.description('For Terraform: tags of the stub.'),
    ),
    {},
  ),
};

/** Arguments of aws_lambda_function that neither livectl nor the module supports, and what to do. */
const foreignFields = new Map([
  [
    'capacity_provider_config',
    ': Lambda Managed Instances run several invocations at once in one environment, which neither a stub nor a wrapped function does here. Leave the function out, or deploy the aws_lambda_function of this stage without it',
  ],
  [
    'entry_point',
    ': a Web Function is an HTTP server without a handler and without the Runtime API, which neither a stub nor a wrapper can replace. Leave it out, and run the server on your machine',
  ],
  [
    'tenancy_config',
    ': tenant isolation stays on your own aws_lambda_function, since Lambda takes it at the function’s creation only. Leave the field out here, and write create = false or mode = "wrap". Local code gets the tenant with each invocation',
  ],
  [
    'image_uri',
    ': a container image can be neither replaced nor wrapped. Keep that function as it is, and use a copy of it with a zip package here, as another aws_lambda_function. For serve --local, leave it out and name the image’s program as "command" (docs/layers.md#images)',
  ],
]);

/** One entry of `functions`. */
export const functionSchema = fields(
  {
    handler: v.pipe(
      text,
      // https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html (Handler)
      v.regex(/^\S{1,128}$/, 'must be 1 to 128 characters without spaces'),
      v.description(
        'File below source_dir without its extension, then the exported name: src/hello.handler; for Python, dots are allowed as well: src.hello.handler.',
      ),
    ),
    runtime: v.pipe(
      v.string(({ input }) => `must be the name of a Lambda runtime, not ${kindOf(input)}`),
      v.regex(
        runtimePattern,
        ({ input }) =>
          `${JSON.stringify(input)} must be an AWS runtime identifier, for example nodejs22.x or python3.13`,
      ),
      v.examples([...exampleRuntimes]),
      v.description(
        'AWS runtime identifier, e.g. nodejs22.x. Any version of nodejs*.x, python*.* and provided.* is supported; any other runtime needs a command.',
      ),
    ),
    timeout: v.optional(
      v.pipe(wholeNumber(1, 900, 'seconds'), v.description('Timeout in seconds, 1 to 900.')),
      3,
    ),
    memory_size: v.optional(
      v.pipe(wholeNumber(128, 10_240, 'MB'), v.description('Memory in MB, 128 to 10,240.')),
      128,
    ),
    invoke_mode: v.optional(
      v.pipe(
        v.picklist(['BUFFERED', 'RESPONSE_STREAM'], mustBe('"BUFFERED" or "RESPONSE_STREAM"')),
        v.description(
          'RESPONSE_STREAM sends a response as it is written to callers that can take a stream without a function URL: InvokeWithResponseStream, and a REST API with responseTransferMode STREAM. Default: that of triggers.function_url, or BUFFERED.',
        ),
      ),
    ),
    durable_config: v.optional(
      v.pipe(
        fields({
          // https://docs.aws.amazon.com/lambda/latest/api/API_DurableConfig.html
          execution_timeout: wholeNumber(1, 31_622_400, 'seconds'),
          retention_period: v.optional(wholeNumber(1, 90, 'days')),
        }),
        v.description(
          'The durable_config of a durable function, which is your own aws_lambda_function. livectl serve --local runs its executions.',
        ),
      ),
    ),
    qualifier: v.optional(
      v.pipe(
        text,
        v.regex(
          /^[a-zA-Z0-9_-]{1,128}$/,
          ({ input }) =>
            `${JSON.stringify(input)} must be an alias or a version number: Lambda takes no permissions for $LATEST`,
        ),
        v.description(
          'The alias or the version number of your own aws_lambda_function that its triggers and livectl invoke call. A durable function with triggers needs one.',
        ),
      ),
    ),
    environment: v.optional(
      v.pipe(
        v.record(environmentName, v.string(mustBe('a string')), mustBe('an object of strings')),
        v.description('Environment variables: at most 4 KB together, none that Lambda reserves.'),
      ),
      {},
    ),
    source_dir: v.optional(
      v.pipe(
        text,
        v.regex(
          relativePath,
          ({ input }) =>
            `${JSON.stringify(input)} must be relative to the folder that livectl serves; "." is that folder`,
        ),
        v.description("The function's root folder, relative to the folder that livectl serves (--root)."),
      ),
      '.',
    ),
    build: v.optional(
      v.pipe(
        commandLine,
        v.description(
          'Program and arguments that build the function, for example ["go", "build", "-o", "bootstrap", "."]. Run in source_dir without a shell, at the start and after each change of a source file. If it fails, the last good build stays in use.',
        ),
      ),
    ),
    command: v.optional(
      v.pipe(
        commandLine,
        v.description(
          'Program and arguments of a process that implements the Lambda Runtime API. Run in source_dir without a shell. Needed for runtimes other than Node.js and Python.',
        ),
      ),
    ),
    watch: v.optional(
      v.pipe(
        v.array(watchPattern, mustBe('an array of patterns')),
        v.maxLength(mostWatchPatterns),
        v.description(
          'Patterns, as in .gitignore, of more files below source_dir whose changes reload the function, e.g. ["templates/**"]. A pattern that begins with ! excludes files.',
        ),
      ),
    ),
    python: v.optional(
      v.pipe(
        text,
        v.nonEmpty('must name an interpreter'),
        v.description(
          'The interpreter of a Python function: a path relative to the folder that livectl serves, or a command. Default: the active virtual environment, .venv, venv, the environment of Poetry, Pipenv or uv, or python3.',
        ),
      ),
    ),
    layers: v.optional(
      v.pipe(
        texts,
        v.description(
          "The ARNs of the function's layers, in order. livectl serve fetches them once, after a question, unless layer_dirs has their files.",
        ),
      ),
      [],
    ),
    layer_dirs: v.optional(
      v.pipe(
        v.array(relativeFolder, mustBe("an array of folders, each with a layer's files")),
        v.description(
          "Folders with the content of the function's layers, such as nodejs/node_modules or python, relative to the folder that livectl serves, in the order of the layers.",
        ),
      ),
      [],
    ),
    esbuild: v.optional(
      v.pipe(
        esbuildSchema,
        v.description(
          'How livectl builds TypeScript and JavaScript. Default: TypeScript and JSX are bundled, plain JavaScript runs as it is.',
        ),
      ),
    ),
    vpc_config: v.optional(
      v.pipe(
        fields({
          // https://docs.aws.amazon.com/lambda/latest/api/API_VpcConfig.html
          subnet_ids: v.pipe(
            v.array(idOf(/^subnet-[0-9a-z]+$/, 'subnet-0123456789abcdef0'), mustBe('an array of strings')),
            v.minLength(1, 'must name a subnet'),
            v.maxLength(16, 'must name at most 16 subnets'),
          ),
          security_group_ids: v.pipe(
            v.array(idOf(/^sg-[0-9a-zA-Z]+$/, 'sg-0123456789abcdef0'), mustBe('an array of strings')),
            v.minLength(1, 'must name a security group'),
            v.maxLength(5, 'must name at most 5 security groups'),
          ),
          place_stub_in_vpc: v.optional(flag, false),
        }),
        v.description(
          'The function’s VPC, for the guidance of livectl vpn. By default the stub is not in it.',
        ),
      ),
    ),
    tunnel: v.optional(
      v.pipe(
        flag,
        v.description(
          'false: the local code connects to private addresses from this machine, even if the stage has a tunnel.',
        ),
      ),
      true,
    ),
    triggers: v.optional(v.pipe(triggersSchema, v.description('What invokes the function.')), {}),
    ...wrapFields,
    ...deployment,
  },
  undefined,
  foreignFields,
);

/** `livectl.json` as written; rules across fields are in manifest-rules.ts. */
export const manifestSchema = v.pipe(
  fields({
    $schema: v.optional(v.pipe(text, v.description('The schema of this file, for editors.'))),
    functions: v.pipe(
      v.record(functionName, functionSchema, mustBe('an object: one entry for each function')),
      v.minEntries(1, 'must name a function'),
      v.description(
        'The functions to serve, by name. The Terraform module takes the same value as functions.',
      ),
    ),
    tunnel: v.optional(
      v.pipe(
        tunnelSchema,
        v.description(
          'A function in the VPC through which local code reaches private addresses. The Terraform module takes the same value as tunnel.',
        ),
      ),
    ),
    redact: v.optional(redactSchema, []),
  }),
  v.title('livectl.json'),
  v.description('The functions that livectl serves and Terraform deploys.'),
);

/** One function of the manifest, with defaults. */
export type FunctionText = v.InferOutput<typeof functionSchema>;
