# Existing functions, switched to livectl and back by one variable:
#
#   terraform apply                  they run their own packages
#   terraform apply -var live=true   livectl answers. When nobody serves, `orders` runs its own package, which is wrapped;
#                                    `invoices` fails, since a stub is in its place

# Credentials and the Region come from the environment, as for every AWS tool: AWS_PROFILE, AWS_REGION.
provider "aws" {}

locals {
  settings = jsondecode(file("${path.module}/livectl.json")).functions
}

module "live_debug" {
  source = "../../terraform/modules/live-debug"

  enabled = var.live
  stage   = var.stage

  # The functions stay yours: the module creates the relay and the directory, and gives your roles access to them.
  create = false

  functions = {
    orders = merge(local.settings.orders, {
      function_name = "orders-${var.stage}"
      role          = aws_iam_role.orders
    })
    invoices = merge(local.settings.invoices, {
      function_name = "invoices-${var.stage}"
      role          = aws_iam_role.invoices
    })
  }
}

################################################################################
# Wrapped: a plain aws_lambda_function (livectl.json has mode = "wrap")
################################################################################

resource "aws_lambda_function" "orders" {
  function_name    = "orders-${var.stage}"
  role             = aws_iam_role.orders.arn
  filename         = "${path.module}/orders.zip"
  source_code_hash = filebase64sha256("${path.module}/orders.zip")
  handler          = local.settings.orders.handler
  runtime          = local.settings.orders.runtime
  timeout          = local.settings.orders.timeout
  memory_size      = local.settings.orders.memory_size

  # This and the merge below are all that wrap needs; both outputs are empty while not live. With layers of your own:
  # concat(local.layers, module.live_debug.layers["orders"]).
  layers = module.live_debug.layers["orders"]

  environment {
    variables = merge({ ORDERS_TABLE = "orders-${var.stage}" }, module.live_debug.environment["orders"])
  }
}

resource "aws_iam_role" "orders" {
  name               = "orders-${var.stage}"
  assume_role_policy = local.lambda_may_assume
}

resource "aws_iam_role_policy_attachment" "orders" {
  role       = aws_iam_role.orders.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}

################################################################################
# Replaced: a function that a module creates
################################################################################

module "invoices" {
  # A stand-in with the input names of terraform-aws-modules/lambda, so that the example needs no registry.
  source = "./lambda"

  function_name = "invoices-${var.stage}"
  memory_size   = local.settings.invoices.memory_size

  create_package = false
  create_role    = false
  lambda_role    = aws_iam_role.invoices.arn

  # What differs while live. Terraform does not evaluate the other branch, so the package may be missing while live.
  local_existing_package = var.live ? module.live_debug.stub.filename : "${path.module}/invoices.zip"
  handler                = var.live ? module.live_debug.stub.handler : local.settings.invoices.handler
  runtime                = var.live ? module.live_debug.stub.runtime : local.settings.invoices.runtime
  timeout                = var.live ? module.live_debug.functions["invoices"].timeout : local.settings.invoices.timeout

  environment_variables = merge({ CURRENCY = "EUR" }, var.live ? module.live_debug.environment["invoices"] : {})
}

resource "aws_iam_role" "invoices" {
  name               = "invoices-${var.stage}"
  assume_role_policy = local.lambda_may_assume
}

resource "aws_iam_role_policy_attachment" "invoices" {
  role       = aws_iam_role.invoices.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
}

locals {
  lambda_may_assume = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } },
    ]
  })
}
