# [1] Wrapped functions: the deployed code stays, and a layer puts a wrapper script before its runtime. The wrapper relays an
# invocation that somebody serves, as a stub does, and passes any other one to the deployed code.

locals {
  wrapped_names = { for name, wrapped in local.is_wrapped : name => name if wrapped }

  # Layers and variables for your own functions, whatever their mode.
  layers       = { for name in local.wrapped_names : name => [aws_lambda_layer_version.wrapper[0].arn] }
  environments = { for name, variables in local.stub_environments : name => merge(variables, try(module.functions.wrap_variables[name], {})) }

  # The functions with a stub beside them, by the names of those stubs.
  beside_names = local.is_live ? module.functions.names.beside : {}
  beside_arns = {
    for name, beside in local.beside_names : name => "arn:${local.partition}:lambda:${local.region}:${local.account_id}:function:${beside}"
  }
}

# Lists no runtimes and architectures: it has scripts for all that can be wrapped, and the provider would refuse runtimes that
# are newer than itself.
resource "aws_lambda_layer_version" "wrapper" {
  count = length(local.wrapped_names) > 0 ? 1 : 0

  layer_name       = "${local.name}-wrapper"
  description      = "Live debugging wrapper: livectl serve --stage ${var.stage}"
  filename         = "${path.module}/dist/wrapper.zip"
  source_code_hash = filebase64sha256("${path.module}/dist/wrapper.zip")

  lifecycle {
    # Functions use a new version before the old one is destroyed, and stop using the last one before it is destroyed: see outputs.tf.
    create_before_destroy = true
  }
}

# A stub beside each wrapped Python function, with its variables and role; the wrapper invokes it.
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
    # It outlives the wrapper that invokes it. Other stubs do not: one that could not be completed would block its successor, and a
    # stub beside a function reserves no concurrency, which is what AWS refuses most often.
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
  # As for other stubs, but without what only roles created by the module need.
  beside_needs = [
    [for group in aws_cloudwatch_log_group.beside : group.arn],
    [for policy in aws_iam_role_policy.given : policy.id],
    aws_dynamodb_table_item.secret,
  ]
}
