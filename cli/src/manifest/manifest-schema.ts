// The schema of livectl.json. Field names are those of the AWS provider's aws_lambda_function; scripts/schema.mjs
// makes livectl.schema.json from it for editors.
import * as v from 'valibot';
import { didYouMean } from './did-you-mean.ts';
import { runtimes } from './runtimes.ts';

/** What valibot tells a message about the value it refused. */
type Refusal = v.BaseIssue<unknown>;

const mustBe = (what: string) => (refusal: Refusal) => `must be ${what}, not ${kindOf(refusal.input)}`;

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'string') return `the string ${JSON.stringify(value)}`;
  return String(value);
}

/** An object with these fields and no others; `notAnObject` words the refusal of any other value. */
function fields<const Entries extends v.ObjectEntries>(entries: Entries, notAnObject = mustBe('an object')) {
  return v.strictObject(entries, (refusal) => {
    if (refusal.expected === 'never') {
      const key = String(refusal.path?.at(-1)?.key);
      return `is not known here${didYouMean(key, Object.keys(entries))}`;
    }
    return refusal.expected === 'Object' ? notAnObject(refusal) : 'is required';
  });
}

function wholeNumber(lowest: number, highest: number, unit: string) {
  return v.pipe(
    v.number(mustBe('a number')),
    v.integer(({ input }) => `${input} is not a whole number of ${unit}`),
    v.minValue(lowest, ({ input }) => `${input} is less than ${lowest} ${unit}`),
    v.maxValue(highest, ({ input }) => `${input} is more than ${highest} ${unit}`),
  );
}

const text = v.string(mustBe('a string'));

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

const httpTrigger = v.pipe(
  fields({
    path: v.optional(
      v.pipe(
        text,
        v.regex(/^\//, ({ input }) => `${JSON.stringify(input)} must start with /`),
        v.description(
          'Path of the HTTP API route, e.g. /orders/{id}; the last segment may be {proxy+}. Default: /<function> and all below it.',
        ),
      ),
    ),
    method: v.optional(
      v.pipe(
        v.picklist(['ANY', 'GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'], (refusal) =>
          mustBe('ANY, GET, POST, PUT, PATCH, DELETE, HEAD or OPTIONS')(refusal),
        ),
        v.description('HTTP method of the route, in capitals.'),
      ),
      'ANY',
    ),
  }),
  v.description('Call the function through an HTTP API.'),
);

// An object only: Terraform reads the same file, and its types can't say "true or an object".
const esbuild = fields(
  {
    bundle: v.optional(
      v.pipe(
        v.boolean(mustBe('true or false')),
        v.description('Bundle the sources, or run them as they are.'),
      ),
      true,
    ),
    packages: v.optional(
      v.pipe(
        v.picklist(['external', 'bundle'], mustBe('"external" or "bundle"')),
        v.description('Leave packages in node_modules ("external"), or put them into the bundle ("bundle").'),
      ),
      'external',
    ),
    external: v.optional(
      v.pipe(
        v.array(text, mustBe('an array of strings')),
        v.description('Packages to leave out of the bundle although packages is "bundle"; * is a wildcard.'),
      ),
      [],
    ),
  },
  (refusal) => {
    const words = mustBe('an object')(refusal);
    return typeof refusal.input === 'boolean' ? `${words}: write { "bundle": ${refusal.input} }` : words;
  },
);

/** One entry of `functions`. */
export const functionSchema = fields({
  handler: v.pipe(
    text,
    // https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html (Handler)
    v.regex(/^\S{1,128}$/, 'must be 1 to 128 characters without spaces'),
    v.description(
      'File below source_dir without its extension, then the exported name: src/hello.handler; for Python also with dots: src.hello.handler.',
    ),
  ),
  runtime: v.pipe(
    v.picklist(runtimes, ({ input }) =>
      typeof input === 'string'
        ? `${JSON.stringify(input)} is not a runtime of AWS Lambda${didYouMean(input, runtimes) || `: ${runtimes.join(', ')}`}`
        : `must be the name of a Lambda runtime, not ${kindOf(input)}`,
    ),
    v.description('AWS runtime identifier, e.g. nodejs22.x.'),
  ),
  timeout: v.optional(
    v.pipe(wholeNumber(1, 900, 'seconds'), v.description('Longest run in seconds, 1 to 900.')),
    3,
  ),
  memory_size: v.optional(
    v.pipe(wholeNumber(128, 10_240, 'MB'), v.description('Memory in MB, 128 to 10,240.')),
    128,
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
      v.nonEmpty('must not be empty; "." is the folder livectl serves'),
      v.description("The function's root folder, relative to the folder livectl serves (--root)."),
    ),
    '.',
  ),
  command: v.optional(
    v.pipe(
      v.array(text, mustBe('an array of strings, the program first')),
      v.minLength(1, 'must name a program'),
      v.description(
        'Program, then arguments, of a process that speaks the Lambda Runtime API; run in source_dir without a shell. Needed for runtimes other than Node.js and Python.',
      ),
    ),
  ),
  python: v.optional(
    v.pipe(
      text,
      v.nonEmpty('must name an interpreter'),
      v.description(
        'The interpreter of a Python function: a path relative to the folder livectl serves, or a command. Default: the active virtual environment, .venv, venv, that of Poetry, Pipenv or uv, or python3.',
      ),
    ),
  ),
  esbuild: v.optional(
    v.pipe(
      esbuild,
      v.description(
        'How the sources are built. Default: bundle TypeScript and JSX, run plain JavaScript as it is.',
      ),
    ),
  ),
  triggers: v.optional(
    v.pipe(fields({ http: v.optional(httpTrigger) }), v.description('What invokes the function.')),
    {},
  ),
});

/** `livectl.json` as it is written; cross-field rules are in manifest-rules.ts. */
export const manifestSchema = v.pipe(
  fields({
    $schema: v.optional(v.pipe(text, v.description('Where editors find the schema of this file.'))),
    functions: v.pipe(
      v.record(functionName, functionSchema, mustBe('an object: one entry for each function')),
      v.minEntries(1, 'names no function'),
      v.description('The functions to serve, by name: what the Terraform module gets as its functions.'),
    ),
  }),
  v.title('livectl.json'),
  v.description('The functions that livectl serves and Terraform deploys.'),
);

/** One function as the manifest has it, with defaults. */
export type FunctionText = v.InferOutput<typeof functionSchema>;
