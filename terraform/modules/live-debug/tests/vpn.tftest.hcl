# Functions in VPCs: what is read about them, what livectl and developers get, and where the stub is placed.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  stage = "dev-tom"
  functions = {
    orders = {
      handler    = "src/orders.handler"
      runtime    = "nodejs22.x"
      vpc_config = { subnet_ids = ["subnet-b", "subnet-a"], security_group_ids = ["sg-1"] }
    }
    outside = { handler = "src/outside.handler", runtime = "nodejs22.x" }
  }
}

run "one_vpc" {
  override_data {
    target = data.aws_subnet.function["orders/0"]
    values = { vpc_id = "vpc-1", availability_zone = "eu-west-1b", cidr_block = "10.0.2.0/24" }
  }

  override_data {
    target = data.aws_security_groups.referencing["orders/0"]
    values = { ids = ["sg-db", "sg-cache"] }
  }

  assert {
    condition = jsondecode(jsonencode(output.manifest.vpcs)) == jsondecode(<<-JSON
      [
        {
          "id": "vpc-1", "functions": ["orders"], "cidr_blocks": ["10.0.0.0/16"], "dns_resolver": "10.0.0.2",
          "subnets": [
            { "id": "subnet-a", "az": "eu-west-1a", "cidr": "10.0.1.0/24" },
            { "id": "subnet-b", "az": "eu-west-1b", "cidr": "10.0.2.0/24" }
          ],
          "security_groups": [
            { "id": "sg-1", "name": "orders", "egress_tcp": true, "referenced_by": ["sg-cache", "sg-db"] }
          ]
        }
      ]
    JSON
    )
    error_message = "The manifest has what a guide needs: ${jsonencode(output.manifest.vpcs)}"
  }

  assert {
    condition = output.manifest.functions["orders"].vpc_config == {
      vpc_id             = "vpc-1"
      subnet_ids         = tolist(["subnet-b", "subnet-a"])
      security_group_ids = tolist(["sg-1"])
    } && output.manifest.functions["outside"].vpc_config == null
    error_message = "Each function has its VPC, or none."
  }

  assert {
    condition     = output.vpn_guidance == file("tests/vpn-guidance.md")
    error_message = "The guidance equals tests/vpn-guidance.md: ${output.vpn_guidance}"
  }

  assert {
    condition     = length(aws_lambda_function.this["orders"].vpc_config) == 0
    error_message = "The stub is outside the VPC."
  }

  assert {
    condition     = !strcontains(aws_iam_role_policy.function["orders"].policy, "ec2:")
    error_message = "A stub outside needs no EC2 permissions."
  }
}

