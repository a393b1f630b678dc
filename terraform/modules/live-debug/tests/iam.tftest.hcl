# Every IAM statement, decoded: anything else is not allowed.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  stage = "dev-tom"
  functions = {
    made = {
      handler     = "a.handler"
      runtime     = "nodejs22.x"
      policy_json = "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"s3:GetObject\",\"Resource\":\"*\"}}"
    }
    plain = { handler = "b.handler", runtime = "nodejs22.x" }
    given = {
      handler      = "c.handler"
      runtime      = "nodejs22.x"
      role         = { name = "orders", arn = "arn:aws:iam::123456789012:role/team/orders" }
      fallback_arn = "arn:aws:lambda:eu-west-1:123456789012:function:orders-real:7"
    }
    own       = { handler = "d.handler", runtime = "nodejs22.x", create = false, role = { name = "own", arn = "arn:aws:iam::123456789012:role/own" } }
    own_alone = { handler = "e.handler", runtime = "nodejs22.x", create = false }
    untouched = {
      handler       = "f.handler"
      runtime       = "nodejs22.x"
      attach_policy = false
      role          = { name = "locked", arn = "arn:aws:iam::123456789012:role/locked" }
    }
  }
}

run "stubs_and_developers" {
  assert {
    condition = jsondecode(aws_iam_role_policy.stub["made"].policy) == jsondecode(<<-JSON
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
            "Sid": "ReadOwnStage", "Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:Query"],
            "Resource": ["arn:aws:dynamodb:eu-west-1:123456789012:table/live-debug-dev-tom"],
            "Condition": {
              "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": ["dev-tom"] },
              "Null": { "dynamodb:LeadingKeys": "false" }
            }
          }
        ]
      }
    JSON
    )
    error_message = "A stub may only connect, post and read its own stage."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.given["orders"].policy).Statement[3] == {
      Sid      = "InvokeFallback", Effect = "Allow", Action = ["lambda:InvokeFunction"]
      Resource = ["arn:aws:lambda:eu-west-1:123456789012:function:orders-real:7"]
    }
    error_message = "With a fallback, the stub may invoke that function."
  }

  assert {
    condition     = toset(keys(aws_iam_role_policy.stub)) == toset(["made", "plain"]) && toset(keys(aws_iam_role_policy.given)) == toset(["orders", "own"])
    error_message = "Created and given roles get the policy, except those with attach_policy = false or of unknown functions."
  }

  assert {
    condition = (
      aws_iam_role_policy.given["orders"].role == "orders"
      && aws_iam_role_policy.given["own"].role == "own"
      && aws_iam_role_policy.given["own"].name_prefix == "live-debug-dev-tom-"
    )
    error_message = "On a given role, its name contains the stage."
  }

  assert {
    condition = (
      aws_lambda_function.this["given"].role == "arn:aws:iam::123456789012:role/team/orders"
      && aws_lambda_function.this["made"].role == "arn:aws:iam::123456789012:role/stub"
    )
    error_message = "Stubs run with the given or created role."
  }

  assert {
    condition = (
      toset(keys(aws_lambda_function.this)) == toset(["made", "plain", "given", "untouched"])
      && toset(keys(output.manifest.functions)) == toset(keys(var.functions))
    )
    error_message = "create = false creates no function, but the manifest has it."
  }

  assert {
    condition = (
      output.functions["own_alone"].function_arn == "arn:aws:lambda:eu-west-1:123456789012:function:live-debug-dev-tom-own_alone"
      && output.functions["own_alone"].stub_policy_json == aws_iam_role_policy.given["own"].policy
      && output.functions["own_alone"].role_arn == null
    )
    error_message = "The policy is an output, to be attached elsewhere."
  }

  assert {
    condition     = toset(keys(aws_iam_role.this)) == toset(["made", "plain"])
    error_message = "A role is created if none is given."
  }

  assert {
    condition = jsondecode(aws_iam_role.this["made"].assume_role_policy) == {
      Version   = "2012-10-17"
      Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
    }
    error_message = "Only Lambda can assume it."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.function["made"].policy).Statement == [
      {
        Sid      = "WriteOwnLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["arn:aws:logs:eu-west-1:123456789012:log-group:stub:*"]
      },
      { Effect = "Allow", Action = "s3:GetObject", Resource = "*" },
    ]
    error_message = "It may write its own logs and do what policy_json allows."
  }

  assert {
    condition     = length(jsondecode(aws_iam_role_policy.function["plain"].policy).Statement) == 1
    error_message = "Without a policy it may only write its logs."
  }

  assert {
    condition = jsondecode(output.developer_policy_json) == jsondecode(<<-JSON
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
            "Sid": "ReadOwnStage", "Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:Query"],
            "Resource": ["arn:aws:dynamodb:eu-west-1:123456789012:table/live-debug-dev-tom"],
            "Condition": {
              "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": ["dev-tom", "dev-tom#manifest"] },
              "Null": { "dynamodb:LeadingKeys": "false" }
            }
          },
          {
            "Sid": "ServeOwnStage", "Effect": "Allow", "Action": ["dynamodb:PutItem", "dynamodb:UpdateItem"],
            "Resource": ["arn:aws:dynamodb:eu-west-1:123456789012:table/live-debug-dev-tom"],
            "Condition": {
              "ForAllValues:StringEquals": {
                "dynamodb:Attributes": [
                  "caller", "capabilities", "connectionId", "expiresAt", "filter", "host", "item", "leaseUntil", "observe",
                  "protocol", "publicKey", "session", "since", "stage", "user", "version"
                ],
                "dynamodb:LeadingKeys": ["dev-tom"]
              },
              "Null": { "dynamodb:Attributes": "false", "dynamodb:LeadingKeys": "false" }
            }
          },
          {
            "Sid": "GiveBackOwnStage", "Effect": "Allow", "Action": ["dynamodb:DeleteItem"],
            "Resource": ["arn:aws:dynamodb:eu-west-1:123456789012:table/live-debug-dev-tom"],
            "Condition": {
              "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": ["dev-tom"] },
              "Null": { "dynamodb:LeadingKeys": "false" }
            }
          },
          {
            "Sid": "ReadAndInvokeOwnFunctions", "Effect": "Allow",
            "Action": ["lambda:GetFunctionConfiguration", "lambda:InvokeFunction"],
            "Resource": ${jsonencode(sort([for f in values(output.functions) : "arn:aws:lambda:eu-west-1:123456789012:function:${f.function_name}"]))}
          }
        ]
      }
    JSON
    )
    error_message = "A developer may only connect, post, serve the one stage, read its functions' configuration and invoke them."
  }

  assert {
    condition     = length(aws_iam_policy.developer) == 0
    error_message = "There is no managed policy by default."
  }
}

