# Permissions: stubs post and read who serves, developers serve their own stage, nobody else has access.

locals {
  table_arn = try(aws_dynamodb_table.this[0].arn, null)

  relay_statements = !var.enabled ? [] : [
    {
      Sid      = "ConnectToRelay"
      Effect   = "Allow"
      Action   = ["execute-api:Invoke"]
      Resource = ["${local.relay.execution_arn}/$connect"]
    },
    {
      # IAM cannot limit this to one connection, which is why messages are sealed and authenticated.
      Sid      = "PostThroughRelay"
      Effect   = "Allow"
      Action   = ["execute-api:ManageConnections"]
      Resource = ["${local.relay.execution_arn}/POST/@connections/*"]
    },
  ]

  own_stage = {
    "ForAllValues:StringEquals" = { "dynamodb:LeadingKeys" = [var.stage] }
    # ForAllValues also matches requests without any keys, which must be denied.
    Null = { "dynamodb:LeadingKeys" = "false" }
  }

  # The attributes of a client item, including those that later versions of livectl may add, so that the policy can stay. Not
  # `document` and not `secret`: no item written by a developer can pass for one of Terraform's.
  client_attributes = sort(concat(length(local.tunnels) == 0 ? [] : ["tunnel"], [
    "caller",
    "capabilities",
    "connectionId",
    "expiresAt",
    "filter",
    "host",
    "item",
    "leaseUntil",
    "observe",
    "protocol",
    "publicKey",
    "session",
    "since",
    "stage",
    "user",
    "version",
  ]))

  directory_key_statements = !var.enabled || var.kms_key_arn == null ? [] : [
    {
      Sid       = "ReadEncryptedDirectory"
      Effect    = "Allow"
      Action    = ["kms:Decrypt"]
      Resource  = [var.kms_key_arn]
      Condition = { StringLike = { "kms:ViaService" = "dynamodb.${local.region}.amazonaws.com*" } }
    },
  ]

  # What every stub of the stage needs.
  stub_statements = concat(
    local.relay_statements,
    [
      {
        Sid       = "ReadOwnStage"
        Effect    = "Allow"
        Action    = ["dynamodb:GetItem", "dynamodb:Query"]
        Resource  = [local.table_arn]
        Condition = local.own_stage
      },
    ],
    local.directory_key_statements,
  )

  # What the sources and the fallback of one function need in addition.
  function_statements = {
    for name, f in local.functions : name => concat(
      local.polling_statements[name],
      f.fallback_arn == null ? [] : [
        {
          Sid      = "InvokeFallback"
          Effect   = "Allow"
          Action   = ["lambda:InvokeFunction"]
          Resource = [f.fallback_arn]
        },
      ],
      [
        for arn in try([local.beside_arns[name]], []) : {
          Sid      = "InvokeStubBeside"
          Effect   = "Allow"
          Action   = ["lambda:InvokeFunction"]
          Resource = [arn]
        }
      ],
    )
  }

  stub_policies = {
    for name, statements in local.function_statements : name => jsonencode({
      Version   = "2012-10-17"
      Statement = concat(local.stub_statements, statements)
    })
  }

  # The functions of each given role. A role has one policy for all of them: its inline policies share 10,240 characters.
  given_roles = {
    for name, f in local.functions : coalesce(f.role_key, try(f.role.name, null)) => name... if f.role != null && f.attach_policy
  }

  given_role_policies = {
    for key, names in local.given_roles : key => jsonencode({
      Version = "2012-10-17"
      Statement = concat(
        local.stub_statements,
        [
          for same in values({ for statement in flatten([for name in names : local.function_statements[name]]) : statement.Sid => statement... }) :
          merge(same[0], { Resource = sort(distinct(flatten(same[*].Resource))) })
        ],
      )
    })
  }

  developer_statements = concat(
    # Who only observes answers nobody.
    [for statement in local.relay_statements : statement if !local.observe_only || statement.Sid != "PostThroughRelay"],
    [
      {
        Sid      = "ReadOwnStage"
        Effect   = "Allow"
        Action   = ["dynamodb:GetItem", "dynamodb:Query"]
        Resource = [local.table_arn]
        Condition = {
          "ForAllValues:StringEquals" = { "dynamodb:LeadingKeys" = [var.stage, local.manifest_partition] }
          Null                        = { "dynamodb:LeadingKeys" = "false" }
        }
      },
      {
        Sid      = "ServeOwnStage"
        Effect   = "Allow"
        Action   = ["dynamodb:PutItem", "dynamodb:UpdateItem"]
        Resource = [local.table_arn]
        Condition = {
          "ForAllValues:StringEquals" = {
            "dynamodb:Attributes"  = local.client_attributes
            "dynamodb:LeadingKeys" = [var.stage]
          }
          Null = {
            "dynamodb:Attributes"  = "false"
            "dynamodb:LeadingKeys" = "false"
          }
        }
      },
      {
        # Deleting writes no attribute.
        Sid       = "GiveBackOwnStage"
        Effect    = "Allow"
        Action    = ["dynamodb:DeleteItem"]
        Resource  = [local.table_arn]
        Condition = local.own_stage
      },
    ],
    length(local.tunnels) == 0 ? [] : [
      {
        Sid      = "StartTunnel"
        Effect   = "Allow"
        Action   = ["lambda:InvokeFunction"]
        Resource = sort(values(local.tunnel_function_arns))
      },
    ],
    length(local.developer_layers) == 0 ? [] : [
      {
        Sid      = "FetchLayers"
        Effect   = "Allow"
        Action   = ["lambda:GetLayerVersion"]
        Resource = local.developer_layers
      },
    ],
    local.directory_key_statements,
  )

  # The layers that livectl may fetch; those with local folders it does not ask for. IAM refuses a policy with anything but an ARN, and a
  # layer's name has no wildcards. Who only observes runs no code.
  developer_layers = local.observe_only ? [] : sort(distinct(flatten([
    for f in values(local.functions) : [
      for arn in f.layers : arn if length(f.layer_dirs) == 0 && can(regex("^arn:[a-z-]+:lambda:[a-z0-9-]+:[0-9]{12}:layer:[a-zA-Z0-9_-]+:[0-9]+$", arn))
    ]
  ])))

  # What a tunnel needs. Its own code may not use what Lambda needs to attach it to the VPC, as AWS recommends:
  # https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
  tunnel_policies = {
    for key, arn in local.tunnel_function_arns : key => jsonencode({
      Version = "2012-10-17"
      Statement = concat(
        local.relay_statements,
        [
          {
            Sid       = "ReadOwnStage"
            Effect    = "Allow"
            Action    = ["dynamodb:GetItem"]
            Resource  = [local.table_arn]
            Condition = local.own_stage
          },
          {
            Sid      = "WriteOwnLogs"
            Effect   = "Allow"
            Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
            Resource = ["${aws_cloudwatch_log_group.tunnel[key].arn}:*"]
          },
        ],
        local.directory_key_statements,
        # Lambda refuses single network interfaces, and EC2 describes all or none.
        local.tunnels[key].role != null ? [] : [
          {
            Sid      = "AttachToVpc"
            Effect   = "Allow"
            Action   = local.attach_actions
            Resource = ["arn:${local.partition}:ec2:${local.region}:${local.account_id}:*/*"]
          },
          {
            Sid      = "DescribeVpc"
            Effect   = "Allow"
            Action   = local.attach_describe_actions
            Resource = ["*"]
          },
        ],
        [
          {
            Sid       = "DenyVpcToCode"
            Effect    = "Deny"
            Action    = sort(concat(local.attach_actions, local.attach_describe_actions))
            Resource  = ["*"]
            Condition = { ArnEquals = { "lambda:SourceFunctionArn" = arn } }
          },
        ],
      )
    })
  }

  attach_actions = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:UnassignPrivateIpAddresses",
  ]
  attach_describe_actions = ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"]

  tunnel_roles = merge(
    { for key, tunnel in local.tunnels : key => tunnel.role if tunnel.role != null },
    { for key, role in aws_iam_role.tunnel : key => { name = role.name, arn = role.arn } },
  )

  # Listed, since a pattern such as `live-debug-dev-*` would include another stage's environment variables. By name, since the
  # policy outlives functions that the module creates.
  # None where a stage may only be observed: production's variables are not the developers' to read.
  developer_function_names = local.observe_only ? [] : sort(concat(
    [for name in keys(local.functions) : local.function_names[name]],
    # A durable function is invoked through a version or an alias only.
    [for name, f in local.functions : "${local.function_names[name]}:*" if f.durable_config != null || f.qualifier != null],
    values(local.beside_names),
  ))
  developer_function_statements = [
    for names in chunklist(local.developer_function_names, 45) : {
      Sid    = "ReadAndInvokeOwnFunctions"
      Effect = "Allow"
      Action = concat(
        ["lambda:GetFunctionConfiguration", "lambda:InvokeFunction"],
        length(local.function_urls) == 0 ? [] : ["lambda:InvokeFunctionUrl"],
      )
      Resource = [for name in names : "arn:${local.partition}:lambda:${local.region}:${local.account_id}:function:${name}"]
    }
  ]

  developer_policy = !var.enabled ? null : jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      local.developer_statements,
      length(local.developer_function_names) == 0 ? [] : [
        merge(local.developer_function_statements[0], { Resource = sort(flatten(local.developer_function_statements[*].Resource)) }),
      ],
      local.observe_only ? [] : local.publishing_statements,
    )
  })

  # The same in parts that fit into a managed policy. 45 ARNs with the longest names have 5,800 characters.
  # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
  developer_policies = !var.enabled ? [] : length(local.developer_function_names) <= 45 ? [local.developer_policy] : concat(
    [jsonencode({ Version = "2012-10-17", Statement = concat(local.developer_statements, local.publishing_statements) })],
    [for statement in local.developer_function_statements : jsonencode({ Version = "2012-10-17", Statement = [statement] })],
  )

  # The roles to create: for functions that the module creates, unless a role is given.
  made_role_names = { for name in local.created_names : name => name if local.functions[name].role == null }

  stub_policy_names = { for name in local.made_role_names : name => name if local.functions[name].attach_policy }

  # The role of each function that has one, given or created.
  made_roles = { for name in local.made_role_names : name => aws_iam_role.this[name] }
  role_names = merge({ for name, f in local.functions : name => f.role.name if f.role != null }, { for name, role in local.made_roles : name => role.name })
  role_arns  = merge({ for name, f in local.functions : name => f.role.arn if f.role != null }, { for name, role in local.made_roles : name => role.arn })

  stub_policy_ids   = concat([for policy in aws_iam_role_policy.stub : policy.id], [for policy in aws_iam_role_policy.given : policy.id])
  function_policies = { for name in local.made_role_names : name => aws_iam_role_policy.function[name].policy }
}

