# A stage that several developers share: an HTTP API whose function sends to a queue, and the queue's consumer. Both
# functions are wrapped: their own package answers whatever nobody serves.

# Credentials and the Region come from the environment, as for every AWS tool: AWS_PROFILE, AWS_REGION.
provider "aws" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

data "aws_caller_identity" "current" {}

locals {
  settings = jsondecode(file("${path.module}/livectl.json")).functions

  # The queue that the module creates for worker's trigger: <name>-<stage>-<queue_name>. `id` is the Region under any
  # version of the provider.
  queue_name = "live-debug-${var.stage}-orders"
  queue_arn = join(":", [
    "arn", data.aws_partition.current.partition, "sqs", data.aws_region.current.id,
    data.aws_caller_identity.current.account_id, local.queue_name,
  ])

  # livectl.json names the queue of the local cloud's stage.
  environments = {
    api    = { QUEUE_NAME = local.queue_name }
    worker = {}
  }
}

module "live_debug" {
  source = "../../terraform/modules/live-debug"

  enabled = var.live
  stage   = var.stage

  functions = {
    for name, settings in local.settings : name => merge(settings, {
      function_name = "${name}-${var.stage}"
      role          = aws_iam_role.this[name]
      environment   = local.environments[name]
    })
  }

  # Triggers are created after the functions.
  own_function_names = { for name in keys(local.settings) : name => aws_lambda_function.this[name].function_name }
}

resource "aws_lambda_function" "this" {
  for_each = local.settings

  function_name    = "${each.key}-${var.stage}"
  role             = aws_iam_role.this[each.key].arn
  filename         = "${path.module}/functions.zip"
  source_code_hash = filebase64sha256("${path.module}/functions.zip")
  handler          = each.value.handler
  runtime          = each.value.runtime
  timeout          = each.value.timeout
  memory_size      = each.value.memory_size

  # This and the merge below are all that wrap needs; both outputs are empty while not live.
  layers = module.live_debug.layers[each.key]

  environment {
    variables = merge(local.environments[each.key], module.live_debug.environment[each.key])
  }
}

resource "aws_iam_role" "this" {
  for_each = local.settings

  name = "${each.key}-${var.stage}"

  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy_attachment" "logs" {
  for_each = local.settings

  role       = aws_iam_role.this[each.key].name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}

# Also what api may do on a laptop, which runs it with this role.
resource "aws_iam_role_policy" "send" {
  name = "send-orders"
  role = aws_iam_role.this["api"].name

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["sqs:GetQueueUrl", "sqs:SendMessage"], Resource = local.queue_arn }]
  })
}
