# The tunnel: what is created for it, who may use it, which function uses which, and nothing of it without `tunnel`.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  stage = "dev-tom"
  functions = {
    orders = {
      handler    = "src/orders.handler"
      runtime    = "nodejs22.x"
      vpc_config = { subnet_ids = ["subnet-a"], security_group_ids = ["sg-1"] }
    }
    outside = { handler = "src/outside.handler", runtime = "nodejs22.x" }
    alone   = { handler = "src/alone.handler", runtime = "nodejs22.x", tunnel = false }
  }
}

run "nothing_without_it" {
  assert {
    condition = (
      length(aws_lambda_function.tunnel) == 0 && length(aws_lambda_function_event_invoke_config.tunnel) == 0
      && length(aws_cloudwatch_log_group.tunnel) == 0 && length(aws_iam_role.tunnel) == 0
      && length(aws_iam_role_policy.tunnel) == 0 && length(data.aws_vpc.tunnel) == 0 && length(output.tunnels) == 0
    )
    error_message = "Nothing is created, and nothing is read."
  }

  assert {
    condition = (
      !strcontains(output.developer_policy_json, "tunnel")
      && !can(output.manifest.tunnels) && alltrue([for f in output.manifest.functions : !can(f.tunnel)])
    )
    error_message = "Neither the policy nor the manifest has a word of it."
  }
}

run "nothing_while_not_enabled" {
  variables {
    enabled = false
    tunnel  = { subnet_ids = ["subnet-a"], security_group_ids = ["sg-1"], allow = ["not an entry"] }
  }

  assert {
    condition = (
      length(aws_lambda_function.tunnel) == 0 && length(aws_lambda_function_event_invoke_config.tunnel) == 0
      && length(aws_cloudwatch_log_group.tunnel) == 0 && length(aws_iam_role.tunnel) == 0
      && length(aws_iam_role_policy.tunnel) == 0 && length(data.aws_vpc.tunnel) == 0 && length(output.tunnels) == 0
    )
    error_message = "Nothing is created, and nothing is read."
  }
}

