# A Client VPN endpoint to the VPC of functions that livectl serves, with mutual authentication, a split tunnel and one
# client certificate for each developer.

locals {
  authorized_cidr_blocks = var.authorized_cidr_blocks != null ? var.authorized_cidr_blocks : [data.aws_vpc.this.cidr_block]

  security_group_ids = length(var.security_group_ids) > 0 ? var.security_group_ids : aws_security_group.this[*].id

  # Two blocks overlap if they are equal in the shorter of their two prefixes.
  overlapped = [
    for cidr in distinct(concat([data.aws_vpc.this.cidr_block], data.aws_vpc.this.cidr_block_associations[*].cidr_block)) : cidr
    if length(distinct([
      for one in [cidr, var.client_cidr_block] :
      cidrhost("${split("/", one)[0]}/${min(split("/", cidr)[1], split("/", var.client_cidr_block)[1])}", 0)
    ])) == 1
  ]

  tags = merge(var.tags, { Name = var.name })
}

data "aws_vpc" "this" {
  id = var.vpc_id
}

################################################################################
# The endpoint
################################################################################

resource "aws_ec2_client_vpn_endpoint" "this" {
  description           = "Laptops that livectl serves from"
  vpc_id                = var.vpc_id
  security_group_ids    = local.security_group_ids
  client_cidr_block     = var.client_cidr_block
  split_tunnel          = var.split_tunnel
  dns_servers           = var.dns_servers != null ? var.dns_servers : [cidrhost(data.aws_vpc.this.cidr_block, 2)]
  transport_protocol    = var.transport_protocol
  vpn_port              = 443
  session_timeout_hours = var.session_timeout_hours
  self_service_portal   = "disabled"

  server_certificate_arn = var.server_certificate_arn

  authentication_options {
    type                       = "certificate-authentication"
    root_certificate_chain_arn = coalesce(var.client_root_certificate_arn, var.server_certificate_arn)
  }

  connection_log_options {
    enabled               = var.connection_log != null
    cloudwatch_log_group  = one(aws_cloudwatch_log_group.this[*].name)
    cloudwatch_log_stream = one(aws_cloudwatch_log_stream.this[*].name)
  }

  tags = local.tags

  lifecycle {
    precondition {
      condition = length(local.overlapped) == 0
      error_message = join("", [
        "client_cidr_block ${var.client_cidr_block} overlaps ${join(", ", local.overlapped)} of ${var.vpc_id}: ",
        "write another range, for example \"172.28.0.0/22\" or \"192.168.252.0/22\".",
      ])
    }
  }
}

resource "aws_cloudwatch_log_group" "this" {
  count = var.connection_log != null ? 1 : 0

  name              = "/aws/client-vpn/${var.name}"
  retention_in_days = var.connection_log.retention_in_days
  kms_key_id        = var.connection_log.kms_key_arn

  tags = local.tags
}

resource "aws_cloudwatch_log_stream" "this" {
  count = var.connection_log != null ? 1 : 0

  name           = "connections"
  log_group_name = aws_cloudwatch_log_group.this[0].name
}

################################################################################
# Access to the VPC
################################################################################

resource "aws_ec2_client_vpn_network_association" "this" {
  # By position, since the ids may be unknown until the apply.
  count = length(var.subnet_ids)

  client_vpn_endpoint_id = aws_ec2_client_vpn_endpoint.this.id
  subnet_id              = var.subnet_ids[count.index]
}

resource "aws_ec2_client_vpn_authorization_rule" "this" {
  count = length(local.authorized_cidr_blocks)

  client_vpn_endpoint_id = aws_ec2_client_vpn_endpoint.this.id
  target_network_cidr    = local.authorized_cidr_blocks[count.index]
  authorize_all_groups   = true
  description            = "Clients with a certificate"
}

resource "aws_security_group" "this" {
  count = length(var.security_group_ids) > 0 ? 0 : 1

  name        = var.name
  description = "Clients of the VPN ${var.name}"
  vpc_id      = var.vpc_id

  tags = local.tags
}

resource "aws_vpc_security_group_egress_rule" "this" {
  count = length(var.security_group_ids) > 0 ? 0 : length(local.authorized_cidr_blocks)

  security_group_id = aws_security_group.this[0].id
  description       = "What clients may reach"
  ip_protocol       = "-1"
  cidr_ipv4         = local.authorized_cidr_blocks[count.index]

  tags = local.tags
}
