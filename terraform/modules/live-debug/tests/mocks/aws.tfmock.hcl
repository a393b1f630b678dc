# What the module reads back from AWS; everything else that AWS computes is a random string.

mock_resource "aws_dynamodb_table" {
  defaults = {
    arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/live-debug-dev-tom"
  }
}

mock_resource "aws_apigatewayv2_api" {
  defaults = {
    id           = "a1b2c3d4e5"
    api_endpoint = "wss://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com"
  }
}

mock_resource "aws_apigatewayv2_stage" {
  defaults = {
    execution_arn = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/live"
  }
}

mock_resource "aws_lambda_function" {
  defaults = {
    arn = "arn:aws:lambda:eu-west-1:123456789012:function:stub"
  }
}

mock_resource "aws_iam_role" {
  defaults = {
    arn = "arn:aws:iam::123456789012:role/stub"
  }
}

mock_resource "aws_iam_policy" {
  defaults = {
    arn = "arn:aws:iam::123456789012:policy/developer"
  }
}

mock_resource "aws_cloudwatch_log_group" {
  defaults = {
    arn = "arn:aws:logs:eu-west-1:123456789012:log-group:stub"
  }
}
