# A live stage: its resources and its outputs.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  stage = "dev-tom"
  tags  = { team = "orders" }
  functions = {
    hello = {
      handler     = "src/hello.handler"
      runtime     = "nodejs22.x"
      timeout     = 10
      memory_size = 256
      esbuild     = { packages = "auto" }
      environment = { GREETING = "hi", AWS_LAMBDA_EXEC_WRAPPER = "/opt/wrapper", NODE_OPTIONS = "--import some-apm" }
    }
    slow = {
      handler       = "app.handler"
      runtime       = "python3.13"
      timeout       = 899
      function_name = "slow-one"
      source_dir    = "services/slow"
      build         = ["make"]
      command       = ["python3", "-m", "awslambdaric", "app.handler"]
      esbuild       = { packages = "bundle", loader = { ".sql" = "text" }, keep_names = false, inject = ["shim.js"] }
      layers        = ["arn:aws:lambda:eu-west-1:123456789012:layer:pandas:1"]
      layer_dirs    = ["layers/pandas"]
      watch         = ["*.sql"]
      fallback_arn  = "arn:aws:lambda:eu-west-1:123456789012:function:slow-real"
      tags          = { cost = "high" }

      reserved_concurrent_executions = 2
    }
  }
}

run "creates_relay_directory_and_stubs" {
  assert {
    condition = (
      aws_apigatewayv2_api.this[0].protocol_type == "WEBSOCKET"
      && aws_apigatewayv2_api.this[0].route_selection_expression == "$request.body.action"
    )
    error_message = "The relay is a WebSocket API that routes by action."
  }

  assert {
    condition = (
      aws_apigatewayv2_route.connect[0].route_key == "$connect"
      && aws_apigatewayv2_route.connect[0].authorization_type == "AWS_IAM"
      && aws_apigatewayv2_route.connect[0].target == null
    )
    error_message = "$connect is signed and has no integration."
  }

  assert {
    condition     = tomap({ for key, route in aws_apigatewayv2_route.mock : key => route.route_key }) == tomap({ hello = "hello", "$default" = "$default" })
    error_message = "hello and $default are the other routes."
  }

  assert {
    condition = alltrue([
      for integration in aws_apigatewayv2_integration.mock :
      integration.integration_type == "MOCK"
      && jsondecode(integration.request_templates["$default"]) == { statusCode = 200 }
      && integration.template_selection_expression == "\\$default"
    ])
    error_message = "Both are MOCK integrations that answer 200 whatever the message."
  }

  assert {
    condition = tomap({ for key, response in aws_apigatewayv2_integration_response.mock : key => response.response_templates["$default"] }) == tomap({
      hello      = "{\"connectionId\":\"$context.connectionId\"}"
      "$default" = "{\"pong\":true}"
    })
    error_message = "hello answers the peer's connection id, $default pong."
  }

  assert {
    condition = alltrue([
      for key in ["hello", "$default"] :
      aws_apigatewayv2_route_response.mock[key].route_response_key == "$default"
      && aws_apigatewayv2_route.mock[key].route_response_selection_expression == "$default"
      && aws_apigatewayv2_integration_response.mock[key].integration_response_key == "/200/"
    ])
    error_message = "Both routes return their answer."
  }

  assert {
    condition     = aws_apigatewayv2_stage.this[0].name == "live" && aws_apigatewayv2_stage.this[0].auto_deploy
    error_message = "The stage is named live and is deployed automatically."
  }

  assert {
    condition = alltrue([for settings in aws_apigatewayv2_stage.this[0].default_route_settings :
      !settings.data_trace_enabled && settings.logging_level == "OFF" && settings.throttling_rate_limit == 1000 && settings.throttling_burst_limit == 500
    ]) && length(aws_apigatewayv2_stage.this[0].access_log_settings) == 0
    error_message = "Routes are throttled, and nothing is logged."
  }

  assert {
    condition = (
      aws_dynamodb_table.this[0].name == "live-debug-dev-tom"
      && aws_dynamodb_table.this[0].hash_key == "stage"
      && aws_dynamodb_table.this[0].range_key == "item"
      && aws_dynamodb_table.this[0].billing_mode == "PAY_PER_REQUEST"
    )
    error_message = "The table has the name, keys and billing that livectl expects."
  }

  assert {
    condition = (
      aws_dynamodb_table.this[0].ttl[0].attribute_name == "expiresAt"
      && aws_dynamodb_table.this[0].ttl[0].enabled
      && aws_dynamodb_table.this[0].server_side_encryption[0].enabled
      && !aws_dynamodb_table.this[0].point_in_time_recovery[0].enabled
    )
    error_message = "Items expire and are encrypted; there is no recovery."
  }

  assert {
    condition = {
      for key, value in jsondecode(aws_dynamodb_table_item.manifest[0].item) : key => value if key != "document"
    } == { stage = { S = "dev-tom#manifest" }, item = { S = "manifest" }, version = { N = "1" } }
    error_message = "The manifest item has its key and version."
  }

  assert {
    condition = {
      for key, value in jsondecode(aws_dynamodb_table_item.manifest_of_0_1[0].item) : key => value if key != "document"
    } == { stage = { S = "dev-tom" }, item = { S = "manifest" }, version = { N = "1" } }
    error_message = "There is also a manifest where livectl 0.1 looks for it."
  }

  assert {
    condition     = output.manifest.stub == { code_sha256 = filebase64sha256("./dist/stub.zip"), understands = ["filters", "observe"] }
    error_message = "The manifest has the hash of the stub's package, as Lambda reports it."
  }

  assert {
    condition = jsondecode(aws_dynamodb_table_item.secret[0].item) == {
      stage = { S = "dev-tom#manifest" }, item = { S = "secret" }, secret = { S = output.environment["hello"].LIVE_DEBUG_SECRET }
    }
    error_message = "The directory has the stubs' secret, in the manifest's partition."
  }

  assert {
    condition = (
      can(regex("^[A-Za-z0-9+/]{43}=$", output.environment["hello"].LIVE_DEBUG_SECRET))
      && length(toset([for variables in values(output.environment) : variables.LIVE_DEBUG_SECRET])) == 1
    )
    error_message = "The secret is 256 bits in base64, one for all stubs of the stage."
  }

  assert {
    condition     = !strcontains(jsonencode([output.manifest, output.functions, output.developer_policy_json]), output.environment["hello"].LIVE_DEBUG_SECRET)
    error_message = "Only the output environment contains the secret."
  }

  assert {
    condition     = jsondecode(jsondecode(aws_dynamodb_table_item.manifest[0].item).document.S) == jsondecode(jsonencode(output.manifest))
    error_message = "The item's document equals the manifest output."
  }

  assert {
    condition = {
      for key, value in jsondecode(jsondecode(aws_dynamodb_table_item.manifest_of_0_1[0].item).document.S) :
      key => value
      if key != "functions"
      } == {
      for key, value in jsondecode(jsonencode(merge(output.manifest, { moved_to = "dev-tom#manifest" }))) :
      key => value
      if key != "functions"
    }
    error_message = "The one for livectl 0.1 is the same, and has the address of the other."
  }

  assert {
    condition = (
      {
        for name, f in jsondecode(jsondecode(aws_dynamodb_table_item.manifest_of_0_1[0].item).document.S).functions :
        name => merge(f, { esbuild = null })
      } == { for name, f in jsondecode(jsonencode(output.manifest)).functions : name => merge(f, { esbuild = null }) }
      && !strcontains(aws_dynamodb_table_item.manifest_of_0_1[0].item, "auto")
    )
    error_message = "Its functions are the same, except for what livectl 0.1 would refuse."
  }

  assert {
    condition = jsondecode(jsonencode(output.manifest)) == jsondecode(<<-JSON
      {
        "version": 1, "stage": "dev-tom", "region": "eu-west-1", "account_id": "123456789012",
        "relay": { "url": "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/live" },
        "table": "live-debug-dev-tom",
        "stub": { "code_sha256": "${filebase64sha256("./dist/stub.zip")}", "understands": ["filters", "observe"] },
        "functions": {
          "hello": {
            "function_name": "live-debug-dev-tom-hello", "function_arn": "arn:aws:lambda:eu-west-1:123456789012:function:stub",
            "handler": "src/hello.handler", "runtime": "nodejs22.x", "timeout": 10, "memory_size": 256, "source_dir": ".",
            "build": null, "command": null, "python": null, "esbuild": { "packages": "auto" }, "layers": [], "layer_dirs": [], "watch": null,
            "triggers": {}, "vpc_config": null
          },
          "slow": {
            "function_name": "slow-one", "function_arn": "arn:aws:lambda:eu-west-1:123456789012:function:stub",
            "handler": "app.handler", "runtime": "python3.13", "timeout": 899, "memory_size": 128, "source_dir": "services/slow",
            "build": ["make"], "command": ["python3", "-m", "awslambdaric", "app.handler"], "python": null,
            "esbuild": { "packages": "bundle", "loader": { ".sql": "text" }, "keep_names": false, "inject": ["shim.js"] },
            "layers": ["arn:aws:lambda:eu-west-1:123456789012:layer:pandas:1"], "layer_dirs": ["layers/pandas"], "watch": ["*.sql"],
            "fallback_arn": "arn:aws:lambda:eu-west-1:123456789012:function:slow-real",
            "triggers": {}, "vpc_config": null
          }
        },
        "vpcs": []
      }
    JSON
    )
    error_message = "The manifest has what livectl needs, and no environment variables."
  }

  assert {
    condition = alltrue([for stub in aws_lambda_function.this :
      stub.handler == "index.handler"
      && stub.runtime == "nodejs22.x"
      && tolist(stub.architectures) == tolist(["arm64"])
      && stub.filename == "./dist/stub.zip"
      && stub.source_code_hash == filebase64sha256("dist/stub.zip")
      && length(stub.layers == null ? [] : stub.layers) == 0
    ])
    error_message = "Every stub is the built zip on a Node.js runtime, without layers."
  }

  assert {
    condition = (
      aws_lambda_function.this["hello"].function_name == "live-debug-dev-tom-hello"
      && aws_lambda_function.this["hello"].timeout == 15
      && aws_lambda_function.this["hello"].memory_size == 256
      && strcontains(aws_lambda_function.this["hello"].description, "livectl serve --stage dev-tom")
    )
    error_message = "A stub has the function's memory and its timeout plus the margin, and its description has the command that serves it."
  }

  assert {
    condition = (
      aws_lambda_function.this["slow"].function_name == "slow-one"
      && aws_lambda_function.this["slow"].timeout == 900
      && aws_lambda_function.this["slow"].reserved_concurrent_executions == 2
    )
    error_message = "The timeout is at most Lambda's 900 seconds; given settings are kept."
  }

  assert {
    condition = aws_lambda_function.this["hello"].environment[0].variables == tomap({
      GREETING                = "hi"
      LIVE_DEBUG_NODE_OPTIONS = "--import some-apm"
      LIVE_DEBUG_STAGE        = "dev-tom"
      LIVE_DEBUG_FUNCTION     = "hello"
      LIVE_DEBUG_TABLE        = "live-debug-dev-tom"
      LIVE_DEBUG_RELAY        = "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/live"
      LIVE_DEBUG_SECRET       = terraform_data.secret["1"].triggers_replace
    })
    error_message = "A stub has the function's variables and its own, without a wrapper or Node options that need a layer."
  }

  assert {
    condition = (
      aws_lambda_function.this["slow"].environment[0].variables.LIVE_DEBUG_FALLBACK_ARN
      == "arn:aws:lambda:eu-west-1:123456789012:function:slow-real"
    )
    error_message = "The stub has the ARN of its fallback."
  }

  assert {
    condition = (
      aws_cloudwatch_log_group.stub["hello"].name == "/aws/lambda/live-debug-dev-tom-hello"
      && aws_cloudwatch_log_group.stub["hello"].retention_in_days == 7
    )
    error_message = "Logs are kept for a week."
  }

  assert {
    condition = (
      aws_lambda_function.this["slow"].tags == tomap({ team = "orders", cost = "high" })
      && aws_dynamodb_table.this[0].tags == tomap({ team = "orders" })
    )
    error_message = "Tags are those of the module and the function."
  }

  assert {
    condition     = output.serve_command == "livectl serve --stage dev-tom"
    error_message = "With the default name, the command has no --name."
  }

  assert {
    condition = output.relay == {
      url           = "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/live"
      execution_arn = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/live"
    }
    error_message = "The relay output can be passed to another instance."
  }

  assert {
    condition = (
      output.stub.filename == "./dist/stub.zip"
      && output.stub.source_code_hash == filebase64sha256("dist/stub.zip")
      && output.stub.handler == "index.handler"
      && output.stub.runtime == "nodejs22.x"
      && output.stub.timeout == 900
    )
    error_message = "stub has what your own function needs."
  }

  assert {
    condition = (
      output.functions["hello"].timeout == 15
      && output.functions["hello"].role_arn == "arn:aws:iam::123456789012:role/stub"
      && output.functions["hello"].log_group_name == "/aws/lambda/live-debug-dev-tom-hello"
    )
    error_message = "functions describes what was created."
  }

  assert {
    condition = (
      toset(keys(output.environment["hello"])) == toset([
        "LIVE_DEBUG_STAGE",
        "LIVE_DEBUG_FUNCTION",
        "LIVE_DEBUG_TABLE",
        "LIVE_DEBUG_RELAY",
        "LIVE_DEBUG_SECRET"
      ])
      && output.developer_policy_arn == null
      && length(output.triggers) == 0
      && output.vpn_guidance == ""
    )
    error_message = "environment has only the stub's own variables."
  }
}