run "durable_functions_are_invoked_by_version" {
  variables {
    functions = {
      orders = {
        handler        = "a.handler"
        runtime        = "nodejs22.x"
        create         = false
        function_name  = "orders"
        durable_config = { execution_timeout = 3600 }
        layers = [
          "arn:aws:lambda:us-east-1:580247275435:layer:vendor:14",
          "arn:aws:lambda:eu-west-1:123456789012:layer:shared:3",
          "arn:aws:lambda:eu-west-1:123456789012:layer:shared:*",
          "shared:3",
        ]
      }
      plain = {
        handler       = "a.handler"
        runtime       = "nodejs22.x"
        create        = false
        function_name = "plain"
        layers        = ["arn:aws:lambda:eu-west-1:123456789012:layer:shared:3"]
      }
      local = {
        handler       = "a.handler"
        runtime       = "nodejs22.x"
        create        = false
        function_name = "local"
        layers        = ["arn:aws:lambda:eu-west-1:123456789012:layer:local:1"]
        layer_dirs    = ["layers/local"]
      }
    }
  }

  assert {
    condition = [for statement in jsondecode(output.developer_policy_json).Statement :
      statement.Resource if statement.Sid == "ReadAndInvokeOwnFunctions"
      ][0] == [
      "arn:aws:lambda:eu-west-1:123456789012:function:local",
      "arn:aws:lambda:eu-west-1:123456789012:function:orders", "arn:aws:lambda:eu-west-1:123456789012:function:orders:*",
      "arn:aws:lambda:eu-west-1:123456789012:function:plain",
    ]
    error_message = "A durable function may be invoked through any of its versions and aliases, others directly."
  }

  assert {
    condition = [for statement in jsondecode(output.developer_policy_json).Statement :
      [statement.Action, statement.Resource] if statement.Sid == "FetchLayers"
      ] == [[["lambda:GetLayerVersion"], [
        "arn:aws:lambda:eu-west-1:123456789012:layer:shared:3",
        "arn:aws:lambda:us-east-1:580247275435:layer:vendor:14",
    ]]]
    error_message = "The exact layer versions may be fetched, each named once; none that has a local folder, and nothing that is not one."
  }
}

