# What the module reads back from AWS; everything else that AWS computes is a random string.

mock_resource "aws_dynamodb_table" {
  defaults = {
    arn        = "arn:aws:dynamodb:eu-west-1:123456789012:table/live-debug-dev-tom"
    stream_arn = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000"
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

mock_data "aws_subnet" {
  defaults = {
    vpc_id            = "vpc-1"
    availability_zone = "eu-west-1a"
    cidr_block        = "10.0.1.0/24"
  }
}

mock_data "aws_vpc" {
  defaults = {
    cidr_block              = "10.0.0.0/16"
    cidr_block_associations = [{ association_id = "a-1", cidr_block = "10.0.0.0/16", state = "associated" }]
    enable_dns_support      = true
  }
}

mock_data "aws_security_group" {
  defaults = {
    name   = "orders"
    vpc_id = "vpc-1"
  }
}

mock_data "aws_security_groups" {
  defaults = {
    ids = ["sg-1"]
  }
}

mock_resource "aws_lambda_function_url" {
  defaults = {
    function_url = "https://url.lambda-url.eu-west-1.on.aws/"
  }
}

mock_resource "aws_sns_topic" {
  defaults = {
    arn = "arn:aws:sns:eu-west-1:123456789012:topic"
  }
}

mock_resource "aws_sqs_queue" {
  defaults = {
    arn = "arn:aws:sqs:eu-west-1:123456789012:queue"
    url = "https://sqs.eu-west-1.amazonaws.com/123456789012/queue"
  }
}

mock_resource "aws_cloudwatch_event_rule" {
  defaults = {
    arn = "arn:aws:events:eu-west-1:123456789012:rule/rule"
  }
}

mock_resource "aws_s3_bucket" {
  defaults = {
    arn = "arn:aws:s3:::uploads"
  }
}

mock_resource "aws_kinesis_stream" {
  defaults = {
    arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/orders"
  }
}

mock_resource "aws_lambda_layer_version" {
  defaults = {
    arn = "arn:aws:lambda:eu-west-1:123456789012:layer:live-debug-dev-tom-wrapper:1"
  }
}
