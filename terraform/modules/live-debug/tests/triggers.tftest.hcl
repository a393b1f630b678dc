# Every trigger: created, shared, existing, and for your own function; and the permissions that each needs.

mock_provider "aws" {
  source = "./tests/mocks"
}

override_resource {
  target = aws_apigatewayv2_api.http
  values = {
    id            = "f6g7h8i9j0"
    api_endpoint  = "https://f6g7h8i9j0.execute-api.eu-west-1.amazonaws.com"
    execution_arn = "arn:aws:execute-api:eu-west-1:123456789012:f6g7h8i9j0"
  }
}

override_resource {
  target = aws_apigatewayv2_authorizer.http
  values = { id = "j1w2t3" }
}

variables {
  stage = "dev-tom"
  tags  = { team = "orders" }
  functions = {
    made = {
      handler = "a.handler"
      runtime = "nodejs22.x"
      timeout = 10
      triggers = {
        http         = { cors = { allow_origins = ["https://shop.example"], max_age = 60 } }
        function_url = { authorization_type = "NONE", invoke_mode = "RESPONSE_STREAM", cors = { allow_methods = ["GET"] } }
        sns          = { topic_name = "orders", filter_policy = "{\"kind\":[\"order\"]}", filter_policy_scope = "MessageBody" }
        sqs          = { function_response_types = ["ReportBatchItemFailures"], max_receive_count = 5 }
        eventbridge  = { event_bus_name = "orders", event_pattern = "{\"source\":[\"shop\"]}" }
        schedule     = { schedule_expression = "rate(5 minutes)", input = "{\"tick\":true}" }
        s3           = { bucket_name = "Up_loads", filter_prefix = "in/" }
        dynamodb     = { range_key = "at", function_response_types = ["ReportBatchItemFailures"] }
        kinesis      = { function_response_types = ["ReportBatchItemFailures"] }
      }
    }
    shares = {
      handler = "b.handler"
      runtime = "nodejs22.x"
      triggers = {
        http         = { path = "/orders/{id}/{rest+}", method = "POST", authorization_type = "AWS_IAM", throttling_rate_limit = 5 }
        function_url = {}
        sns          = { topic_name = "orders" }
        sqs          = { queue_name = "jobs", fifo_queue = true, visibility_timeout_seconds = 60 }
        eventbridge  = { event_pattern = "{\"source\":[\"aws.s3\"]}" }
        s3           = { bucket_name = "Up_loads", filter_suffix = ".png", events = ["s3:ObjectRemoved:*"], force_destroy = true }
      }
    }
    given = {
      handler              = "c.handler"
      runtime              = "nodejs22.x"
      partial_failure_arns = ["arn:aws:sqs:eu-west-1:123456789012:mine.fifo"]
      role                 = { name = "orders", arn = "arn:aws:iam::123456789012:role/orders" }
      triggers = {
        sns         = { topic_arn = "arn:aws:sns:eu-west-1:123456789012:given" }
        sqs         = { queue_arn = "arn:aws:sqs:eu-west-1:123456789012:given", batch_size = 100, maximum_batching_window_in_seconds = 5 }
        eventbridge = { event_bus_arn = "arn:aws:events:eu-west-1:123456789012:event-bus/given", event_pattern = "{\"source\":[\"shop\"]}" }
        s3          = { bucket_arn = "arn:aws:s3:::given" }
        dynamodb = {
          stream_arn                     = "arn:aws:dynamodb:eu-west-1:123456789012:table/given/stream/2026-01-31T00:00:00.000"
          starting_position              = "TRIM_HORIZON"
          bisect_batch_on_function_error = true
          function_response_types        = ["ReportBatchItemFailures"]
        }
        kinesis = { stream_arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/given", batch_size = 7, maximum_retry_attempts = 2 }
      }
    }
    own = {
      handler       = "d.handler"
      runtime       = "nodejs22.x"
      create        = false
      function_name = "orders-api"
      triggers = {
        http = {
          authorization_type     = "JWT"
          jwt_configuration      = { issuer = "https://login.example.com", audience = ["orders", "stock"] }
          authorization_scopes   = ["read"]
          throttling_burst_limit = 10
        }
        sqs = { queue_arn = "arn:aws:sqs:eu-west-1:123456789012:own" }
        s3  = { bucket_arn = "arn:aws:s3:::given", filter_prefix = "own/", events = ["s3:ObjectRemoved:*"] }
      }
    }
    quiet   = { handler = "e.handler", runtime = "nodejs22.x" }
    streams = { handler = "f.handler", runtime = "nodejs22.x", invoke_mode = "RESPONSE_STREAM" }
  }
}

run "creates_shares_and_uses_sources" {
  # HTTP.

  assert {
    condition = { for key, route in aws_apigatewayv2_route.http : key => route.route_key } == {
      "ANY /made"                 = "ANY /made"
      "ANY /made/{proxy+}"        = "ANY /made/{proxy+}"
      "POST /orders/{id}/{rest+}" = "POST /orders/{id}/{rest+}"
      "ANY /own"                  = "ANY /own"
      "ANY /own/{proxy+}"         = "ANY /own/{proxy+}"
    }
    error_message = "Routes are as set, or the function's name and everything below it."
  }

  assert {
    condition = (
      aws_apigatewayv2_api.http[0].name == "live-debug-dev-tom-http" && aws_apigatewayv2_api.http[0].protocol_type == "HTTP"
      && aws_apigatewayv2_api.http[0].cors_configuration[0].allow_origins == toset(["https://shop.example"])
      && aws_apigatewayv2_api.http[0].cors_configuration[0].max_age == 60 && aws_apigatewayv2_api.http[0].tags == tomap({ team = "orders" })
    )
    error_message = "There is one API, with the cors that a function sets."
  }

  assert {
    condition = alltrue([
      for name, arn in {
        made = "arn:aws:lambda:eu-west-1:123456789012:function:stub"
        own  = "arn:aws:lambda:eu-west-1:123456789012:function:orders-api"
      } :
      aws_apigatewayv2_integration.http[name].integration_type == "AWS_PROXY" && aws_apigatewayv2_integration.http[name].payload_format_version == "2.0"
      && aws_apigatewayv2_integration.http[name].timeout_milliseconds == 30000
      && aws_apigatewayv2_integration.http[name].integration_uri == "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${arn}/invocations"
    ])
    error_message = "Created functions and your own are invoked in payload format 2.0."
  }

  assert {
    condition = (
      aws_apigatewayv2_stage.http[0].name == "$default" && aws_apigatewayv2_stage.http[0].auto_deploy
      && alltrue([
        for settings in aws_apigatewayv2_stage.http[0].default_route_settings :
        settings.throttling_rate_limit == 50 && settings.throttling_burst_limit == 100
      ])
      && {
        for settings in aws_apigatewayv2_stage.http[0].route_settings :
        settings.route_key => [settings.throttling_rate_limit, settings.throttling_burst_limit]
        } == {
        "POST /orders/{id}/{rest+}" = [5, 100]
        "ANY /own"                  = [50, 10]
        "ANY /own/{proxy+}"         = [50, 10]
      }
      && length(aws_apigatewayv2_stage.http[0].access_log_settings) == 0 && length(aws_cloudwatch_log_group.http) == 0
    )
    error_message = "The stage has no path, is deployed automatically and has its own limits, not the relay's; routes have the limits that their function sets."
  }

  assert {
    condition = {
      for key, route in aws_apigatewayv2_route.http :
      key => [
        route.authorization_type,
        route.authorization_scopes == null ? "" : join(",", route.authorization_scopes),
        route.authorizer_id == null ? "" : route.authorizer_id
      ]
      } == {
      "ANY /made"                 = ["NONE", "", ""]
      "ANY /made/{proxy+}"        = ["NONE", "", ""]
      "POST /orders/{id}/{rest+}" = ["AWS_IAM", "", ""]
      "ANY /own"                  = ["JWT", "read", "j1w2t3"]
      "ANY /own/{proxy+}"         = ["JWT", "read", "j1w2t3"]
    }
    error_message = "Each route has its function's authorization; functions with different ones share the API."
  }

  assert {
    condition = jsonencode({
      for name, authorizer in aws_apigatewayv2_authorizer.http :
      name => [
        authorizer.authorizer_type,
        authorizer.identity_sources,
        authorizer.jwt_configuration[0].issuer,
        sort(authorizer.jwt_configuration[0].audience)
      ]
      }) == jsonencode({
      own = ["JWT", ["$request.header.Authorization"], "https://login.example.com", ["orders", "stock"]]
    })
    error_message = "Only functions with JWT have an authorizer, with their issuer and audience."
  }

  assert {
    condition = (
      aws_lambda_function_url.this["made"].invoke_mode == "RESPONSE_STREAM"
      && aws_lambda_function_url.this["made"].authorization_type == "NONE"
      && aws_lambda_function_url.this["made"].cors[0].allow_methods == toset(["GET"])
    )
    error_message = "The function URL is as set."
  }

  assert {
    condition     = aws_lambda_function_url.this["shares"].authorization_type == "AWS_IAM" && keys(aws_cloudformation_stack.function_url) == ["made"]
    error_message = "By default a URL needs a signature."
  }

  assert {
    condition = jsondecode(aws_cloudformation_stack.function_url["made"].template_body).Resources == jsondecode(<<-JSON
      {
        "InvokeFunctionUrl": {
          "Type": "AWS::Lambda::Permission",
          "Properties": { "FunctionName": "live-debug-dev-tom-made", "Action": "lambda:InvokeFunctionUrl", "Principal": "*", "FunctionUrlAuthType": "NONE" }
        },
        "InvokeFunction": {
          "Type": "AWS::Lambda::Permission",
          "Properties": { "FunctionName": "live-debug-dev-tom-made", "Action": "lambda:InvokeFunction", "Principal": "*", "InvokedViaFunctionUrl": true }
        }
      }
    JSON
    )
    error_message = "Everybody may call a URL without authorization, and only the URL."
  }

  assert {
    condition = (
      output.environment["made"].LIVE_DEBUG_INVOKE_MODE == "RESPONSE_STREAM"
      && aws_lambda_function.this["made"].environment[0].variables.LIVE_DEBUG_INVOKE_MODE == "RESPONSE_STREAM"
      && !contains(keys(output.environment["shares"]), "LIVE_DEBUG_INVOKE_MODE")
    )
    error_message = "A stub streams if its URL does."
  }

  assert {
    condition = {
      for name, variables in output.environment :
      name => variables.LIVE_DEBUG_PARTIAL_FAILURES if contains(keys(variables), "LIVE_DEBUG_PARTIAL_FAILURES")
      } == {
      made = join(",", [
        "arn:aws:sqs:eu-west-1:123456789012:live-debug-dev-tom-made",
        "arn:aws:dynamodb:eu-west-1:123456789012:table/live-debug-dev-tom-made/stream/*",
        "arn:aws:kinesis:eu-west-1:123456789012:stream/live-debug-dev-tom-made",
      ])
      given = join(",", [
        "arn:aws:dynamodb:eu-west-1:123456789012:table/given/stream/2026-01-31T00:00:00.000",
        "arn:aws:sqs:eu-west-1:123456789012:mine.fifo",
      ])
    }
    error_message = "A stub has the ARNs of the sources whose mapping takes partial failures, and no variable without one."
  }

  assert {
    condition = (
      aws_lambda_function.this["made"].environment[0].variables.LIVE_DEBUG_PARTIAL_FAILURES == output.environment["made"].LIVE_DEBUG_PARTIAL_FAILURES
      && !contains(keys(aws_lambda_function.this["shares"].environment[0].variables), "LIVE_DEBUG_PARTIAL_FAILURES")
    )
    error_message = "Stubs that the module creates have the same variable."
  }

  assert {
    condition = (
      output.environment["streams"].LIVE_DEBUG_INVOKE_MODE == "RESPONSE_STREAM"
      && aws_lambda_function.this["streams"].environment[0].variables.LIVE_DEBUG_INVOKE_MODE == "RESPONSE_STREAM"
    )
    error_message = "A stub also streams if the function sets invoke_mode without a URL."
  }

  assert {
    condition = (
      output.functions["own"].response_streaming_invoke_arn
      == "arn:aws:apigateway:eu-west-1:lambda:path/2021-11-15/functions/arn:aws:lambda:eu-west-1:123456789012:function:orders-api/response-streaming-invocations"
    )
    error_message = "The output has the ARN for a REST API that streams."
  }

  # SNS, EventBridge, schedules and S3.

  assert {
    condition = (
      toset(keys(aws_sns_topic.trigger)) == toset(["orders"])
      && aws_sns_topic.trigger["orders"].name == "live-debug-dev-tom-orders"
      && aws_sns_topic.trigger["orders"].kms_master_key_id == "alias/aws/sns"
    )
    error_message = "Functions with the same topic_name share an encrypted topic; an existing one is not created."
  }

  assert {
    condition = jsonencode({
      for name, subscription in aws_sns_topic_subscription.trigger :
      name => [subscription.topic_arn, subscription.protocol, subscription.endpoint, subscription.filter_policy]
      }) == jsonencode({
      made   = ["arn:aws:sns:eu-west-1:123456789012:topic", "lambda", "arn:aws:lambda:eu-west-1:123456789012:function:stub", "{\"kind\":[\"order\"]}"]
      shares = ["arn:aws:sns:eu-west-1:123456789012:topic", "lambda", "arn:aws:lambda:eu-west-1:123456789012:function:stub", null]
      given  = ["arn:aws:sns:eu-west-1:123456789012:given", "lambda", "arn:aws:lambda:eu-west-1:123456789012:function:stub", null]
    }) && aws_sns_topic_subscription.trigger["made"].filter_policy_scope == "MessageBody"
    error_message = "Each function has a subscription, with its filter."
  }

  assert {
    condition = { for name, rule in aws_cloudwatch_event_rule.pattern : name => [rule.name, rule.event_bus_name, rule.event_pattern] } == {
      made   = ["live-debug-dev-tom.made", "live-debug-dev-tom-orders", "{\"source\":[\"shop\"]}"]
      shares = ["live-debug-dev-tom.shares", "default", "{\"source\":[\"aws.s3\"]}"]
      given  = ["live-debug-dev-tom.given", "given", "{\"source\":[\"shop\"]}"]
    } && toset(keys(aws_cloudwatch_event_bus.trigger)) == toset(["orders"])
    error_message = "Rules are on the created bus, the default bus or the existing one."
  }

  assert {
    condition = (
      alltrue([
        for name, target in aws_cloudwatch_event_target.pattern :
        target.rule == aws_cloudwatch_event_rule.pattern[name].name
        && target.event_bus_name == aws_cloudwatch_event_rule.pattern[name].event_bus_name
        && target.arn == "arn:aws:lambda:eu-west-1:123456789012:function:stub"
      ])
      && length(aws_cloudwatch_event_target.pattern) == 3
      && aws_cloudwatch_event_rule.schedule["made"].name == "live-debug-dev-tom.made.schedule"
      && aws_cloudwatch_event_rule.schedule["made"].schedule_expression == "rate(5 minutes)"
      && aws_cloudwatch_event_target.schedule["made"].input == "{\"tick\":true}" && length(aws_cloudwatch_event_target.schedule) == 1
    )
    error_message = "Rules and the schedule invoke their functions."
  }

  assert {
    condition = (
      toset(keys(aws_s3_bucket.trigger)) == toset(["Up_loads"])
      && aws_s3_bucket.trigger["Up_loads"].bucket == "live-debug-dev-tom-up-loads-123456789012"
      && aws_s3_bucket.trigger["Up_loads"].force_destroy
    )
    error_message = "The bucket that two functions share has a valid name, and force_destroy since one of them sets it."
  }

  assert {
    condition = (
      alltrue([
        for block in aws_s3_bucket_public_access_block.trigger :
        block.block_public_acls && block.block_public_policy && block.ignore_public_acls && block.restrict_public_buckets
      ])
      && length(aws_s3_bucket_public_access_block.trigger) == 1
      && alltrue(
        flatten([
          for settings in aws_s3_bucket_server_side_encryption_configuration.trigger :
          [for rule in settings.rule : rule.apply_server_side_encryption_by_default[0].sse_algorithm == "AES256"]
        ])
      )
    )
    error_message = "It is private and encrypted."
  }

  assert {
    condition = jsonencode({
      for key, notification in aws_s3_bucket_notification.trigger :
      key => [
        for lambda in notification.lambda_function :
        [lambda.id, lambda.lambda_function_arn, lambda.events, lambda.filter_prefix, lambda.filter_suffix]
      ]
      }) == jsonencode({
      "Up_loads" = [
        ["made", "arn:aws:lambda:eu-west-1:123456789012:function:stub", tolist(["s3:ObjectCreated:*"]), "in/", null],
        ["shares", "arn:aws:lambda:eu-west-1:123456789012:function:stub", tolist(["s3:ObjectRemoved:*"]), null, ".png"],
      ]
      "arn:aws:s3:::given" = [
        ["given", "arn:aws:lambda:eu-west-1:123456789012:function:stub", tolist(["s3:ObjectCreated:*"]), null, null],
        ["own", "arn:aws:lambda:eu-west-1:123456789012:function:orders-api", tolist(["s3:ObjectRemoved:*"]), "own/", null],
      ]
    }) && aws_s3_bucket_notification.trigger["arn:aws:s3:::given"].bucket == "given"
    error_message = "A bucket has one list of notifications, created or existing."
  }

  # Sources that Lambda polls.

  assert {
    condition = (
      aws_sqs_queue.trigger["made"].name == "live-debug-dev-tom-made"
      && aws_sqs_queue.trigger["made"].visibility_timeout_seconds == 90
      && aws_sqs_queue.trigger["made"].sqs_managed_sse_enabled
      && jsondecode(aws_sqs_queue.trigger["made"].redrive_policy) == { deadLetterTargetArn = "arn:aws:sqs:eu-west-1:123456789012:queue", maxReceiveCount = 5 }
      && aws_sqs_queue.dead_letters["made"].name == "live-debug-dev-tom-made-dlq"
      && aws_sqs_queue.dead_letters["made"].message_retention_seconds == 1209600
      && aws_sqs_queue.dead_letters["made"].sqs_managed_sse_enabled
      && jsondecode(aws_sqs_queue_redrive_allow_policy.dead_letters["made"].redrive_allow_policy) == {
        redrivePermission = "byQueue"
        sourceQueueArns   = ["arn:aws:sqs:eu-west-1:123456789012:queue"]
      }
    )
    error_message = "A queue's visibility timeout is six times the stub's timeout, and it has its own dead-letter queue."
  }

  assert {
    condition = (
      aws_sqs_queue.trigger["jobs"].name == "live-debug-dev-tom-jobs.fifo"
      && aws_sqs_queue.trigger["jobs"].fifo_queue
      && aws_sqs_queue.dead_letters["jobs"].name == "live-debug-dev-tom-jobs-dlq.fifo"
      && aws_sqs_queue.dead_letters["jobs"].fifo_queue
      && aws_sqs_queue.trigger["jobs"].visibility_timeout_seconds == 60
    )
    error_message = "A FIFO queue has a FIFO dead-letter queue."
  }

  assert {
    condition = jsonencode({
      for name, mapping in aws_lambda_event_source_mapping.sqs :
      name => [
        mapping.event_source_arn,
        mapping.function_name,
        mapping.batch_size,
        mapping.maximum_batching_window_in_seconds,
        length(mapping.function_response_types == null ? [] : mapping.function_response_types)
      ]
      }) == jsonencode({
      made   = ["arn:aws:sqs:eu-west-1:123456789012:queue", "live-debug-dev-tom-made", 10, null, 1]
      shares = ["arn:aws:sqs:eu-west-1:123456789012:queue", "live-debug-dev-tom-shares", 10, null, 0]
      given  = ["arn:aws:sqs:eu-west-1:123456789012:given", "live-debug-dev-tom-given", 100, 5, 0]
      own    = ["arn:aws:sqs:eu-west-1:123456789012:own", "orders-api", 10, null, 0]
    }) && toset(keys(aws_sqs_queue.trigger)) == toset(["made", "jobs"])
    error_message = "Created and existing queues are polled with the given settings."
  }

  assert {
    condition = (
      aws_dynamodb_table.trigger["made"].name == "live-debug-dev-tom-made"
      && aws_dynamodb_table.trigger["made"].stream_enabled
      && aws_dynamodb_table.trigger["made"].stream_view_type == "NEW_AND_OLD_IMAGES"
      && aws_dynamodb_table.trigger["made"].hash_key == "id"
      && aws_dynamodb_table.trigger["made"].range_key == "at"
      && aws_dynamodb_table.trigger["made"].billing_mode == "PAY_PER_REQUEST"
      && length(aws_dynamodb_table.trigger) == 1
      && aws_kinesis_stream.trigger["made"].name == "live-debug-dev-tom-made"
      && aws_kinesis_stream.trigger["made"].stream_mode_details[0].stream_mode == "ON_DEMAND"
      && aws_kinesis_stream.trigger["made"].encryption_type == "KMS"
      && length(aws_kinesis_stream.trigger) == 1
    )
    error_message = "A table with a stream and an encrypted on-demand stream are created."
  }

  assert {
    condition = {
      for name, mapping in aws_lambda_event_source_mapping.records :
      name => [
        mapping.event_source_arn,
        mapping.starting_position,
        mapping.batch_size,
        mapping.maximum_retry_attempts,
        mapping.bisect_batch_on_function_error
      ]
      } == {
      "made/dynamodb"  = ["arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000", "LATEST", 100, -1, false]
      "made/kinesis"   = ["arn:aws:kinesis:eu-west-1:123456789012:stream/orders", "LATEST", 100, -1, false]
      "given/dynamodb" = ["arn:aws:dynamodb:eu-west-1:123456789012:table/given/stream/2026-01-31T00:00:00.000", "TRIM_HORIZON", 100, -1, true]
      "given/kinesis"  = ["arn:aws:kinesis:eu-west-1:123456789012:stream/given", "LATEST", 7, 2, false]
    }
    error_message = "Created and existing streams are read with the given settings."
  }

  # TLS.

  assert {
    condition = alltrue([
      for policy in concat(
        values(aws_s3_bucket_policy.trigger)[*].policy,
        values(aws_sns_topic.trigger)[*].policy,
        values(aws_sqs_queue.trigger)[*].policy,
        values(aws_sqs_queue.dead_letters)[*].policy
      ) :
      length([
        for statement in jsondecode(policy).Statement : statement
        if statement.Effect == "Deny" && statement.Principal == "*" && statement.Condition == { Bool = { "aws:SecureTransport" = "false" } }
      ]) == 1
    ]) && length(aws_s3_bucket_policy.trigger) == length(aws_s3_bucket.trigger)
    error_message = "Created resources deny requests without TLS."
  }

  assert {
    condition = (
      jsondecode(aws_sqs_queue.dead_letters["jobs"].policy).Statement[0].Resource == "arn:aws:sqs:eu-west-1:123456789012:live-debug-dev-tom-jobs-dlq.fifo"
      && jsondecode(aws_sns_topic.trigger["orders"].policy).Statement[0].Condition == { StringEquals = { "AWS:SourceOwner" = "123456789012" } }
    )
    error_message = "A policy names its own queue; a topic keeps SNS's default statement for its account."
  }

  # Permissions.

  assert {
    condition = jsonencode({
      for key, permission in aws_lambda_permission.trigger :
      key => [permission.function_name, permission.principal, permission.source_arn, permission.source_account]
      }) == jsonencode({
      "made/http/made" = ["live-debug-dev-tom-made", "apigateway.amazonaws.com", "arn:aws:execute-api:eu-west-1:123456789012:f6g7h8i9j0/*/*/made", null]
      "made/http/made/{proxy+}" = [
        "live-debug-dev-tom-made",
        "apigateway.amazonaws.com",
        "arn:aws:execute-api:eu-west-1:123456789012:f6g7h8i9j0/*/*/made/{proxy+}",
        null
      ]
      "shares/http/orders/{id}/{rest+}" = [
        "live-debug-dev-tom-shares",
        "apigateway.amazonaws.com",
        "arn:aws:execute-api:eu-west-1:123456789012:f6g7h8i9j0/*/*/orders/{id}/{rest+}",
        null
      ]
      "own/http/own"          = ["orders-api", "apigateway.amazonaws.com", "arn:aws:execute-api:eu-west-1:123456789012:f6g7h8i9j0/*/*/own", null]
      "own/http/own/{proxy+}" = ["orders-api", "apigateway.amazonaws.com", "arn:aws:execute-api:eu-west-1:123456789012:f6g7h8i9j0/*/*/own/{proxy+}", null]
      "made/sns"              = ["live-debug-dev-tom-made", "sns.amazonaws.com", "arn:aws:sns:eu-west-1:123456789012:topic", null]
      "shares/sns"            = ["live-debug-dev-tom-shares", "sns.amazonaws.com", "arn:aws:sns:eu-west-1:123456789012:topic", null]
      "given/sns"             = ["live-debug-dev-tom-given", "sns.amazonaws.com", "arn:aws:sns:eu-west-1:123456789012:given", null]
      "made/eventbridge"      = ["live-debug-dev-tom-made", "events.amazonaws.com", "arn:aws:events:eu-west-1:123456789012:rule/rule", null]
      "shares/eventbridge"    = ["live-debug-dev-tom-shares", "events.amazonaws.com", "arn:aws:events:eu-west-1:123456789012:rule/rule", null]
      "given/eventbridge"     = ["live-debug-dev-tom-given", "events.amazonaws.com", "arn:aws:events:eu-west-1:123456789012:rule/rule", null]
      "made/schedule"         = ["live-debug-dev-tom-made", "events.amazonaws.com", "arn:aws:events:eu-west-1:123456789012:rule/rule", null]
      "made/s3"               = ["live-debug-dev-tom-made", "s3.amazonaws.com", "arn:aws:s3:::uploads", "123456789012"]
      "shares/s3"             = ["live-debug-dev-tom-shares", "s3.amazonaws.com", "arn:aws:s3:::uploads", "123456789012"]
      "given/s3"              = ["live-debug-dev-tom-given", "s3.amazonaws.com", "arn:aws:s3:::given", "123456789012"]
      "own/s3"                = ["orders-api", "s3.amazonaws.com", "arn:aws:s3:::given", "123456789012"]
    }) && alltrue([for permission in aws_lambda_permission.trigger : permission.action == "lambda:InvokeFunction"])
    error_message = "Each source may invoke its function, from its own ARN only."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_iam_role_policy.stub["made"].policy).Statement :
      statement
      if startswith(statement.Sid, "Poll") && statement.Sid != "PostThroughRelay"
      ] == jsondecode(<<-JSON
      [
        {
          "Sid": "PollQueue", "Effect": "Allow", "Action": ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
          "Resource": ["arn:aws:sqs:eu-west-1:123456789012:live-debug-dev-tom-made"]
        },
        {
          "Sid": "PollTableStream", "Effect": "Allow",
          "Action": ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"],
          "Resource": ["arn:aws:dynamodb:eu-west-1:123456789012:table/live-debug-dev-tom-made/stream/*"]
        },
        {
          "Sid": "PollStream", "Effect": "Allow",
          "Action": ["kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"],
          "Resource": ["arn:aws:kinesis:eu-west-1:123456789012:stream/live-debug-dev-tom-made"]
        }
      ]
    JSON
    )
    error_message = "Lambda may poll with a created role."
  }

  assert {
    condition = (
      [for statement in jsondecode(aws_iam_role_policy.given["orders"].policy).Statement : statement.Resource[0] if startswith(statement.Sid, "Poll")] == [
        "arn:aws:sqs:eu-west-1:123456789012:given",
        "arn:aws:kinesis:eu-west-1:123456789012:stream/given",
        "arn:aws:dynamodb:eu-west-1:123456789012:table/given/stream/2026-01-31T00:00:00.000",
      ]
      && [
        for statement in jsondecode(output.functions["own"].stub_policy_json).Statement :
        statement.Resource[0]
        if startswith(statement.Sid, "Poll")
      ] == ["arn:aws:sqs:eu-west-1:123456789012:own"]
      && length([for statement in jsondecode(output.functions["quiet"].stub_policy_json).Statement : statement if startswith(statement.Sid, "Poll")]) == 0
    )
    error_message = "A given role gets the same for existing sources, and so does the policy output; no other role does."
  }

  assert {
    condition = slice(jsondecode(output.developer_policy_json).Statement, 5, 7) == jsondecode(<<-JSON
      [
        {
          "Sid": "ReadAndInvokeOwnFunctions", "Effect": "Allow",
          "Action": ["lambda:GetFunctionConfiguration", "lambda:InvokeFunction", "lambda:InvokeFunctionUrl"],
          "Resource": ${jsonencode(sort([for f in values(output.functions) : "arn:aws:lambda:eu-west-1:123456789012:function:${f.function_name}"]))}
        },
        {
          "Sid": "PublishToTriggers", "Effect": "Allow",
          "Action": ["dynamodb:PutItem", "events:PutEvents", "execute-api:Invoke", "kinesis:PutRecord", "s3:PutObject", "sns:Publish", "sqs:SendMessage"],
          "Resource": [
            "arn:aws:dynamodb:eu-west-1:123456789012:table/given",
            "arn:aws:dynamodb:eu-west-1:123456789012:table/live-debug-dev-tom-made",
            "arn:aws:events:eu-west-1:123456789012:event-bus/default",
            "arn:aws:events:eu-west-1:123456789012:event-bus/given",
            "arn:aws:events:eu-west-1:123456789012:event-bus/live-debug-dev-tom-*",
            "arn:aws:execute-api:eu-west-1:123456789012:f6g7h8i9j0/*",
            "arn:aws:kinesis:eu-west-1:123456789012:stream/given",
            "arn:aws:kinesis:eu-west-1:123456789012:stream/live-debug-dev-tom-*",
            "arn:aws:s3:::given/*",
            "arn:aws:s3:::given/own/*",
            "arn:aws:s3:::live-debug-dev-tom-*-123456789012/*",
            "arn:aws:sns:eu-west-1:123456789012:given",
            "arn:aws:sns:eu-west-1:123456789012:live-debug-dev-tom-*",
            "arn:aws:sqs:eu-west-1:123456789012:given",
            "arn:aws:sqs:eu-west-1:123456789012:live-debug-dev-tom-*",
            "arn:aws:sqs:eu-west-1:123456789012:own"
          ]
        }
      ]
    JSON
    )
    error_message = "Developers may invoke the functions and publish to their triggers: by a prefix of created names, and by the ARNs of existing ones."
  }

  # Outputs.

  assert {
    condition = jsondecode(jsonencode(output.triggers)) == jsondecode(<<-JSON
      {
        "made": {
          "http": { "url": "https://f6g7h8i9j0.execute-api.eu-west-1.amazonaws.com/made", "method": "ANY", "path": null, "authorization_type": "NONE" },
          "function_url": { "url": "https://url.lambda-url.eu-west-1.on.aws/", "authorization_type": "NONE", "invoke_mode": "RESPONSE_STREAM" },
          "sns": { "topic_arn": "arn:aws:sns:eu-west-1:123456789012:topic" },
          "sqs": {
            "queue_url": "https://sqs.eu-west-1.amazonaws.com/123456789012/queue", "queue_arn": "arn:aws:sqs:eu-west-1:123456789012:queue",
            "dead_letter_queue_url": "https://sqs.eu-west-1.amazonaws.com/123456789012/queue"
          },
          "eventbridge": {
            "event_bus_name": "live-debug-dev-tom-orders", "event_pattern": "{\"source\":[\"shop\"]}",
            "rule_arn": "arn:aws:events:eu-west-1:123456789012:rule/rule"
          },
          "schedule": { "schedule_expression": "rate(5 minutes)", "rule_arn": "arn:aws:events:eu-west-1:123456789012:rule/rule", "input": "{\"tick\":true}" },
          "s3": { "bucket": "uploads", "filter_prefix": "in/", "filter_suffix": null, "events": ["s3:ObjectCreated:*"] },
          "dynamodb": {
            "table_name": "live-debug-dev-tom-made", "stream_arn": "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000",
            "hash_key": "id", "range_key": "at"
          },
          "kinesis": { "stream_name": "live-debug-dev-tom-made", "stream_arn": "arn:aws:kinesis:eu-west-1:123456789012:stream/orders" }
        },
        "shares": {
          "http": {
            "url": "https://f6g7h8i9j0.execute-api.eu-west-1.amazonaws.com/orders/id/rest",
            "method": "POST", "path": "/orders/{id}/{rest+}", "authorization_type": "AWS_IAM"
          },
          "function_url": { "url": "https://url.lambda-url.eu-west-1.on.aws/", "authorization_type": "AWS_IAM", "invoke_mode": "BUFFERED" },
          "sns": { "topic_arn": "arn:aws:sns:eu-west-1:123456789012:topic" },
          "sqs": {
            "queue_url": "https://sqs.eu-west-1.amazonaws.com/123456789012/queue", "queue_arn": "arn:aws:sqs:eu-west-1:123456789012:queue",
            "dead_letter_queue_url": "https://sqs.eu-west-1.amazonaws.com/123456789012/queue"
          },
          "eventbridge": {
            "event_bus_name": "default", "event_pattern": "{\"source\":[\"aws.s3\"]}",
            "rule_arn": "arn:aws:events:eu-west-1:123456789012:rule/rule"
          },
          "s3": { "bucket": "uploads", "filter_prefix": null, "filter_suffix": ".png", "events": ["s3:ObjectRemoved:*"] }
        },
        "given": {
          "sns": { "topic_arn": "arn:aws:sns:eu-west-1:123456789012:given" },
          "sqs": {
            "queue_url": "https://sqs.eu-west-1.amazonaws.com/123456789012/given", "queue_arn": "arn:aws:sqs:eu-west-1:123456789012:given",
            "dead_letter_queue_url": null
          },
          "eventbridge": {
            "event_bus_name": "given", "event_pattern": "{\"source\":[\"shop\"]}",
            "rule_arn": "arn:aws:events:eu-west-1:123456789012:rule/rule"
          },
          "s3": { "bucket": "given", "filter_prefix": null, "filter_suffix": null, "events": ["s3:ObjectCreated:*"] },
          "dynamodb": {
            "table_name": "given", "stream_arn": "arn:aws:dynamodb:eu-west-1:123456789012:table/given/stream/2026-01-31T00:00:00.000",
            "hash_key": null, "range_key": null
          },
          "kinesis": { "stream_name": "given", "stream_arn": "arn:aws:kinesis:eu-west-1:123456789012:stream/given" }
        },
        "own": {
          "http": { "url": "https://f6g7h8i9j0.execute-api.eu-west-1.amazonaws.com/own", "method": "ANY", "path": null, "authorization_type": "JWT" },
          "sqs": {
            "queue_url": "https://sqs.eu-west-1.amazonaws.com/123456789012/own", "queue_arn": "arn:aws:sqs:eu-west-1:123456789012:own",
            "dead_letter_queue_url": null
          },
          "s3": { "bucket": "given", "filter_prefix": "own/", "filter_suffix": null, "events": ["s3:ObjectRemoved:*"] }
        }
      }
    JSON
    )
    error_message = "The targets are an output by function and source."
  }

  assert {
    condition = alltrue([
      for name, f in output.manifest.functions :
      jsondecode(jsonencode(f.triggers)) == jsondecode(jsonencode(try(output.triggers[name], {})))
    ])
    error_message = "The manifest has the same targets."
  }
}