run "one_policy_for_functions_that_share_a_role" {
  variables {
    functions = merge(
      { for number in range(40) : "shares-${number}" => {
        handler      = "a.handler"
        runtime      = "nodejs22.x"
        create       = number > 1
        role         = { name = "shared", arn = "arn:aws:iam::123456789012:role/shared" }
        fallback_arn = number > 1 ? null : "arn:aws:lambda:eu-west-1:123456789012:function:real-${number}"
        triggers     = number > 2 ? {} : { sqs = { queue_arn = "arn:aws:sqs:eu-west-1:123456789012:queue-${number}" } }
      } },
      {
        other = { handler = "b.handler", runtime = "nodejs22.x", role = { name = "other", arn = "arn:aws:iam::123456789012:role/other" } }
        locked = {
          handler       = "b.handler"
          runtime       = "nodejs22.x"
          role          = { name = "shared", arn = "arn:aws:iam::123456789012:role/shared" }
          attach_policy = false
          fallback_arn  = "arn:aws:lambda:eu-west-1:123456789012:function:locked"
        }
        by_key = {
          handler  = "b.handler"
          runtime  = "nodejs22.x"
          role     = { name = "generated", arn = "arn:aws:iam::123456789012:role/generated" }
          role_key = "key"
        }
        by_key2 = {
          handler  = "b.handler"
          runtime  = "nodejs22.x"
          role     = { name = "generated", arn = "arn:aws:iam::123456789012:role/generated" }
          role_key = "key"
        }
      },
    )
  }

  assert {
    condition = (
      toset(keys(aws_iam_role_policy.given)) == toset(["shared", "other", "key"])
      && aws_iam_role_policy.given["key"].role == "generated"
      && length(aws_iam_role_policy.stub) == 0
    )
    error_message = "Each role gets one policy, by its name or by its functions' role_key."
  }

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.given["shared"].policy).Statement :
      statement.Sid => statement.Resource
      if !startswith(statement.Sid, "PostT") && !contains(["ConnectToRelay", "ReadOwnStage"], statement.Sid)
      } == {
      InvokeFallback = ["arn:aws:lambda:eu-west-1:123456789012:function:real-0", "arn:aws:lambda:eu-west-1:123456789012:function:real-1"]
      PollQueue = [
        "arn:aws:sqs:eu-west-1:123456789012:queue-0",
        "arn:aws:sqs:eu-west-1:123456789012:queue-1",
        "arn:aws:sqs:eu-west-1:123456789012:queue-2"
      ]
    }
    error_message = "It has what each of its functions needs, and nothing for a function with attach_policy = false."
  }
}

run "refuses_two_roles_under_one_key" {
  command = plan

  variables {
    functions = {
      for name in ["one", "two"] :
      name => {
        handler  = "a.handler"
        runtime  = "nodejs22.x"
        role     = { name = name, arn = "arn:aws:iam::123456789012:role/${name}" }
        role_key = "same"
      }
    }
  }

  expect_failures = [aws_iam_role_policy.given]
}

