// A stage's manifest on the VPCs of its functions: written by the module (docs/terraform.md), for the guide.
import * as v from 'valibot';

/** AWS's ids and names of zones, which go into commands that a person copies. */
const id = v.pipe(v.string(), v.regex(/^[A-Za-z0-9-]{1,64}$/));
/** An IPv4 or IPv6 address, or a range. */
const address = v.pipe(v.string(), v.regex(/^[0-9A-Fa-f.:/]{1,64}$/));

/** A VPC of functions of the stage; fields of later versions of the module are ignored. */
export const vpcSchema = v.object({
  id,
  /** The functions' names in the manifest. */
  functions: v.array(v.string()),
  cidr_blocks: v.array(address),
  /** Null if DNS support is off in the VPC. */
  dns_resolver: v.nullish(address, null),
  subnets: v.array(v.object({ id, az: id, cidr: address })),
  security_groups: v.array(
    v.object({
      id,
      name: v.string(),
      /** Whether it allows any outbound TCP. */
      egress_tcp: v.nullish(v.boolean(), true),
      /** Groups with an inbound rule for this one, such as a database's. */
      referenced_by: v.nullish(v.array(id), []),
    }),
  ),
});

export type Vpc = v.InferOutput<typeof vpcSchema>;