run "several_vpcs" {
  variables {
    functions = {
      orders = {
        handler    = "src/orders.handler"
        runtime    = "nodejs22.x"
        vpc_config = { subnet_ids = ["subnet-a"], security_group_ids = ["sg-1"] }
      }
      reports = {
        handler    = "src/reports.handler"
        runtime    = "nodejs22.x"
        vpc_config = { subnet_ids = ["subnet-z"], security_group_ids = ["sg-9", "sg-8"] }
      }
      refunds = {
        handler    = "src/refunds.handler"
        runtime    = "nodejs22.x"
        vpc_config = { subnet_ids = ["subnet-a", "subnet-b"], security_group_ids = ["sg-2", "sg-1"] }
      }
    }
  }

  override_data {
    target = data.aws_subnet.function["reports/0"]
    values = { vpc_id = "vpc-9", availability_zone = "eu-west-1c", cidr_block = "10.9.1.0/24" }
  }

  override_data {
    target = data.aws_vpc.function["reports"]
    values = {
      cidr_block         = "10.9.0.0/16"
      enable_dns_support = false
      cidr_block_associations = [
        { association_id = "a-1", cidr_block = "100.64.0.0/16", state = "associated" },
        { association_id = "a-2", cidr_block = "10.9.0.0/16", state = "associated" },
        { association_id = "a-3", cidr_block = "10.10.0.0/16", state = "disassociated" },
      ]
    }
  }

  override_data {
    target = data.aws_security_group.function["reports/0"]
    values = { vpc_id = "vpc-9", name = "reports" }
  }

  override_data {
    target = data.aws_security_group.function["reports/1"]
    values = { vpc_id = "vpc-9", name = "closed" }
  }

  override_data {
    target = data.aws_security_groups.egress_tcp["reports"]
    values = { ids = ["sg-9"] }
  }

  override_data {
    target = data.aws_security_groups.referencing["reports/0"]
    values = { ids = [] }
  }

  override_data {
    target = data.aws_security_groups.referencing["reports/1"]
    values = { ids = [] }
  }

  assert {
    condition     = [for vpc in output.manifest.vpcs : [vpc.id, vpc.functions]] == [["vpc-1", ["orders", "refunds"]], ["vpc-9", ["reports"]]]
    error_message = "Each VPC appears once, with its functions: ${jsonencode(output.manifest.vpcs)}"
  }

  assert {
    condition = jsonencode([
      output.manifest.vpcs[0].subnets[*].id,
      output.manifest.vpcs[0].security_groups[*].id
    ]) == jsonencode([["subnet-a", "subnet-b"], ["sg-1", "sg-2"]])
    error_message = "What functions share appears once."
  }

  assert {
    condition = (
      jsonencode(output.manifest.vpcs[1].cidr_blocks) == jsonencode(["10.9.0.0/16", "100.64.0.0/16"])
      && output.manifest.vpcs[1].dns_resolver == null
    )
    error_message = "The main CIDR block comes first, a disassociated one is omitted; without DNS support there is no resolver."
  }

  assert {
    condition = [
      for group in output.manifest.vpcs[1].security_groups : [group.id, group.egress_tcp, length(group.referenced_by)]
    ] == [["sg-8", false, 0], ["sg-9", true, 0]]
    error_message = "Groups are distinguished: ${jsonencode(output.manifest.vpcs[1].security_groups)}"
  }

  assert {
    condition = alltrue([for words in [
      "While livectl serves orders, refunds, reports,", "## vpc-1", "## vpc-9", "none, since DNS support is off in this VPC",
      "| sg-8 | closed | no | none |", "- Inbound at sg-1:",
      "authorized_cidr_blocks    = [\"10.9.0.0/16\", \"100.64.0.0/16\"]", "security_group_ids        = [\"sg-8\", \"sg-9\"]",
    ] : strcontains(output.vpn_guidance, words)])
    error_message = "The guidance has each: ${output.vpn_guidance}"
  }
}

run "groups_without_outbound_rules" {
  override_data {
    target = data.aws_security_groups.egress_tcp["orders"]
    values = { ids = [] }
  }

  override_data {
    target = data.aws_security_groups.referencing["orders/0"]
    values = { ids = [] }
  }

  assert {
    condition = (
      strcontains(output.vpn_guidance, "- Outbound: a rule for TCP in one of the groups.")
      && !strcontains(output.vpn_guidance, "- Inbound at sg-")
    )
    error_message = "The guidance names the missing rule: ${output.vpn_guidance}"
  }
}

run "no_vpc" {
  variables {
    functions = { outside = { handler = "src/outside.handler", runtime = "nodejs22.x" } }
  }

  assert {
    condition = (
      output.vpn_guidance == ""
      && length(output.manifest.vpcs) == 0
      && length(data.aws_vpc.function) + length(data.aws_subnet.function) + length(data.aws_security_group.function)
      + length(data.aws_security_groups.referencing) + length(data.aws_security_groups.egress_tcp)
      == 0
    )
    error_message = "There is no guidance, and nothing is read."
  }
}

run "not_live" {
  variables {
    enabled = false
  }

  assert {
    condition = (
      output.vpn_guidance == ""
      && length(data.aws_vpc.function) + length(data.aws_subnet.function) + length(data.aws_security_group.function)
      + length(data.aws_security_groups.referencing) + length(data.aws_security_groups.egress_tcp)
      == 0
    )
    error_message = "Nothing is read for a stage that is not live."
  }
}

run "stub_in_the_vpc" {
  variables {
    functions = {
      orders = {
        handler    = "src/orders.handler"
        runtime    = "nodejs22.x"
        vpc_config = { subnet_ids = ["subnet-a"], security_group_ids = ["sg-1"], place_stub_in_vpc = true }
      }
    }
  }

  assert {
    condition = (
      aws_lambda_function.this["orders"].vpc_config[0].subnet_ids == toset(["subnet-a"])
      && aws_lambda_function.this["orders"].vpc_config[0].security_group_ids == toset(["sg-1"])
    )
    error_message = "The stub is where the function is."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.function["orders"].policy).Statement[1] == {
      Sid    = "AttachToVpc"
      Effect = "Allow"
      Action = [
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses"
      ]
      Resource = ["*"]
    }
    error_message = "The created role allows Lambda to attach it, as AWSLambdaVPCAccessExecutionRole does."
  }

  assert {
    condition     = !can(output.manifest.functions["orders"].vpc_config.place_stub_in_vpc)
    error_message = "The manifest does not have the stub's place."
  }
}
