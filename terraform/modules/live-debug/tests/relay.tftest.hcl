# One relay for several stages: an instance with a given relay creates none.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  stage = "dev-tom"
  relay = {
    url           = "https://shared.execute-api.eu-west-1.amazonaws.com/live"
    execution_arn = "arn:aws:execute-api:eu-west-1:123456789012:shared/live"
  }
  access_logs = {}
  functions = {
    hello = { handler = "src/hello.handler", runtime = "nodejs22.x" }
  }
}

run "uses_the_given_relay" {
  assert {
    condition = sum([
      length(aws_apigatewayv2_api.this), length(aws_apigatewayv2_route.connect), length(aws_apigatewayv2_route.mock),
      length(aws_apigatewayv2_integration.mock), length(aws_apigatewayv2_integration_response.mock),
      length(aws_apigatewayv2_route_response.mock), length(aws_apigatewayv2_stage.this), length(aws_cloudwatch_log_group.relay),
    ]) == 0
    error_message = "The relay is the other instance's."
  }

  assert {
    condition     = length(aws_dynamodb_table.this) == 1
    error_message = "The directory is the stage's own."
  }

  assert {
    condition     = output.relay == var.relay && output.manifest.relay.url == var.relay.url && output.environment["hello"].LIVE_DEBUG_RELAY == var.relay.url
    error_message = "livectl and the stubs have the address of the shared relay."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.stub["hello"].policy).Statement :
      statement.Resource
      if startswith(statement.Action[0], "execute-api:")
      ] == [
      ["arn:aws:execute-api:eu-west-1:123456789012:shared/live/$connect"],
      ["arn:aws:execute-api:eu-west-1:123456789012:shared/live/POST/@connections/*"],
    ]
    error_message = "The stubs may use the shared relay."
  }
}

run "accepts_an_emulators_address" {
  variables {
    relay = { url = "ws://127.0.0.1:4000/live", execution_arn = "arn:aws:execute-api:eu-west-1:000000000000:shared/live" }
  }

  assert {
    condition     = output.manifest.relay.url == "ws://127.0.0.1:4000/live"
    error_message = "An emulator's address may be without TLS."
  }
}

run "refuses_an_address_without_a_stage" {
  command = plan

  variables {
    relay = { url = "https://shared.execute-api.eu-west-1.amazonaws.com", execution_arn = "arn:aws:execute-api:eu-west-1:123456789012:shared/live" }
  }

  expect_failures = [var.relay]
}

run "refuses_the_arn_of_the_api" {
  command = plan

  variables {
    relay = { url = "https://shared.execute-api.eu-west-1.amazonaws.com/live", execution_arn = "arn:aws:execute-api:eu-west-1:123456789012:shared" }
  }

  expect_failures = [var.relay]
}