run "one_tunnel" {
  variables {
    tunnel = { subnet_ids = ["subnet-a", "subnet-b"], security_group_ids = ["sg-1", "sg-2"] }
  }

  assert {
    condition = (
      aws_lambda_function.tunnel["default"].function_name == "live-debug-dev-tom-tunnel"
      && aws_lambda_function.tunnel["default"].runtime == "nodejs22.x"
      && aws_lambda_function.tunnel["default"].handler == "index.handler"
      && aws_lambda_function.tunnel["default"].architectures == tolist(["arm64"])
      && aws_lambda_function.tunnel["default"].timeout == 900
      && aws_lambda_function.tunnel["default"].memory_size == 256
      && aws_lambda_function.tunnel["default"].source_code_hash == filebase64sha256("dist/tunnel.zip")
      && aws_lambda_function.tunnel["default"].vpc_config[0].subnet_ids == toset(["subnet-a", "subnet-b"])
      && aws_lambda_function.tunnel["default"].vpc_config[0].security_group_ids == toset(["sg-1", "sg-2"])
    )
    error_message = "The function is as livectl expects it: ${jsonencode(aws_lambda_function.tunnel["default"])}"
  }

  assert {
    condition = aws_lambda_function.tunnel["default"].environment[0].variables == tomap({
      LIVE_DEBUG_STAGE        = "dev-tom"
      LIVE_DEBUG_TABLE        = "live-debug-dev-tom"
      LIVE_DEBUG_RELAY        = output.relay.url
      LIVE_DEBUG_SECRET       = jsondecode(aws_dynamodb_table_item.secret[0].item).secret.S
      LIVE_DEBUG_TUNNEL_ALLOW = "[\"10.0.0.0/16:*\"]"
    })
    error_message = "Without allow, the VPC's own CIDR blocks are allowed."
  }

  assert {
    condition = (
      aws_lambda_function_event_invoke_config.tunnel["default"].function_name == "live-debug-dev-tom-tunnel"
      && aws_lambda_function_event_invoke_config.tunnel["default"].maximum_retry_attempts == 0
      && aws_lambda_function_event_invoke_config.tunnel["default"].maximum_event_age_in_seconds == 60
    )
    error_message = "A start that failed or came late is not repeated."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.tunnel["default"].policy) == jsondecode(<<-JSON
      {
        "Version": "2012-10-17",
        "Statement": [
          {
            "Sid": "ConnectToRelay", "Effect": "Allow", "Action": ["execute-api:Invoke"],
            "Resource": ["arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/live/$connect"]
          },
          {
            "Sid": "PostThroughRelay", "Effect": "Allow", "Action": ["execute-api:ManageConnections"],
            "Resource": ["arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/live/POST/@connections/*"]
          },
          {
            "Sid": "ReadOwnStage", "Effect": "Allow", "Action": ["dynamodb:GetItem"],
            "Resource": ["arn:aws:dynamodb:eu-west-1:123456789012:table/live-debug-dev-tom"],
            "Condition": {
              "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": ["dev-tom"] },
              "Null": { "dynamodb:LeadingKeys": "false" }
            }
          },
          {
            "Sid": "WriteOwnLogs", "Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": ["arn:aws:logs:eu-west-1:123456789012:log-group:stub:*"]
          },
          {
            "Sid": "AttachToVpc", "Effect": "Allow",
            "Action": [
              "ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface",
              "ec2:UnassignPrivateIpAddresses"
            ],
            "Resource": ["arn:aws:ec2:eu-west-1:123456789012:*/*"]
          },
          {
            "Sid": "DescribeVpc", "Effect": "Allow", "Action": ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"],
            "Resource": ["*"]
          },
          {
            "Sid": "DenyVpcToCode", "Effect": "Deny",
            "Action": [
              "ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface",
              "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses"
            ],
            "Resource": ["*"],
            "Condition": {
              "ArnEquals": {
                "lambda:SourceFunctionArn": "arn:aws:lambda:eu-west-1:123456789012:function:live-debug-dev-tom-tunnel"
              }
            }
          }
        ]
      }
    JSON
    )
    error_message = "The role allows this and nothing else: ${aws_iam_role_policy.tunnel["default"].policy}"
  }

  assert {
    condition = [for statement in jsondecode(output.developer_policy_json).Statement : statement if statement.Sid == "StartTunnel"] == [{
      Sid      = "StartTunnel"
      Effect   = "Allow"
      Action   = ["lambda:InvokeFunction"]
      Resource = ["arn:aws:lambda:eu-west-1:123456789012:function:live-debug-dev-tom-tunnel"]
    }]
    error_message = "A developer may start it: ${output.developer_policy_json}"
  }

  assert {
    condition = [
      for statement in jsondecode(output.developer_policy_json).Statement :
      statement.Condition["ForAllValues:StringEquals"]["dynamodb:Attributes"] if statement.Sid == "ServeOwnStage"
      ] == [[
        "caller", "capabilities", "connectionId", "expiresAt", "filter", "host", "item", "leaseUntil", "observe",
        "protocol", "publicKey", "session", "since", "stage", "tunnel", "user", "version",
    ]]
    error_message = "A tunnel's item has one attribute more: ${output.developer_policy_json}"
  }

  assert {
    condition = jsonencode({ tunnels = output.manifest.tunnels, functions = { for name, f in output.manifest.functions : name => f.tunnel } }) == jsonencode({
      tunnels   = { default = { function_name = "live-debug-dev-tom-tunnel", allow = ["10.0.0.0/16:*"] } }
      functions = { alone = false, orders = "default", outside = "default" }
    })
    error_message = "The manifest names the tunnel of each function: ${jsonencode(output.manifest)}"
  }

  assert {
    condition = (
      strcontains(output.vpn_guidance, "The function live-debug-dev-tom-tunnel connects to `10.0.0.0/16:*`.\n`livectl serve` starts it")
      && !strcontains(output.vpn_guidance, "Add this to the module `live_debug`")
    )
    error_message = "The guidance names the tunnel that is there: ${output.vpn_guidance}"
  }

  assert {
    condition = output.tunnels["default"] == {
      function_name  = "live-debug-dev-tom-tunnel"
      function_arn   = "arn:aws:lambda:eu-west-1:123456789012:function:live-debug-dev-tom-tunnel"
      vpc_id         = "vpc-1"
      allow          = tolist(["10.0.0.0/16:*"])
      role_name      = "live-debug-dev-tom-tunnel"
      role_arn       = "arn:aws:iam::123456789012:role/stub"
      log_group_name = "/aws/lambda/live-debug-dev-tom-tunnel"
    }
    error_message = "The output has the tunnel's facts: ${jsonencode(output.tunnels)}"
  }
}

