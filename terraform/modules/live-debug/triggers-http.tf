# Triggers over HTTP: the stage's HTTP API with a route for each function, and function URLs.

locals {
  http       = { for name, f in local.functions : name => f.triggers.http if f.triggers.http != null }
  http_names = { for key, one in local.http : key => key }
  jwt_names  = { for name, http in local.http : name => name if http.authorization_type == "JWT" }

  # Default path: the function's name, and everything below it.
  routes = merge([
    for name, http in local.http : {
      for path in(http.path != null ? [http.path] : ["/${name}", "/${name}/{proxy+}"]) :
      "${http.method} ${path}" => { function = name, path = path }
    }
  ]...)
  route_keys = { for key, one in local.routes : key => key }

  integration_ids = { for name in local.http_names : name => aws_apigatewayv2_integration.http[name].id }
  authorizer_ids  = { for name, http in local.http : name => http.authorization_type == "JWT" ? aws_apigatewayv2_authorizer.http[name].id : null }

  http_throttle = { throttling_rate_limit = 50, throttling_burst_limit = 100 }

  # For routes whose function sets other limits than the stage's default. Each route has its own limits, so routes are not
  # merged by function.
  http_route_settings = {
    for key, route in local.routes : key => {
      for limit in keys(local.http_throttle) : limit => local.http[route.function][limit]
    } if anytrue([for limit, default in local.http_throttle : local.http[route.function][limit] != default])
  }

  # The API has one `cors`. modules/functions refuses functions that set different ones.
  http_cors = try([for http in local.http : http.cors if http.cors != null][0], null)

  # By path, since a permission covers all methods of a route, as in API Gateway's console and AWS's CDK.
  http_invokers = {
    for key, route in { for route in local.routes : "${route.function}/http${route.path}" => route... } : key => {
      function       = route[0].function
      principal      = "apigateway.amazonaws.com"
      source_arn     = "${aws_apigatewayv2_api.http[0].execution_arn}/*/*${route[0].path}"
      source_account = null
    }
  }

  http_targets = {
    for name, http in local.http : name => {
      # A URL that can be called: each parameter is replaced by its own name.
      url                = "${aws_apigatewayv2_api.http[0].api_endpoint}${replace(coalesce(http.path, "/${name}"), "/\\{([^}+]+)\\+?\\}/", "$1")}"
      method             = http.method
      path               = http.path
      authorization_type = http.authorization_type
    }
  }

  function_urls      = { for name, f in local.functions : name => f.triggers.function_url if f.triggers.function_url != null }
  function_url_names = { for key, one in local.function_urls : key => key }
  public_url_names   = { for name, url in local.function_urls : name => name if url.authorization_type == "NONE" }

  function_url_targets = {
    for name, url in local.function_urls : name => {
      url                = aws_lambda_function_url.this[name].function_url
      authorization_type = url.authorization_type
      invoke_mode        = url.invoke_mode
    }
  }
}

resource "aws_apigatewayv2_api" "http" {
  count = length(local.http) > 0 ? 1 : 0

  name          = "${local.name}-http"
  description   = "HTTP triggers of stage ${var.stage}"
  protocol_type = "HTTP"

  dynamic "cors_configuration" {
    for_each = local.http_cors[*]

    content {
      allow_origins     = cors_configuration.value.allow_origins
      allow_methods     = cors_configuration.value.allow_methods
      allow_headers     = cors_configuration.value.allow_headers
      expose_headers    = cors_configuration.value.expose_headers
      allow_credentials = cors_configuration.value.allow_credentials
      max_age           = cors_configuration.value.max_age
    }
  }

  tags = var.tags
}

resource "aws_apigatewayv2_integration" "http" {
  for_each = local.http_names

  api_id                 = aws_apigatewayv2_api.http[0].id
  integration_type       = "AWS_PROXY"
  integration_uri        = "arn:${local.partition}:apigateway:${local.region}:lambda:path/2015-03-31/functions/${local.target_arns[each.key]}/invocations"
  integration_method     = "POST"
  payload_format_version = "2.0"
  # The maximum of an HTTP API.
  timeout_milliseconds = 30000
}