run "refuses_a_policy_too_long_for_a_role" {
  command = plan

  variables {
    functions = { for number in range(120) : "function-${number}" => {
      handler      = "a.handler"
      runtime      = "nodejs22.x"
      create       = false
      role         = { name = "shared", arn = "arn:aws:iam::123456789012:role/shared" }
      fallback_arn = "arn:aws:lambda:eu-west-1:123456789012:function:the-real-one-with-a-long-name-${number}"
    } }
  }

  expect_failures = [aws_iam_role_policy.given]
}

run "tracing" {
  variables {
    tracing_mode = "Active"
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.function["plain"].policy).Statement[1] == {
      Sid      = "WriteTraces"
      Effect   = "Allow"
      Action   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
      Resource = ["*"]
    }
    error_message = "Active tracing may write traces."
  }
}

run "key_statements" {
  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/1"
  }

  assert {
    condition = alltrue([
      for policy in [aws_iam_role_policy.stub["plain"].policy, output.developer_policy_json] :
      [for statement in jsondecode(policy).Statement : statement if statement.Sid == "ReadEncryptedDirectory"][0] == {
        Sid       = "ReadEncryptedDirectory", Effect = "Allow", Action = ["kms:Decrypt"], Resource = ["arn:aws:kms:eu-west-1:123456789012:key/1"]
        Condition = { StringLike = { "kms:ViaService" = "dynamodb.eu-west-1.amazonaws.com*" } }
    }])
    error_message = "With a key, both may use it, but only through DynamoDB."
  }
}

run "developers_of_45_functions_with_triggers" {
  variables {
    create_developer_policy = true
    functions = { for number in range(45) : "function-number-${number}" => {
      handler = "a.handler"
      runtime = "nodejs22.x"
      create  = false
      triggers = {
        function_url = {}
        sns          = {}
        sqs          = {}
        s3           = { bucket_name = "uploads", filter_prefix = "${number}/" }
        kinesis      = {}
        eventbridge  = { event_bus_name = "orders", event_pattern = "{\"source\":[\"shop\"]}" }
      }
    } }
  }

  assert {
    condition     = length(aws_iam_policy.developer[0].policy) <= 6144
    error_message = "45 functions with the created resources of their triggers fit into a managed policy."
  }
}

run "developers_of_more_functions_than_one_policy_holds" {
  variables {
    create_developer_policy = true
    functions = { for number in range(120) : "function-${number}" => {
      handler       = "a.handler"
      runtime       = "nodejs22.x"
      create        = false
      function_name = substr("a-function-with-a-name-of-64-characters-that-lambda-takes-${number}-end-of-it", 0, 64)
    } }
  }

  assert {
    condition = (
      aws_iam_policy.developer[*].name == [
        "live-debug-dev-tom-developer",
        "live-debug-dev-tom-developer-2",
        "live-debug-dev-tom-developer-3",
        "live-debug-dev-tom-developer-4"
      ]
      && length(output.developer_policy_arns) == 4
    )
    error_message = "There is one more policy for each 45 functions."
  }

  assert {
    condition     = alltrue([for policy in aws_iam_policy.developer : length(policy.policy) <= 6144])
    error_message = "Each fits into a managed policy."
  }

  assert {
    condition = toset(
      flatten([
        for policy in aws_iam_policy.developer :
        [
          for statement in jsondecode(policy.policy).Statement :
          [for resource in flatten([statement.Resource]) : "${join(",", statement.Action)} ${resource}"]
        ]
      ])
      ) == toset(
      flatten([
        for statement in jsondecode(output.developer_policy_json).Statement :
        [for resource in flatten([statement.Resource]) : "${join(",", statement.Action)} ${resource}"]
      ])
    )
    error_message = "Together they allow the same as one policy."
  }
}

run "developers_of_sources_too_long_for_a_managed_policy" {
  command = plan

  variables {
    create_developer_policy = true
    functions = { for number in range(45) : "function-${number}" => {
      handler  = "a.handler"
      runtime  = "nodejs22.x"
      create   = false
      triggers = { sns = { topic_arn = "arn:aws:sns:eu-west-1:123456789012:an-existing-topic-${number}" } }
    } }
  }

  expect_failures = [aws_iam_policy.developer]
}