resource "aws_iam_role" "this" {
  for_each = local.made_role_names

  # The function's own rule refuses a name that is too long, with a clearer message.
  name                 = substr(local.function_names[each.key], 0, 64)
  description          = "Role of the live debugging stub ${local.function_names[each.key]}, and of the code that answers for it"
  permissions_boundary = var.permissions_boundary

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Action    = "sts:AssumeRole"
        Principal = { Service = "lambda.amazonaws.com" }
      },
    ]
  })

  tags = merge(var.tags, local.functions[each.key].tags)
}

# The permissions of basic execution, limited to the function's own log group (otherwise a late log line would create it again
# after a destroy), and what your code may do.
resource "aws_iam_role_policy" "function" {
  for_each = local.made_role_names

  name = "function"
  role = local.role_names[each.key]

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid      = "WriteOwnLogs"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = ["${local.log_group_arns[each.key]}:*"]
        },
      ],
      var.tracing_mode != "Active" ? [] : [
        {
          Sid      = "WriteTraces"
          Effect   = "Allow"
          Action   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
          Resource = ["*"]
        },
      ],
      !try(local.functions[each.key].vpc_config.place_stub_in_vpc, false) ? [] : [
        {
          # As in AWSLambdaVPCAccessExecutionRole: Lambda attaches the function to its subnets with this role.
          Sid    = "AttachToVpc"
          Effect = "Allow"
          Action = [
            "ec2:AssignPrivateIpAddresses",
            "ec2:CreateNetworkInterface",
            "ec2:DeleteNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets",
            "ec2:UnassignPrivateIpAddresses",
          ]
          Resource = ["*"]
        },
      ],
      local.functions[each.key].policy_json == null ? [] : flatten([jsondecode(local.functions[each.key].policy_json).Statement]),
    )
  })
}

