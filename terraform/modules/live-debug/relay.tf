# [2] The relay: a WebSocket API without code. Both ends hold a socket to receive and post through @connections to send.

locals {
  create_relay = local.is_live && var.relay == null

  relay = !var.enabled ? null : var.relay != null ? var.relay : {
    # From the API's own endpoint, so that it is right for emulators as well.
    url = join("/", [
      replace(aws_apigatewayv2_api.this[0].api_endpoint, "/^ws/", "http"),
      aws_apigatewayv2_stage.this[0].name,
    ])
    execution_arn = aws_apigatewayv2_stage.this[0].execution_arn
  }

  # MOCK routes: API Gateway answers them itself. Only API Gateway knows a peer's connection id.
  mock_answers = local.create_relay ? {
    hello      = jsonencode({ connectionId = "$context.connectionId" })
    "$default" = jsonencode({ pong = true })
  } : {}
}

resource "aws_apigatewayv2_api" "this" {
  count = local.create_relay ? 1 : 0

  name                       = local.name
  description                = "Relay of live debugging: signed peers, sealed messages, no code"
  protocol_type              = "WEBSOCKET"
  route_selection_expression = "$request.body.action"

  tags = var.tags
}

# No integration: only the signature is checked.
resource "aws_apigatewayv2_route" "connect" {
  count = local.create_relay ? 1 : 0

  api_id             = aws_apigatewayv2_api.this[0].id
  route_key          = "$connect"
  authorization_type = "AWS_IAM"
}

resource "aws_apigatewayv2_integration" "mock" {
  for_each = local.mock_answers

  api_id                        = aws_apigatewayv2_api.this[0].id
  integration_type              = "MOCK"
  template_selection_expression = "\\$default"
  request_templates             = { "$default" = jsonencode({ statusCode = 200 }) }
}

resource "aws_apigatewayv2_integration_response" "mock" {
  for_each = local.mock_answers

  api_id                        = aws_apigatewayv2_api.this[0].id
  integration_id                = aws_apigatewayv2_integration.mock[each.key].id
  integration_response_key      = "/200/"
  template_selection_expression = "\\$default"
  response_templates            = { "$default" = each.value }
}

resource "aws_apigatewayv2_route" "mock" {
  for_each = local.mock_answers

  api_id                              = aws_apigatewayv2_api.this[0].id
  route_key                           = each.key
  route_response_selection_expression = "$default"
  target                              = "integrations/${aws_apigatewayv2_integration.mock[each.key].id}"
}

resource "aws_apigatewayv2_route_response" "mock" {
  for_each = local.mock_answers

  api_id             = aws_apigatewayv2_api.this[0].id
  route_id           = aws_apigatewayv2_route.mock[each.key].id
  route_response_key = "$default"
}

resource "aws_apigatewayv2_stage" "this" {
  count = local.create_relay ? 1 : 0

  api_id      = aws_apigatewayv2_api.this[0].id
  name        = "live"
  auto_deploy = true

  default_route_settings {
    # Data trace would write message bodies to CloudWatch.
    data_trace_enabled     = false
    logging_level          = "OFF"
    throttling_rate_limit  = var.throttling.rate_limit
    throttling_burst_limit = var.throttling.burst_limit
  }

  dynamic "access_log_settings" {
    for_each = aws_cloudwatch_log_group.relay

    content {
      destination_arn = access_log_settings.value.arn
      format = jsonencode({
        requestId    = "$context.requestId"
        requestTime  = "$context.requestTime"
        eventType    = "$context.eventType"
        routeKey     = "$context.routeKey"
        status       = "$context.status"
        error        = "$context.error.message"
        connectionId = "$context.connectionId"
        caller       = "$context.identity.userArn"
        sourceIp     = "$context.identity.sourceIp"
      })
    }
  }

  tags = var.tags

  # One deployment with all routes, instead of one for each route that is created after the stage.
  depends_on = [
    aws_apigatewayv2_route.connect,
    aws_apigatewayv2_integration_response.mock,
    aws_apigatewayv2_route_response.mock,
  ]

  # Also for its dependencies: your functions are updated before the relay is destroyed. See outputs.tf.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_cloudwatch_log_group" "relay" {
  count = local.create_relay && var.access_logs != null ? 1 : 0

  name              = "/aws/apigateway/${local.name}"
  retention_in_days = var.access_logs.retention_in_days
  kms_key_id        = var.access_logs.kms_key_arn

  tags = var.tags
}