run "several_blocks_and_vpcs" {
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
        vpc_config = { subnet_ids = ["subnet-z"], security_group_ids = ["sg-9"] }
      }
      elsewhere = {
        handler    = "src/elsewhere.handler"
        runtime    = "nodejs22.x"
        vpc_config = { subnet_ids = ["subnet-y"], security_group_ids = ["sg-8"] }
      }
      outside = { handler = "src/outside.handler", runtime = "nodejs22.x" }
    }
    tunnel = {
      subnet_ids         = ["subnet-a"]
      security_group_ids = ["sg-1"]
      others = {
        data = {
          subnet_ids         = ["subnet-z"]
          security_group_ids = ["sg-9"]
          allow              = ["db.internal:5432", "10.2.0.0/24:*"]
          role               = { name = "ours", arn = "arn:aws:iam::123456789012:role/ours" }
        }
      }
    }
  }

  override_data {
    target = data.aws_vpc.tunnel["default"]
    values = {
      cidr_block = "10.0.0.0/16"
      cidr_block_associations = [
        { association_id = "a-3", cidr_block = "10.9.0.0/16", state = "disassociated" },
        { association_id = "a-2", cidr_block = "100.64.0.0/16", state = "associated" },
        { association_id = "a-1", cidr_block = "10.0.0.0/16", state = "associated" },
      ]
    }
  }

  override_data {
    target = data.aws_subnet.tunnel["data"]
    values = { vpc_id = "vpc-2" }
  }

  override_data {
    target = data.aws_subnet.function["reports/0"]
    values = { vpc_id = "vpc-2", availability_zone = "eu-west-1a", cidr_block = "10.2.0.0/24" }
  }

  override_data {
    target = data.aws_vpc.function["reports"]
    values = { id = "vpc-2", cidr_block = "10.2.0.0/16", cidr_block_associations = [], enable_dns_support = true }
  }

  override_data {
    target = data.aws_vpc.function["elsewhere"]
    values = { id = "vpc-3", cidr_block = "10.3.0.0/16", cidr_block_associations = [], enable_dns_support = true }
  }

  override_data {
    target = data.aws_security_group.function["elsewhere/0"]
    values = { id = "sg-8", name = "elsewhere", vpc_id = "vpc-3" }
  }

  override_data {
    target = data.aws_subnet.function["elsewhere/0"]
    values = { vpc_id = "vpc-3", availability_zone = "eu-west-1a", cidr_block = "10.3.0.0/24" }
  }

  override_data {
    target = data.aws_vpc.tunnel["data"]
    values = { id = "vpc-2", cidr_block = "10.2.0.0/16", cidr_block_associations = [] }
  }

  assert {
    condition = jsonencode({ tunnels = output.manifest.tunnels, functions = { for name, f in output.manifest.functions : name => f.tunnel } }) == jsonencode({
      tunnels = {
        data    = { function_name = "live-debug-dev-tom-tunnel-data", allow = ["db.internal:5432", "10.2.0.0/24:*"] }
        default = { function_name = "live-debug-dev-tom-tunnel", allow = ["10.0.0.0/16:*", "100.64.0.0/16:*"] }
      }
      functions = { elsewhere = false, orders = "default", outside = "default", reports = "data" }
    })
    error_message = "Each function uses the tunnel in its VPC, or none: ${jsonencode(output.manifest)}"
  }

  assert {
    condition = (
      length(aws_iam_role.tunnel) == 1
      && aws_lambda_function.tunnel["data"].role == "arn:aws:iam::123456789012:role/ours"
      && aws_iam_role_policy.tunnel["data"].role == "ours"
      && [for statement in jsondecode(aws_iam_role_policy.tunnel["data"].policy).Statement : statement.Sid] == [
        "ConnectToRelay", "PostThroughRelay", "ReadOwnStage", "WriteOwnLogs", "DenyVpcToCode",
      ]
    )
    error_message = "Your own role has its VPC permissions itself, and keeps them: ${aws_iam_role_policy.tunnel["data"].policy}"
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(output.developer_policy_json).Statement : statement.Resource if statement.Sid == "StartTunnel"
      ])) == toset([
      "arn:aws:lambda:eu-west-1:123456789012:function:live-debug-dev-tom-tunnel",
      "arn:aws:lambda:eu-west-1:123456789012:function:live-debug-dev-tom-tunnel-data",
    ])
    error_message = "A developer may start each of them: ${output.developer_policy_json}"
  }

  assert {
    condition = strcontains(output.vpn_guidance, join("\n", [
      "# in tunnel.others, under a name of yours", "NAME = {", "  subnet_ids         = [\"subnet-y\"]", "  security_group_ids = [\"sg-8\"]", "}",
    ]))
    error_message = "The guidance has what is missing for the VPC without a tunnel: ${output.vpn_guidance}"
  }
}

