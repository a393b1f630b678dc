# [1] Wrapped functions: the deployed code stays, and a layer puts a wrapper script before its runtime. It relays an
# invocation that somebody serves as a stub does, and hands any other one to the deployed code.

locals {
  wrapped_names = { for name, wrapped in local.is_wrapped : name => name if wrapped }

  # Layers and variables that a function of the caller's takes, whatever its mode.
  layers       = { for name in local.wrapped_names : name => [aws_lambda_layer_version.wrapper[0].arn] }
  environments = { for name, variables in local.stub_environments : name => merge(variables, try(module.functions.wrap_variables[name], {})) }

  # The functions with a stub beside them, by the names of those stubs.
  beside_names = local.is_live ? module.functions.names.beside : {}
  beside_arns = {
    for name, beside in local.beside_names : name => "arn:${local.partition}:lambda:${local.region}:${local.account_id}:function:${beside}"
  }
}

# It names no runtimes and architectures: scripts of all that can be wrapped are in it, and the provider would refuse a
# runtime newer than itself.
resource "aws_lambda_layer_version" "wrapper" {
  count = length(local.wrapped_names) > 0 ? 1 : 0

  layer_name       = "${local.name}-wrapper"
  description      = "Live debugging wrapper: livectl serve --stage ${var.stage}"
  filename         = "${path.module}/dist/wrapper.zip"
  source_code_hash = filebase64sha256("${path.module}/dist/wrapper.zip")

  lifecycle {
    # Functions take a new version before the old one goes, and give the last one back before it goes: see outputs.tf.
    create_before_destroy = true
  }
}

# Beside a wrapped Python function, whose wrapper invokes it: a stub with the function's variables and role.
resource "aws_lambda_function" "beside" {
  for_each = local.beside_names

  function_name = each.value
  description   = "Live debugging stub beside ${local.function_names[each.key]}: livectl serve --stage ${var.stage}"
  role          = local.role_arns[each.key]

  filename         = "${path.module}/dist/beside.zip"
  source_code_hash = filebase64sha256("${path.module}/dist/beside.zip")
  handler          = local.stub.handler
  runtime          = local.stub.runtime
  architectures    = [var.architecture]
  timeout          = min(900, local.functions[each.key].timeout + var.timeout_margin)
  memory_size      = local.functions[each.key].memory_size
  kms_key_arn      = local.functions[each.key].kms_key_arn

  environment {
    variables = merge(local.stub_variables[each.key], local.stub_environments[each.key])
  }

  dynamic "tracing_config" {
    for_each = var.tracing_mode[*]

    content {
      mode = tracing_config.value
    }
  }

  tags = merge(var.tags, local.functions[each.key].tags)

  depends_on = [local.beside_needs]

  lifecycle {
    # It outlives the wrapper that invokes it. Not so for other stubs: one that couldn't be finished would be in the way of
    # its successor, and a stub beside a function reserves no concurrency, which is what AWS refuses most often.
    create_before_destroy = true
  }
}

resource "aws_cloudwatch_log_group" "beside" {
  for_each = local.beside_names

  name              = "/aws/lambda/${each.value}"
  retention_in_days = var.log_retention_in_days
  kms_key_id        = var.log_kms_key_arn

  tags = merge(var.tags, local.functions[each.key].tags)

  lifecycle {
    create_before_destroy = true
  }
}

locals {
  # As of other stubs, without what is for roles that the module creates.
  beside_needs = [
    [for group in aws_cloudwatch_log_group.beside : group.arn],
    [for policy in aws_iam_role_policy.given : policy.id],
    aws_dynamodb_table_item.secret,
  ]
}