resource "aws_apigatewayv2_route" "http" {
  for_each = local.route_keys

  api_id    = aws_apigatewayv2_api.http[0].id
  route_key = each.key
  target    = "integrations/${local.integration_ids[local.routes[each.key].function]}"

  authorization_type   = local.http[local.routes[each.key].function].authorization_type
  authorizer_id        = local.authorizer_ids[local.routes[each.key].function]
  authorization_scopes = local.http[local.routes[each.key].function].authorization_scopes
}

# By function: an issuer may not be known before the apply, so functions can't be grouped by issuer.
resource "aws_apigatewayv2_authorizer" "http" {
  for_each = local.jwt_names

  api_id           = aws_apigatewayv2_api.http[0].id
  name             = each.key
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]

  jwt_configuration {
    issuer   = local.http[each.key].jwt_configuration.issuer
    audience = local.http[each.key].jwt_configuration.audience
  }
}

resource "aws_apigatewayv2_stage" "http" {
  count = length(local.http) > 0 ? 1 : 0

  api_id      = aws_apigatewayv2_api.http[0].id
  name        = "$default"
  auto_deploy = true

  default_route_settings {
    throttling_rate_limit  = local.http_throttle.throttling_rate_limit
    throttling_burst_limit = local.http_throttle.throttling_burst_limit
  }

  dynamic "route_settings" {
    for_each = local.http_route_settings

    content {
      route_key              = route_settings.key
      throttling_rate_limit  = route_settings.value.throttling_rate_limit
      throttling_burst_limit = route_settings.value.throttling_burst_limit
    }
  }

  dynamic "access_log_settings" {
    for_each = aws_cloudwatch_log_group.http

    content {
      destination_arn = access_log_settings.value.arn
      format = jsonencode({
        requestId   = "$context.requestId"
        requestTime = "$context.requestTime"
        routeKey    = "$context.routeKey"
        status      = "$context.status"
        error       = "$context.error.message"
        integration = "$context.integrationErrorMessage"
        sourceIp    = "$context.identity.sourceIp"
      })
    }
  }

  tags = var.tags

  # One deployment with all routes, instead of one for each route that is created after the stage.
  depends_on = [aws_apigatewayv2_route.http]
}

resource "aws_cloudwatch_log_group" "http" {
  count = length(local.http) > 0 && var.access_logs != null ? 1 : 0

  # A resource policy of CloudWatch Logs allows the delivery of an HTTP API's logs. It has one entry for all groups below this
  # prefix, but one entry for each other group, and at most 5,120 characters.
  # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
  name              = "/aws/vendedlogs/${local.name}-http"
  retention_in_days = var.access_logs.retention_in_days
  kms_key_id        = var.access_logs.kms_key_arn

  tags = var.tags

  # The API logs to the new group before the old one is destroyed.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_lambda_function_url" "this" {
  for_each = local.function_url_names

  function_name      = local.target_names[each.key]
  qualifier          = local.qualifiers[each.key]
  authorization_type = local.function_urls[each.key].authorization_type
  invoke_mode        = local.function_urls[each.key].invoke_mode

  dynamic "cors" {
    for_each = local.function_urls[each.key].cors[*]

    content {
      allow_origins     = cors.value.allow_origins
      allow_methods     = cors.value.allow_methods
      allow_headers     = cors.value.allow_headers
      expose_headers    = cors.value.expose_headers
      allow_credentials = cors.value.allow_credentials
      max_age           = cors.value.max_age
    }
  }
}

# A public URL needs both permissions; since October 2025 also the second, which is limited to calls through the URL.
# CloudFormation supports that limit; aws_lambda_permission supports it only from hashicorp/aws 6.29 on.
# https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
resource "aws_cloudformation_stack" "function_url" {
  for_each = local.public_url_names

  name = local.stack_names[each.key]

  template_body = jsonencode({
    Description = "Lets everybody call ${local.function_names[each.key]} through its function URL"
    Resources = {
      InvokeFunctionUrl = {
        Type = "AWS::Lambda::Permission"
        Properties = {
          FunctionName        = local.mapping_names[each.key]
          Action              = "lambda:InvokeFunctionUrl"
          Principal           = "*"
          FunctionUrlAuthType = "NONE"
        }
      }
      InvokeFunction = {
        Type = "AWS::Lambda::Permission"
        Properties = {
          FunctionName          = local.mapping_names[each.key]
          Action                = "lambda:InvokeFunction"
          Principal             = "*"
          InvokedViaFunctionUrl = true
        }
      }
    }
  })

  tags = var.tags
}
