// What a stage's manifest says of the VPCs of its functions: written by the module (docs/terraform.md), for the guide.
import * as v from 'valibot';

/** AWS's ids and names of zones, as they go into commands that a person copies. */
const id = v.pipe(v.string(), v.regex(/^[A-Za-z0-9-]{1,64}$/));
/** An address or a range of them, IPv4 or IPv6. */
const address = v.pipe(v.string(), v.regex(/^[0-9A-Fa-f.:/]{1,64}$/));

/** One VPC that functions of the stage sit in; fields that a later version of the module adds are passed over. */
export const vpcSchema = v.object({
  id,
  /** Names in the manifest. */
  functions: v.array(v.string()),
  cidr_blocks: v.array(address),
  /** Null where DNS support is off in the VPC. */
  dns_resolver: v.nullish(address, null),
  subnets: v.array(v.object({ id, az: id, cidr: address })),
  security_groups: v.array(
    v.object({
      id,
      name: v.string(),
      /** It lets TCP out at all. */
      egress_tcp: v.nullish(v.boolean(), true),
      /** Groups with an inbound rule that names this one: a database's, for instance. */
      referenced_by: v.nullish(v.array(id), []),
    }),
  ),
});

export type Vpc = v.InferOutput<typeof vpcSchema>;
