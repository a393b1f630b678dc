# Every variable with a rule, with an invalid value. The message of each rule is checked by
# terraform/test/validation-messages.test.ts.

mock_provider "aws" {
  source = "./tests/mocks"
}

run "refuses_every_invalid_variable" {
  command = plan

  variables {
    stage                 = "dev tom"
    name                  = "live debug"
    protected_stages      = ["eu-prod"]
    mode                  = "proxy"
    relay                 = { url = "shared", execution_arn = "shared" }
    throttling            = { rate_limit = 0 }
    access_logs           = { retention_in_days = 8 }
    kms_key_arn           = "alias/directory"
    stub_runtime          = "python3.13"
    architecture          = "arm"
    timeout_margin        = -1
    log_retention_in_days = 8
    log_kms_key_arn       = "alias/logs"
    tracing_mode          = "On"
    permissions_boundary  = "boundary"
    tunnel                = { subnet_ids = [], security_group_ids = ["sg-1"], others = { default = { subnet_ids = ["subnet-1"], security_group_ids = ["sg-1"] } } }
  }

  expect_failures = [
    var.stage, var.name, var.protected_stages, var.mode, var.relay, var.throttling, var.access_logs, var.kms_key_arn,
    var.stub_runtime, var.architecture, var.timeout_margin, var.log_retention_in_days, var.log_kms_key_arn,
    var.tracing_mode, var.permissions_boundary, var.tunnel,
  ]
}

run "refuses_functions_with_mistakes" {
  command = plan

  module {
    source = "./modules/functions"
  }

  variables {
    enabled        = true
    mode           = "replace"
    create         = true
    name           = "live-debug"
    stage          = "dev-tom"
    timeout_margin = 5
    functions      = { hello = { handler = "src/hello.handler", runtime = "nodejs22.x" } }
    given          = { hello = { handler = "src/hello.handler", runtime = "nodejs22.x", memmory_size = 512 } }
  }

  expect_failures = [output.functions]
}

run "accepts_long_names_while_not_enabled" {
  command = plan

  variables {
    enabled   = false
    stage     = "a-stage-of-thirty-two-characters"
    functions = { "a-function-of-thirty-five-characters" = { handler = "src/hello.handler", runtime = "nodejs22.x" } }
  }

  assert {
    condition     = length(output.functions) == 0
    error_message = "A stage that is not live has no names."
  }
}

run "accepts_a_published_version_of_the_function_as_fallback" {
  command = plan

  variables {
    stage = "dev-tom"
    functions = {
      hello = {
        handler      = "src/hello.handler"
        runtime      = "nodejs22.x"
        fallback_arn = "arn:aws:lambda:eu-west-1:123456789012:function:live-debug-dev-tom-hello:7"
      }
    }
  }

  assert {
    condition = (
      aws_lambda_function.this["hello"].environment[0].variables.LIVE_DEBUG_FALLBACK_ARN
      == "arn:aws:lambda:eu-west-1:123456789012:function:live-debug-dev-tom-hello:7"
    )
    error_message = "A published version has the real code."
  }
}
