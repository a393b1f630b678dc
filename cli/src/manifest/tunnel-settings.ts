// The tunnels of a stage: what livectl.json and a stage's manifest say of the functions that connect into a VPC for local code.
// See docs/tunnel.md.
import * as v from 'valibot';
import { allowMistakes } from '../../../protocol/tunnel/allow.ts';
import { fields, mustBe, text } from './schema-parts.ts';

/** The tunnel of functions that are in no VPC, and of those in its VPC. */
const defaultTunnel = 'default';

/** Far above what an account has VPCs for. */
const mostTunnels = 100;

/** Entries as protocol/tunnel/allow.ts reads them. */
const allowed = v.pipe(
  v.array(text, mustBe('an array of strings')),
  v.minLength(1, 'must name a destination; leave it out to allow the private addresses'),
  // Each message begins with the field's name, which the path has.
  v.check(
    (entries) => allowMistakes(entries).length === 0,
    ({ input }) =>
      allowMistakes(input)
        .map((message) => message.replace(/^allow /, ''))
        .join('; '),
  ),
);

/** `form` must be written as a literal (scripts/patterns.mjs). */
function idsOf(form: RegExp, example: string, most: number) {
  return v.optional(
    v.pipe(
      v.array(
        v.pipe(
          text,
          v.regex(form, ({ input }) => `${JSON.stringify(input)} must be an id, e.g. ${example}`),
        ),
        mustBe('an array of strings'),
      ),
      v.minLength(1, `must have an id, e.g. ${example}`),
      v.maxLength(most, `must have at most ${most} ids`),
    ),
  );
}

const place = {
  // https://docs.aws.amazon.com/lambda/latest/api/API_VpcConfig.html
  subnet_ids: idsOf(/^subnet-[0-9a-z]+$/, 'subnet-0123456789abcdef0', 16),
  security_group_ids: idsOf(/^sg-[0-9a-zA-Z]+$/, 'sg-0123456789abcdef0', 5),
  allow: v.optional(
    v.pipe(
      allowed,
      v.description(
        'Where local code may connect to: names and addresses with a port, a range of ports or *. Default: the CIDR blocks of the VPC; in the local cloud all private addresses.',
      ),
    ),
  ),
};

/** `tunnel` of livectl.json: the module's variable, in which the local cloud needs no ids. */
export const tunnelSchema = fields({
  ...place,
  others: v.optional(
    v.pipe(
      v.record(
        v.pipe(text, v.regex(/^[a-z0-9-]{1,16}$/, 'must be 1 to 16 lower-case letters, digits and -')),
        fields(place),
        mustBe('an object: one entry for each further VPC'),
      ),
      v.description('For Terraform: the same for functions in further VPCs, by a name.'),
    ),
  ),
});
export type TunnelText = v.InferOutput<typeof tunnelSchema>;

/** A tunnel of a stage, as livectl starts and uses it. */
export interface StageTunnel {
  /** On AWS. */
  readonly functionName: string;
  /** Where it connects to, 1 to 100 entries. */
  readonly allow: readonly string[];
}

/** `tunnels` of a stage's manifest, by name. */
export const stageTunnelsSchema = v.pipe(
  v.record(
    v.pipe(v.string(), v.regex(/^[\w-]{1,64}$/)),
    v.pipe(
      v.object({
        function_name: v.pipe(v.string(), v.regex(/^[\w-]{1,64}$/)),
        allow: allowed,
      }),
      v.transform(({ allow, function_name }): StageTunnel => ({ functionName: function_name, allow })),
    ),
  ),
  v.maxEntries(mostTunnels),
);

/** `tunnel` of a function in a stage's manifest. */
export const tunnelNameSchema = v.union([v.literal(false), v.pipe(v.string(), v.maxLength(64))]);

/** RFC 1918, "Private Address Space", and RFC 6598, which AWS allows in a VPC as well. */
const privateRanges = ['10.0.0.0/8:*', '100.64.0.0/10:*', '172.16.0.0/12:*', '192.168.0.0/16:*'];

/** The tunnels of a stage in the local cloud, which knows no VPC and so needs one tunnel only. `prefix` is `<name>-<stage>`. */
export function localTunnels(
  tunnel: TunnelText | undefined,
  prefix: string,
): ReadonlyMap<string, StageTunnel> {
  if (tunnel === undefined) return new Map();
  return new Map([
    [defaultTunnel, { functionName: `${prefix}-tunnel`, allow: tunnel.allow ?? privateRanges }],
  ]);
}

/** The name of a function's tunnel in the local cloud; undefined if it has none. */
export function localTunnelOf(
  settings: { readonly tunnel: boolean },
  tunnel: TunnelText | undefined,
): string | undefined {
  return settings.tunnel && tunnel !== undefined ? defaultTunnel : undefined;
}