run "logs_of_the_http_api" {
  variables {
    functions   = { hello = { handler = "a.b", runtime = "nodejs22.x", triggers = { http = {} } } }
    access_logs = { retention_in_days = 30 }
    throttling  = { rate_limit = 10 }
  }

  assert {
    condition = (
      aws_cloudwatch_log_group.http[0].name == "/aws/vendedlogs/live-debug-dev-tom-http" && aws_cloudwatch_log_group.http[0].retention_in_days == 30
      && alltrue([
        for settings in aws_apigatewayv2_stage.http[0].access_log_settings :
        settings.destination_arn == "arn:aws:logs:eu-west-1:123456789012:log-group:stub"
        && can(jsondecode(settings.format))
        && !strcontains(settings.format, "body")
      ])
      && length(aws_apigatewayv2_stage.http[0].access_log_settings) == 1
      && alltrue([for settings in aws_apigatewayv2_stage.http[0].default_route_settings : settings.throttling_rate_limit == 50])
    )
    error_message = "access_logs also applies to the HTTP API; throttling only to the relay."
  }
}

run "names_of_own_functions_by_reference" {
  command = plan

  variables {
    functions = {
      own = {
        handler       = "d.handler"
        runtime       = "nodejs22.x"
        create        = false
        function_name = "orders-api"
        triggers = {
          sqs = { queue_arn = "arn:aws:sqs:eu-west-1:123456789012:own" }
          s3  = { bucket_arn = "arn:aws:s3:::given" }
        }
      }
    }
    own_function_names = { own = "orders-api" }
  }

  assert {
    condition = (
      aws_lambda_permission.trigger["own/s3"].function_name == "orders-api"
      && aws_lambda_event_source_mapping.sqs["own"].function_name == "orders-api"
    )
    error_message = "They are the names in functions."
  }
}