resource "aws_iam_role_policy" "stub" {
  for_each = local.stub_policy_names

  name   = "${local.name}-${each.key}"
  role   = local.role_names[each.key]
  policy = local.stub_policies[each.key]

  lifecycle {
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    precondition {
      condition = length(local.stub_policies[each.key]) + length(local.function_policies[each.key]) <= 10240
      error_message = join("", [
        "The inline policies of the role of functions[\"${each.key}\"] have ",
        "${length(local.stub_policies[each.key]) + length(local.function_policies[each.key])} characters; IAM allows ",
        "10,240 for a role. Give the function your own role (role = aws_iam_role.${replace(each.key, "-", "_")}) ",
        "with a managed policy in place of policy_json.",
      ])
    }
  }
}

# Your functions become stubs after this exists, and stop being stubs before it is destroyed: see outputs.tf.
resource "aws_iam_role_policy" "given" {
  for_each = local.given_roles # Not known? Write role_key beside role, the same for functions that share it.

  # A replacement exists for a moment beside the old one.
  name_prefix = "${local.name}-"
  role        = local.functions[each.value[0]].role.name
  policy      = local.given_role_policies[each.key]

  lifecycle {
    create_before_destroy = true

    precondition {
      condition = length(distinct([for name in each.value : local.functions[name].role.name])) == 1
      error_message = join("", [
        "functions[*].role must be the same for all functions whose role_key is \"${each.key}\": ${join(", ", each.value)} have ",
        "${join(", ", distinct([for name in each.value : local.functions[name].role.name]))}.",
      ])
    }

    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    precondition {
      condition = length(local.given_role_policies[each.key]) <= 10240
      error_message = join("", [
        "The policy of role ${local.functions[each.value[0]].role.name} for ${length(each.value)} functions has ",
        "${length(local.given_role_policies[each.key])} characters; IAM allows 10,240 for all inline policies of a role. ",
        "Give some of these functions another role, or set attach_policy = false for some of them and attach ",
        "functions[*].stub_policy_json as a managed policy.",
      ])
    }
  }
}

