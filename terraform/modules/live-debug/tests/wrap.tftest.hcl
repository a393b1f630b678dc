# Functions with mode = "wrap": what they use, what is created for them, and what is refused.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  stage = "dev-tom"
  functions = {
    orders = {
      handler       = "src/orders.handler"
      runtime       = "nodejs22.x"
      mode          = "wrap"
      function_name = "orders-dev"
      timeout       = 10
      exec_wrapper  = "/opt/datadog_wrapper"
      wrap_init     = "lazy"
      invoke_mode   = "RESPONSE_STREAM"
      environment   = { GREETING = "hi", NODE_OPTIONS = "--import some-apm", AWS_LAMBDA_EXEC_WRAPPER = "/opt/datadog_wrapper" }
      role          = { name = "orders", arn = "arn:aws:iam::123456789012:role/orders" }
      triggers      = { sqs = { fifo_queue = true, function_response_types = ["ReportBatchItemFailures"] } }
    }
    reports = {
      handler       = "app.handler"
      runtime       = "python3.13"
      mode          = "wrap"
      function_name = "reports-dev"
      timeout       = 899
      memory_size   = 512
      environment   = { GREETING = "hi", AWS_LAMBDA_EXEC_WRAPPER = "/opt/datadog_wrapper" }
      exec_wrapper  = "/opt/datadog_wrapper"
      role          = { name = "reports", arn = "arn:aws:iam::123456789012:role/reports" }
      triggers      = { sns = {} }
      tags          = { cost = "high" }

      partial_failure_arns = ["arn:aws:kinesis:eu-west-1:123456789012:stream/reports"]
    }
    made = { handler = "src/made.handler", runtime = "nodejs22.x", timeout = 20 }
    own = {
      handler       = "src/own.handler"
      runtime       = "nodejs22.x"
      create        = false
      function_name = "own-dev"
      fallback_arn  = "arn:aws:lambda:eu-west-1:123456789012:function:real"
    }
  }
}