run "names_the_alias_of_own_functions" {
  command = apply

  variables {
    own_function_names = null
    functions = {
      orders = {
        handler        = "a.handler"
        runtime        = "nodejs22.x"
        create         = false
        function_name  = "orders"
        qualifier      = "live"
        durable_config = { execution_timeout = 600 }
        triggers = {
          http         = {}
          function_url = { authorization_type = "NONE" }
          sns          = {}
          sqs          = {}
          eventbridge  = { event_pattern = "{\"source\":[\"shop\"]}" }
          schedule     = { schedule_expression = "rate(5 minutes)" }
          s3           = {}
          kinesis      = {}
        }
      }
    }
  }

  assert {
    condition = toset(flatten([
      aws_sns_topic_subscription.trigger["orders"].endpoint,
      aws_cloudwatch_event_target.pattern["orders"].arn,
      aws_cloudwatch_event_target.schedule["orders"].arn,
      [for one in values(aws_s3_bucket_notification.trigger) : one.lambda_function[*].lambda_function_arn],
      aws_lambda_event_source_mapping.sqs["orders"].function_name,
      values(aws_lambda_event_source_mapping.records)[*].function_name,
      trimsuffix(
        trimprefix(
          aws_apigatewayv2_integration.http["orders"].integration_uri,
          "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/"
        ),
        "/invocations"
      ),
      [for resource in jsondecode(aws_cloudformation_stack.function_url["orders"].template_body).Resources : resource.Properties.FunctionName],
    ])) == toset(["arn:aws:lambda:eu-west-1:123456789012:function:orders:live"])
    error_message = "Every trigger invokes the alias."
  }

  assert {
    condition = toset([
      for permission in values(aws_lambda_permission.trigger) : "${permission.function_name}:${permission.qualifier}"
      ]) == toset(["orders:live"]) && (
      aws_lambda_function_url.this["orders"].qualifier == "live"
    )
    error_message = "Permissions and the function URL are the alias's: Lambda grants each qualifier by itself."
  }

  assert {
    condition     = can(regex(":function:orders:[*]", output.developer_policy_json)) && output.manifest.functions["orders"].qualifier == "live"
    error_message = "Developers may invoke the alias, and the manifest names it."
  }
}

