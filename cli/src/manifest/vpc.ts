// What a stage's manifest says of the VPCs of its functions: written by the module (docs/terraform.md), for the guide.
import * as v from 'valibot';

/** One VPC that functions of the stage sit in; fields that a later version of the module adds are passed over. */
export const vpcSchema = v.object({
  id: v.string(),
  /** Names in the manifest. */
  functions: v.array(v.string()),
  cidr_blocks: v.array(v.string()),
  /** Null where DNS support is off in the VPC. */
  dns_resolver: v.nullish(v.string(), null),
  subnets: v.array(v.object({ id: v.string(), az: v.string(), cidr: v.string() })),
  security_groups: v.array(
    v.object({
      id: v.string(),
      name: v.string(),
      /** It lets TCP out at all. */
      egress_tcp: v.nullish(v.boolean(), true),
      /** Groups with an inbound rule that names this one: a database's, for instance. */
      referenced_by: v.nullish(v.array(v.string()), []),
    }),
  ),
});

export type Vpc = v.InferOutput<typeof vpcSchema>;