run "wraps_beside_replaced_functions" {
  assert {
    condition = (
      length(aws_lambda_layer_version.wrapper) == 1
      && aws_lambda_layer_version.wrapper[0].layer_name == "live-debug-dev-tom-wrapper"
      && aws_lambda_layer_version.wrapper[0].filename == "./dist/wrapper.zip"
      && aws_lambda_layer_version.wrapper[0].source_code_hash == filebase64sha256("./dist/wrapper.zip")
    )
    error_message = "The stage has one layer, created from the built zip."
  }

  assert {
    condition     = aws_lambda_layer_version.wrapper[0].compatible_runtimes == null && aws_lambda_layer_version.wrapper[0].compatible_architectures == null
    error_message = "The layer is for all runtimes and architectures, including ones newer than the provider."
  }

  assert {
    condition = jsonencode(output.layers) == jsonencode({
      orders  = ["arn:aws:lambda:eu-west-1:123456789012:layer:live-debug-dev-tom-wrapper:1"]
      reports = ["arn:aws:lambda:eu-west-1:123456789012:layer:live-debug-dev-tom-wrapper:1"]
      made    = []
      own     = []
    })
    error_message = "Wrapped functions have the layer, replaced ones have none."
  }

  assert {
    condition = tomap(output.environment["orders"]) == tomap({
      AWS_LAMBDA_EXEC_WRAPPER = "/opt/live-debug"
      LIVE_DEBUG_EXEC_WRAPPER = "/opt/datadog_wrapper"
      LIVE_DEBUG_WRAP_INIT    = "lazy"
      LIVE_DEBUG_INVOKE_MODE  = "RESPONSE_STREAM"
      LIVE_DEBUG_STAGE        = "dev-tom"
      LIVE_DEBUG_FUNCTION     = "orders"

      LIVE_DEBUG_PARTIAL_FAILURES = "arn:aws:sqs:eu-west-1:123456789012:live-debug-dev-tom-orders.fifo"

      LIVE_DEBUG_TABLE  = "live-debug-dev-tom"
      LIVE_DEBUG_RELAY  = "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/live"
      LIVE_DEBUG_SECRET = terraform_data.secret["1"].triggers_replace
    })
    error_message = "A wrapped function has a stub's variables, and those that its wrapper needs."
  }

  assert {
    condition = {
      for key, value in output.environment["reports"] :
      key => value if !contains(["LIVE_DEBUG_STAGE", "LIVE_DEBUG_TABLE", "LIVE_DEBUG_RELAY", "LIVE_DEBUG_SECRET"], key)
      } == {
      AWS_LAMBDA_EXEC_WRAPPER  = "/opt/live-debug"
      LIVE_DEBUG_EXEC_WRAPPER  = "/opt/datadog_wrapper"
      LIVE_DEBUG_FUNCTION      = "reports"
      LIVE_DEBUG_STUB_FUNCTION = "live-debug-dev-tom-reports"

      LIVE_DEBUG_PARTIAL_FAILURES = "arn:aws:kinesis:eu-west-1:123456789012:stream/reports"
    }
    error_message = "Python's wrapper has the name of the stub beside it; exec_wrapper and wrap_init have no variables unless set."
  }

  assert {
    condition = (
      length(setintersection(keys(output.environment["own"]), ["AWS_LAMBDA_EXEC_WRAPPER", "LIVE_DEBUG_STUB_FUNCTION"])) == 0
      && output.environment["own"].LIVE_DEBUG_FALLBACK_ARN == "arn:aws:lambda:eu-west-1:123456789012:function:real"
    )
    error_message = "A replaced function has the same variables as before."
  }

  assert {
    condition = (
      toset(keys(aws_lambda_function.this)) == toset(["made"])
      && toset(keys(aws_iam_role.this)) == toset(["made"])
      && toset(keys(aws_lambda_function.beside)) == toset(["reports"])
      && toset(keys(aws_cloudwatch_log_group.stub)) == toset(["made"])
    )
    error_message = "A wrapped function is your own; beside a Python function there is a stub."
  }

  assert {
    condition = (
      aws_lambda_function.beside["reports"].function_name == "live-debug-dev-tom-reports"
      && aws_lambda_function.beside["reports"].role == "arn:aws:iam::123456789012:role/reports"
      && aws_lambda_function.beside["reports"].handler == "index.handler"
      && aws_lambda_function.beside["reports"].runtime == "nodejs22.x"
      && aws_lambda_function.beside["reports"].timeout == 900
      && aws_lambda_function.beside["reports"].memory_size == 512
      && aws_lambda_function.beside["reports"].source_code_hash == filebase64sha256("dist/beside.zip")
      && aws_lambda_function.beside["reports"].tags == tomap({ cost = "high" })
    )
    error_message = "The stub beside it is the built stub, with the function's role, memory and tags."
  }

  assert {
    condition = aws_lambda_function.beside["reports"].environment[0].variables == tomap({
      GREETING            = "hi"
      LIVE_DEBUG_STAGE    = "dev-tom"
      LIVE_DEBUG_FUNCTION = "reports"
      LIVE_DEBUG_TABLE    = "live-debug-dev-tom"
      LIVE_DEBUG_RELAY    = "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/live"
      LIVE_DEBUG_SECRET   = terraform_data.secret["1"].triggers_replace

      LIVE_DEBUG_PARTIAL_FAILURES = "arn:aws:kinesis:eu-west-1:123456789012:stream/reports"
    })
    error_message = "It has the function's variables and its own, and no wrapper."
  }

  assert {
    condition = (
      aws_cloudwatch_log_group.beside["reports"].name == "/aws/lambda/live-debug-dev-tom-reports"
      && aws_cloudwatch_log_group.beside["reports"].retention_in_days == 7
    )
    error_message = "Its logs are kept like those of other stubs."
  }

  assert {
    condition = {
      for statement in jsondecode(aws_iam_role_policy.given["reports"].policy).Statement :
      statement.Sid => statement
      if statement.Sid == "InvokeStubBeside"
      } == {
      InvokeStubBeside = {
        Sid      = "InvokeStubBeside"
        Effect   = "Allow"
        Action   = ["lambda:InvokeFunction"]
        Resource = ["arn:aws:lambda:eu-west-1:123456789012:function:live-debug-dev-tom-reports"]
      }
    } && aws_iam_role_policy.given["reports"].policy == output.functions["reports"].stub_policy_json
    error_message = "The function's role may invoke the stub beside it, and no other one."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.given["orders"].policy).Statement : statement.Sid
    ] == ["ConnectToRelay", "PostThroughRelay", "ReadOwnStage", "PollQueue"]
    error_message = "A wrapped Node.js function's role has the same permissions as a stub's."
  }

  assert {
    condition = toset(
      flatten([
        for statement in jsondecode(output.developer_policy_json).Statement :
        statement.Resource
        if statement.Sid == "ReadAndInvokeOwnFunctions"
      ])
      ) == toset([
        for name in ["orders-dev", "reports-dev", "live-debug-dev-tom-reports", "live-debug-dev-tom-made", "own-dev"] :
        "arn:aws:lambda:eu-west-1:123456789012:function:${name}"
    ])
    error_message = "Developers may read and invoke the functions and the stubs beside them."
  }

  assert {
    condition = { for name, f in output.functions : name => [f.mode, f.function_name, f.timeout, f.invoke_arn == null, f.log_group_name == null] } == {
      orders  = ["wrap", "orders-dev", 10, true, true]
      reports = ["wrap", "reports-dev", 899, true, true]
      made    = ["replace", "live-debug-dev-tom-made", 25, false, false]
      own     = ["replace", "own-dev", 8, true, true]
    }
    error_message = "A wrapped function keeps its timeout, and its name is not that of the stub beside it."
  }

  assert {
    condition = (
      output.functions["reports"].function_arn == "arn:aws:lambda:eu-west-1:123456789012:function:reports-dev"
      && aws_lambda_permission.trigger["reports/sns"].function_name == "reports-dev"
      && aws_lambda_event_source_mapping.sqs["orders"].function_name == "orders-dev"
    )
    error_message = "Triggers invoke the function, not the stub beside it."
  }

  assert {
    condition     = aws_sqs_queue.trigger["orders"].visibility_timeout_seconds == 60 && output.stub.timeout == 25
    error_message = "A wrapped function's timeout has no margin."
  }

  assert {
    condition = {
      for name, f in jsondecode(jsondecode(aws_dynamodb_table_item.manifest[0].item).document.S).functions :
      name => {
        for field, value in f : field => value if contains(["mode", "exec_wrapper", "wrap_init", "fallback_arn", "timeout"], field)
      }
      } == {
      orders  = { mode = "wrap", exec_wrapper = "/opt/datadog_wrapper", wrap_init = "lazy", timeout = 10 }
      reports = { mode = "wrap", exec_wrapper = "/opt/datadog_wrapper", timeout = 899 }
      made    = { timeout = 20 }
      own     = { timeout = 3, fallback_arn = "arn:aws:lambda:eu-west-1:123456789012:function:real" }
    }
    error_message = "The manifest has the mode of wrapped functions only."
  }

  assert {
    condition     = output.manifest.wrapper == { layer_arn = aws_lambda_layer_version.wrapper[0].arn }
    error_message = "The manifest names the layer of wrapped functions."
  }
}