run "applies_options" {
  variables {
    name                   = "peek"
    throttling             = { rate_limit = 10 }
    access_logs            = { retention_in_days = 30 }
    kms_key_arn            = "arn:aws:kms:eu-west-1:123456789012:key/1"
    point_in_time_recovery = true
    stub_runtime           = "nodejs20.x"
    architecture           = "x86_64"
    timeout_margin         = 20
    log_retention_in_days  = 30
    log_kms_key_arn        = "arn:aws:kms:eu-west-1:123456789012:key/2"
    tracing_mode           = "PassThrough"

    permissions_boundary    = "arn:aws:iam::123456789012:policy/boundary"
    create_developer_policy = true
  }

  assert {
    condition = (
      output.serve_command == "livectl serve --stage dev-tom --name peek"
      && aws_dynamodb_table.this[0].name == "peek-dev-tom"
      && aws_lambda_function.this["hello"].function_name == "peek-dev-tom-hello"
    )
    error_message = "The name is a prefix, and the command has it."
  }

  assert {
    condition = alltrue([
      for settings in aws_apigatewayv2_stage.this[0].default_route_settings :
      settings.throttling_rate_limit == 10 && settings.throttling_burst_limit == 500
    ])
    error_message = "Throttling is as set."
  }

  assert {
    condition = (
      alltrue([
        for settings in aws_apigatewayv2_stage.this[0].access_log_settings :
        settings.destination_arn == "arn:aws:logs:eu-west-1:123456789012:log-group:stub"
        && !strcontains(settings.format, "body")
        && can(jsondecode(settings.format))
      ])
      && length(aws_apigatewayv2_stage.this[0].access_log_settings) == 1
      && aws_cloudwatch_log_group.relay[0].name == "/aws/apigateway/peek-dev-tom"
      && aws_cloudwatch_log_group.relay[0].retention_in_days == 30
    )
    error_message = "Access logs show who connects, without message bodies."
  }

  assert {
    condition = (
      aws_dynamodb_table.this[0].server_side_encryption[0].kms_key_arn == var.kms_key_arn
      && aws_dynamodb_table.this[0].point_in_time_recovery[0].enabled
    )
    error_message = "The table has the key and recovery that are set."
  }

  assert {
    condition = (
      aws_lambda_function.this["hello"].runtime == "nodejs20.x"
      && tolist(aws_lambda_function.this["hello"].architectures) == tolist(["x86_64"])
      && aws_lambda_function.this["hello"].timeout == 30
      && aws_lambda_function.this["hello"].tracing_config[0].mode == "PassThrough"
    )
    error_message = "Stubs have the runtime, architecture, margin and tracing that are set."
  }

  assert {
    condition     = aws_cloudwatch_log_group.stub["hello"].retention_in_days == 30 && aws_cloudwatch_log_group.stub["hello"].kms_key_id == var.log_kms_key_arn
    error_message = "Log groups have the retention and key that are set."
  }

  assert {
    condition = (
      aws_iam_role.this["hello"].permissions_boundary == var.permissions_boundary
      && aws_iam_policy.developer[0].name == "peek-dev-tom-developer"
      && aws_iam_policy.developer[0].policy == output.developer_policy_json
      && output.developer_policy_arn == "arn:aws:iam::123456789012:policy/developer"
    )
    error_message = "Roles have the boundary, and the developer policy is created."
  }
}