run "more_functions_than_one_policy_holds" {
  variables {
    create_developer_policy = true
    functions               = { for index in range(46) : "f${index}" => { handler = "src/f.handler", runtime = "nodejs22.x" } }
    tunnel                  = { subnet_ids = ["subnet-a"], security_group_ids = ["sg-1"] }
  }

  assert {
    condition     = length(aws_iam_policy.developer) == 3 && strcontains(aws_iam_policy.developer[0].policy, "StartTunnel")
    error_message = "The first policy has it."
  }
}

run "keeps_the_rule_for_production" {
  command = plan

  variables {
    stage  = "prod"
    tunnel = { subnet_ids = ["subnet-a"], security_group_ids = ["sg-1"] }
  }

  expect_failures = [aws_dynamodb_table.this]
}

run "refuses_one_where_a_stage_may_only_be_observed" {
  command = plan

  variables {
    stage         = "prod"
    allow_observe = true
    functions     = { orders = { handler = "src/orders.handler", runtime = "nodejs22.x", mode = "wrap", function_name = "orders" } }
    tunnel        = { subnet_ids = ["subnet-a"], security_group_ids = ["sg-1"] }
  }

  expect_failures = [aws_dynamodb_table.this]
}

run "observes_without_one" {
  command = plan

  variables {
    stage         = "prod"
    allow_observe = true
    functions     = { orders = { handler = "src/orders.handler", runtime = "nodejs22.x", mode = "wrap", function_name = "orders" } }
  }

  assert {
    condition     = length(aws_dynamodb_table.this) == 1
    error_message = "The same stage is valid without a tunnel."
  }
}

# Lambda distinguishes the names, IAM does not.
run "refuses_a_function_of_the_same_name" {
  command = plan

  variables {
    functions = { Tunnel = { handler = "src/tunnel.handler", runtime = "nodejs22.x" } }
    tunnel    = { subnet_ids = ["subnet-a"], security_group_ids = ["sg-1"] }
  }

  expect_failures = [aws_dynamodb_table.this]
}

run "refuses_a_name_that_is_too_long" {
  command = plan

  variables {
    name      = "live-debug-of-the-payments-team"
    stage     = "dev-tom-feature-branch-number-01"
    functions = {}
    tunnel    = { subnet_ids = ["subnet-a"], security_group_ids = ["sg-1"] }
  }

  expect_failures = [aws_dynamodb_table.this]
}

run "refuses_two_tunnels_in_one_vpc" {
  command = plan

  variables {
    tunnel = {
      subnet_ids         = ["subnet-a"]
      security_group_ids = ["sg-1"]
      others             = { data = { subnet_ids = ["subnet-b"], security_group_ids = ["sg-1"] } }
    }
  }

  override_data {
    target = data.aws_vpc.tunnel["default"]
    values = { id = "vpc-1" }
  }

  override_data {
    target = data.aws_vpc.tunnel["data"]
    values = { id = "vpc-1" }
  }

  expect_failures = [aws_lambda_function.tunnel]
}