run "refuses_another_name_by_reference" {
  command = plan

  variables {
    functions          = { own = { handler = "d.handler", runtime = "nodejs22.x", create = false, function_name = "orders-api" } }
    own_function_names = { own = "orders" }
  }

  expect_failures = [aws_dynamodb_table_item.manifest]
}

run "refuses_two_lists_of_notifications_for_one_bucket" {
  command = plan

  variables {
    functions = {
      a = { handler = "a.b", runtime = "nodejs22.x", triggers = { s3 = { create = false, bucket_arn = "arn:aws:s3:::given" } } }
      b = { handler = "a.b", runtime = "nodejs22.x", triggers = { s3 = { bucket_arn = "arn:aws:s3:::given", events = ["s3:ObjectRemoved:*"] } } }
    }
  }

  expect_failures = [aws_s3_bucket_notification.trigger]
}

run "shares_queues_tables_and_streams" {
  variables {
    functions = {
      a = { handler = "a.b", runtime = "nodejs22.x", timeout = 5, triggers = { sqs = {}, dynamodb = {}, kinesis = {} } }
      b = {
        handler  = "a.b"
        runtime  = "nodejs22.x"
        timeout  = 9
        triggers = { sqs = { queue_name = "a" }, dynamodb = { table_name = "a" }, kinesis = { stream_name = "a" } }
      }
    }
  }

  assert {
    condition = (
      keys(aws_sqs_queue.trigger) == ["a"]
      && keys(aws_sqs_queue.dead_letters) == ["a"]
      && keys(aws_dynamodb_table.trigger) == ["a"]
      && keys(aws_kinesis_stream.trigger) == ["a"]
      && keys(aws_lambda_event_source_mapping.sqs) == ["a", "b"]
      && keys(aws_lambda_event_source_mapping.records) == ["a/dynamodb", "a/kinesis", "b/dynamodb", "b/kinesis"]
    )
    error_message = "Functions with the same name share the created resource."
  }

  assert {
    condition     = aws_sqs_queue.trigger["a"].visibility_timeout_seconds == 6 * 14
    error_message = "A queue's visibility timeout follows its slowest function."
  }

  assert {
    condition     = jsonencode(output.triggers["a"]) == jsonencode(output.triggers["b"])
    error_message = "Both have the same target."
  }
}