resource "aws_iam_role" "tunnel" {
  for_each = local.made_tunnel_roles

  # The rule for `tunnel` refuses a name that is too long, with a clearer message.
  name                 = substr(each.value, 0, 64)
  description          = "Role of the live debugging tunnel ${each.value}"
  permissions_boundary = var.permissions_boundary

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Action    = "sts:AssumeRole"
        Principal = { Service = "lambda.amazonaws.com" }
      },
    ]
  })

  tags = var.tags
}

resource "aws_iam_role_policy" "tunnel" {
  for_each = local.tunnel_names

  name   = each.value
  role   = local.tunnel_roles[each.key].name
  policy = local.tunnel_policies[each.key]
}

resource "aws_iam_policy" "developer" {
  count = var.create_developer_policy ? length(local.developer_policies) : 0

  # A change of name or description replaces a policy, and the replacement exists beside the old one: change neither.
  name        = "${local.name}-developer${count.index == 0 ? "" : "-${count.index + 1}"}"
  description = "Serve stage ${var.stage}: livectl serve --stage ${var.stage}"
  policy      = local.developer_policies[count.index]

  tags = var.tags

  lifecycle {
    create_before_destroy = true

    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    precondition {
      condition = length(local.developer_policies[count.index]) <= 6144
      error_message = join("", [
        "The developer policy of stage ${var.stage} has ${length(local.developer_policies[count.index])} characters; IAM ",
        "allows 6,144 for a managed policy. It has the names of ${length(local.functions)} functions and the ARNs of their layers ",
        "and of existing sources. Set create_developer_policy = false and use the output developer_policy_json as an inline policy of a role ",
        "(10,240 characters; a group allows 5,120), or split the functions into two stages.",
      ])
    }
  }
}
