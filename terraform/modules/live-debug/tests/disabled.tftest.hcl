# enabled = false: no resources, and outputs that can still be read.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  enabled                 = false
  stage                   = "dev-tom"
  access_logs             = {}
  kms_key_arn             = "arn:aws:kms:eu-west-1:123456789012:key/1"
  create_developer_policy = true
  functions = {
    hello = { handler = "src/hello.handler", runtime = "nodejs22.x" }
    own   = { handler = "app.handler", runtime = "python3.13", create = false, role = { name = "own", arn = "arn:aws:iam::123456789012:role/own" } }
  }
}

run "leaves_no_resource_and_empty_outputs" {
  assert {
    condition = sum([
      length(aws_apigatewayv2_api.this), length(aws_apigatewayv2_route.connect), length(aws_apigatewayv2_route.mock),
      length(aws_apigatewayv2_integration.mock), length(aws_apigatewayv2_integration_response.mock),
      length(aws_apigatewayv2_route_response.mock), length(aws_apigatewayv2_stage.this), length(aws_cloudwatch_log_group.relay),
      length(aws_dynamodb_table.this), length(aws_dynamodb_table_item.manifest), length(aws_dynamodb_table_item.manifest_of_0_1),
      length(aws_dynamodb_table_item.secret), length(terraform_data.secret),
      length(aws_lambda_function.this), length(aws_cloudwatch_log_group.stub),
      length(aws_iam_role.this),
      length(aws_iam_role_policy.function),
      length(aws_iam_role_policy.stub),
      length(aws_iam_role_policy.given),
      length(aws_iam_policy.developer),
    ]) == 0
    error_message = "Nothing is created."
  }

  assert {
    condition = (
      output.serve_command == null
      && output.manifest == null
      && output.stub == null
      && output.relay == null
      && output.developer_policy_json == null
      && output.developer_policy_arn == null
    )
    error_message = "Single values are null."
  }

  assert {
    condition = (
      length(output.functions) == 0
      && jsonencode(output.environment) == jsonencode({ hello = {}, own = {} })
      && jsonencode(output.layers) == jsonencode({ hello = [], own = [] })
      && length(output.triggers) == 0
      && output.vpn_guidance == ""
    )
    error_message = "Maps and strings are empty, and so are the values of environment and layers."
  }
}

run "is_allowed_for_a_protected_stage" {
  variables {
    stage = "prod"
  }

  assert {
    condition     = output.manifest == null
    error_message = "A stage that is not live needs no permission."
  }
}

run "ignores_a_shared_relay" {
  variables {
    relay = { url = "https://shared.execute-api.eu-west-1.amazonaws.com/live", execution_arn = "arn:aws:execute-api:eu-west-1:123456789012:shared/live" }
  }

  assert {
    condition     = output.relay == null
    error_message = "The relay output is empty as well."
  }
}