run "no_policies_with_tls_only_false" {
  command = plan

  variables {
    tls_only  = false
    functions = { hello = { handler = "a.b", runtime = "nodejs22.x", triggers = { s3 = {}, sns = {}, sqs = {} } } }
  }

  assert {
    condition     = length(aws_s3_bucket_policy.trigger) == 0 && length(local.queue_policies) == 0
    error_message = "Your own policies would be replaced."
  }
}

run "nothing_while_not_enabled" {
  command = plan

  variables {
    enabled     = false
    access_logs = {}
  }

  assert {
    condition = sum([
      length(aws_lambda_permission.trigger), length(aws_lambda_function_url.this), length(aws_cloudformation_stack.function_url),
      length(aws_apigatewayv2_api.http), length(aws_apigatewayv2_integration.http), length(aws_apigatewayv2_route.http),
      length(aws_apigatewayv2_stage.http), length(aws_cloudwatch_log_group.http),
      length(aws_sns_topic.trigger), length(aws_sns_topic_subscription.trigger),
      length(aws_cloudwatch_event_bus.trigger), length(aws_cloudwatch_event_rule.pattern), length(aws_cloudwatch_event_target.pattern),
      length(aws_cloudwatch_event_rule.schedule), length(aws_cloudwatch_event_target.schedule),
      length(aws_s3_bucket.trigger), length(aws_s3_bucket_public_access_block.trigger), length(aws_s3_bucket_policy.trigger),
      length(aws_s3_bucket_server_side_encryption_configuration.trigger), length(aws_s3_bucket_notification.trigger),
      length(aws_sqs_queue.trigger), length(aws_sqs_queue.dead_letters), length(aws_sqs_queue_redrive_allow_policy.dead_letters),
      length(aws_dynamodb_table.trigger), length(aws_kinesis_stream.trigger),
      length(aws_lambda_event_source_mapping.sqs), length(aws_lambda_event_source_mapping.records),
    ]) == 0 && length(output.triggers) == 0
    error_message = "Nothing is created, and the outputs are empty."
  }
}

run "nothing_without_triggers" {
  command = plan

  variables {
    functions = { hello = { handler = "a.b", runtime = "nodejs22.x" } }
  }

  assert {
    condition = (
      length(output.triggers) == 0
      && length(aws_apigatewayv2_api.http) == 0
      && length(aws_apigatewayv2_stage.http) == 0
      && length(aws_lambda_permission.trigger) == 0
    )
    error_message = "Without a function with http there is no HTTP API."
  }
}
