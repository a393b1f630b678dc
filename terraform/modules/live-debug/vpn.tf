# Private resources: what livectl and a developer must know about the functions' VPCs to reach, from a laptop, what the
# functions reach. Read only while live, and only for functions with a vpc_config.

locals {
  in_vpc = { for name, f in local.functions : name => f.vpc_config if f.vpc_config != null }

  # Keyed by function and position, since the ids themselves may be unknown until the apply.
  vpc_subnet_ids = merge([
    for name, config in local.in_vpc : { for index, id in config.subnet_ids : "${name}/${index}" => id }
  ]...)
  vpc_security_group_ids = merge([
    for name, config in local.in_vpc : { for index, id in config.security_group_ids : "${name}/${index}" => id }
  ]...)
}

data "aws_subnet" "function" {
  for_each = local.vpc_subnet_ids

  id = each.value
}

data "aws_vpc" "function" {
  for_each = local.in_vpc

  id = data.aws_subnet.function["${each.key}/0"].vpc_id
}

data "aws_security_group" "function" {
  for_each = local.vpc_security_group_ids

  id = each.value
}

# Groups with an inbound rule that names the function's group as its source, for example a database's group.
data "aws_security_groups" "referencing" {
  for_each = local.vpc_security_group_ids

  filter {
    name   = "ip-permission.group-id"
    values = [each.value]
  }
}

# Those of the functions' groups that allow any outbound TCP.
data "aws_security_groups" "egress_tcp" {
  for_each = local.in_vpc

  filter {
    name   = "group-id"
    values = each.value.security_group_ids
  }

  filter {
    name   = "egress.ip-permission.protocol"
    values = ["-1", "tcp"]
  }
}

locals {
  egress_tcp_ids = flatten(values(data.aws_security_groups.egress_tcp)[*].ids)

  vpc_functions = { for name, vpc in data.aws_vpc.function : vpc.id => name... }

  # A VPC, subnet or group that several functions use appears once, in an order that does not depend on the functions'.
  vpcs_by_id = { for vpc in values(data.aws_vpc.function) : vpc.id => vpc... }
  subnets_by_id = {
    for subnet in values(data.aws_subnet.function) : subnet.id => {
      vpc_id = subnet.vpc_id
      facts  = { id = subnet.id, az = subnet.availability_zone, cidr = subnet.cidr_block }
    }...
  }
  security_groups_by_id = {
    for key, group in data.aws_security_group.function : group.id => {
      vpc_id = group.vpc_id
      facts = {
        id            = group.id
        name          = group.name
        egress_tcp    = contains(local.egress_tcp_ids, group.id)
        referenced_by = sort(data.aws_security_groups.referencing[key].ids)
      }
    }...
  }

  vpcs = [
    for id, found in local.vpcs_by_id : {
      id          = id
      functions   = local.vpc_functions[id]
      cidr_blocks = distinct(concat([found[0].cidr_block], sort([for one in found[0].cidr_block_associations : one.cidr_block if one.state == "associated"])))
      # The Amazon DNS server: https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html
      dns_resolver    = found[0].enable_dns_support ? cidrhost(found[0].cidr_block, 2) : null
      subnets         = [for subnet in local.subnets_by_id : subnet[0].facts if subnet[0].vpc_id == id]
      security_groups = [for group in local.security_groups_by_id : group[0].facts if group[0].vpc_id == id]
    }
  ]

  vpn_guidance = length(local.in_vpc) == 0 ? "" : templatefile("${path.module}/vpn-guidance.md.tftpl", {
    stage         = var.stage
    region        = local.region
    check_command = join(" ", concat(["livectl vpn --check --stage ${var.stage}"], var.name == "live-debug" ? [] : ["--name ${var.name}"]))
    vpcs = [
      for index, vpc in local.vpcs : merge(vpc, {
        # The maximum for an endpoint: https://docs.aws.amazon.com/vpn/latest/clientvpn-admin/limits.html
        endpoint_groups = slice(vpc.security_groups[*].id, 0, min(5, length(vpc.security_groups)))
        referencing     = sort(distinct(flatten(vpc.security_groups[*].referenced_by)))
        tunnel          = try(local.manifest_of_tunnels.tunnels[local.tunnels_by_vpc[vpc.id][0]], null)
        is_default      = index == 0 && length(local.tunnels) == 0
      })
    ]
  })
}
