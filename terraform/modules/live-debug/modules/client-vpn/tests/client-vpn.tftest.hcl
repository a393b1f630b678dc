# The endpoint with its defaults, and with every variable set. The message of each rule is checked by
# terraform/test/validation-messages.test.ts.

mock_provider "aws" {
  mock_data "aws_vpc" {
    defaults = {
      cidr_block = "10.0.0.0/16"
      cidr_block_associations = [
        { association_id = "a-1", cidr_block = "10.0.0.0/16", state = "associated" },
        { association_id = "a-2", cidr_block = "10.1.0.0/16", state = "associated" },
      ]
    }
  }

  mock_resource "aws_ec2_client_vpn_endpoint" {
    defaults = {
      id       = "cvpn-endpoint-1"
      dns_name = "*.cvpn-endpoint-1.prod.clientvpn.eu-west-1.amazonaws.com"
    }
  }

  mock_resource "aws_security_group" {
    defaults = {
      id = "sg-made"
    }
  }
}

variables {
  vpc_id                    = "vpc-1"
  subnet_ids                = ["subnet-a"]
  server_certificate_arn    = "arn:aws:acm:eu-west-1:123456789012:certificate/server"
  server_ca_certificate_pem = "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n"
}

run "defaults" {
  assert {
    condition = alltrue([
      aws_ec2_client_vpn_endpoint.this.vpc_id == "vpc-1",
      aws_ec2_client_vpn_endpoint.this.client_cidr_block == "10.200.0.0/22",
      aws_ec2_client_vpn_endpoint.this.split_tunnel,
      aws_ec2_client_vpn_endpoint.this.dns_servers == tolist(["10.0.0.2"]),
      aws_ec2_client_vpn_endpoint.this.transport_protocol == "udp",
      aws_ec2_client_vpn_endpoint.this.vpn_port == 443,
      aws_ec2_client_vpn_endpoint.this.self_service_portal == "disabled",
      aws_ec2_client_vpn_endpoint.this.session_timeout_hours == 8,
    ])
    error_message = "The defaults are a split tunnel, the VPC's resolver, and sessions of a working day."
  }

  assert {
    condition = [for one in aws_ec2_client_vpn_endpoint.this.authentication_options : [one.type, one.root_certificate_chain_arn]] == [
      ["certificate-authentication", "arn:aws:acm:eu-west-1:123456789012:certificate/server"],
    ]
    error_message = "Authentication is mutual, with one CA for the server and the clients."
  }

  assert {
    condition     = aws_ec2_client_vpn_endpoint.this.connection_log_options[0].enabled && aws_ec2_client_vpn_endpoint.this.connection_log_options[0].cloudwatch_log_group == "/aws/client-vpn/live-debug" && aws_ec2_client_vpn_endpoint.this.connection_log_options[0].cloudwatch_log_stream == aws_cloudwatch_log_stream.this[0].name && aws_cloudwatch_log_group.this[0].retention_in_days == 7
    error_message = "Connection logs are kept for a week."
  }

  assert {
    condition     = aws_ec2_client_vpn_network_association.this[*].subnet_id == ["subnet-a"] && aws_ec2_client_vpn_authorization_rule.this[*].target_network_cidr == ["10.0.0.0/16"] && aws_ec2_client_vpn_authorization_rule.this[0].authorize_all_groups
    error_message = "The subnet is associated, and the VPC's main block is authorized."
  }

  assert {
    condition     = aws_ec2_client_vpn_endpoint.this.security_group_ids == toset(["sg-made"]) && output.security_group_id == "sg-made" && aws_vpc_security_group_egress_rule.this[*].cidr_ipv4 == ["10.0.0.0/16"]
    error_message = "The created group allows outbound traffic to the authorized blocks only."
  }

  assert {
    condition     = output.client_config == file("tests/client.ovpn")
    error_message = "The configuration equals tests/client.ovpn: ${output.client_config}"
  }
}