run "creates_no_layer_for_replaced_functions" {
  variables {
    functions = { own = { handler = "a.handler", runtime = "nodejs22.x", create = false } }
  }

  assert {
    condition     = length(aws_lambda_layer_version.wrapper) == 0 && jsonencode(output.layers) == jsonencode({ own = [] })
    error_message = "No layer is created for replaced functions."
  }
}

run "uses_the_mode_of_the_module" {
  variables {
    mode = "wrap"
    functions = {
      orders = { handler = "a.handler", runtime = "nodejs24.x", function_name = "orders-dev" }
      go     = { handler = "bootstrap", runtime = "provided.al2023", mode = "replace" }
    }
  }

  assert {
    condition = (
      { for name, f in output.functions : name => f.mode } == { orders = "wrap", go = "replace" }
      && toset(keys(aws_lambda_function.this)) == toset(["go"])
    )
    error_message = "Functions without a mode are wrapped, whatever `create` is."
  }
}

run "creates_nothing_while_not_enabled" {
  variables {
    enabled = false
  }

  assert {
    condition     = length(aws_lambda_layer_version.wrapper) == 0 && length(aws_lambda_function.beside) == 0 && length(aws_cloudwatch_log_group.beside) == 0
    error_message = "Nothing is created."
  }

  assert {
    condition = (
      jsonencode(output.layers) == jsonencode({ made = [], orders = [], own = [], reports = [] })
      && jsonencode(output.environment) == jsonencode({ made = {}, orders = {}, own = {}, reports = {} })
    )
    error_message = "Each function has an empty list and an empty map, so that no condition is needed."
  }
}