run "every_variable_set" {
  variables {
    name                        = "orders"
    tags                        = { team = "orders" }
    subnet_ids                  = ["subnet-a", "subnet-b"]
    client_cidr_block           = "172.16.0.0/12"
    split_tunnel                = false
    dns_servers                 = []
    transport_protocol          = "tcp"
    session_timeout_hours       = 24
    connection_log              = null
    client_root_certificate_arn = "arn:aws:acm:eu-west-1:123456789012:certificate/clients"
    server_name                 = "vpn.example.com"
    security_group_ids          = ["sg-2", "sg-1"]
    authorized_cidr_blocks      = ["10.0.0.0/16", "10.1.0.0/16"]
  }

  assert {
    condition = alltrue([
      aws_ec2_client_vpn_endpoint.this.client_cidr_block == "172.16.0.0/12",
      !aws_ec2_client_vpn_endpoint.this.split_tunnel,
      length(coalesce(aws_ec2_client_vpn_endpoint.this.dns_servers, [])) == 0,
      aws_ec2_client_vpn_endpoint.this.transport_protocol == "tcp",
      aws_ec2_client_vpn_endpoint.this.session_timeout_hours == 24,
      tolist(aws_ec2_client_vpn_endpoint.this.authentication_options)[0].root_certificate_chain_arn == "arn:aws:acm:eu-west-1:123456789012:certificate/clients",
      aws_ec2_client_vpn_endpoint.this.tags == tomap({ team = "orders", Name = "orders" }),
    ])
    error_message = "The endpoint is as set."
  }

  assert {
    condition     = !aws_ec2_client_vpn_endpoint.this.connection_log_options[0].enabled && length(aws_cloudwatch_log_group.this) + length(aws_cloudwatch_log_stream.this) == 0
    error_message = "There is no log."
  }

  assert {
    condition     = aws_ec2_client_vpn_network_association.this[*].subnet_id == ["subnet-a", "subnet-b"] && aws_ec2_client_vpn_authorization_rule.this[*].target_network_cidr == ["10.0.0.0/16", "10.1.0.0/16"]
    error_message = "Every subnet is associated, and every block is authorized."
  }

  assert {
    condition     = aws_ec2_client_vpn_endpoint.this.security_group_ids == toset(["sg-1", "sg-2"]) && output.security_group_id == null && length(aws_security_group.this) + length(aws_vpc_security_group_egress_rule.this) == 0
    error_message = "The given groups are used, and none is created."
  }

  assert {
    condition     = strcontains(output.client_config, "\nproto tcp\n") && strcontains(output.client_config, "\nverify-x509-name vpn.example.com name\n")
    error_message = "The configuration has the settings: ${output.client_config}"
  }
}

run "refuses_clients_in_the_vpcs_main_block" {
  command = plan

  variables {
    client_cidr_block = "10.0.4.0/22"
  }

  expect_failures = [aws_ec2_client_vpn_endpoint.this]
}

run "refuses_clients_around_another_block" {
  command = plan

  variables {
    client_cidr_block = "10.0.0.0/12"
  }

  override_data {
    target = data.aws_vpc.this
    values = {
      cidr_block              = "192.168.0.0/16"
      cidr_block_associations = [{ association_id = "a-1", cidr_block = "10.1.0.0/16", state = "associated" }]
    }
  }

  expect_failures = [aws_ec2_client_vpn_endpoint.this]
}

run "refuses_every_invalid_variable" {
  command = plan

  variables {
    name                        = "orders vpn"
    vpc_id                      = "orders"
    client_cidr_block           = "10.200.0.0/24"
    dns_servers                 = ["dns.example.com"]
    transport_protocol          = "icmp"
    session_timeout_hours       = 9
    connection_log              = { retention_in_days = 8 }
    server_certificate_arn      = "server"
    client_root_certificate_arn = "clients"
    server_ca_certificate_pem   = "ca.crt"
    server_name                 = "a b"
    subnet_ids                  = []
    security_group_ids          = ["default"]
    authorized_cidr_blocks      = ["10.0.0.0"]
  }

  expect_failures = [
    var.name, var.vpc_id, var.client_cidr_block, var.dns_servers, var.transport_protocol, var.session_timeout_hours,
    var.connection_log, var.server_certificate_arn, var.client_root_certificate_arn, var.server_ca_certificate_pem,
    var.server_name, var.subnet_ids, var.security_group_ids, var.authorized_cidr_blocks,
  ]
}
