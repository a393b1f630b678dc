# Functions you have already, switched both ways by one variable:
#
#   terraform apply                  they run their own packages
#   terraform apply -var live=true   they are stubs, and livectl answers

terraform {
  required_version = ">= 1.7"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.84, < 7"
    }
  }
}

variable "live" {
  description = "Whether the functions are answered by livectl."
  type        = bool
  default     = false
}

variable "stage" {
  description = "A name for your own stage, e.g. dev-tom."
  type        = string
  default     = "dev"
}

provider "aws" {}

locals {
  settings = jsondecode(file("${path.module}/livectl.json")).functions
}

module "live_debug" {
  source = "../../terraform/modules/live-debug"

  enabled = var.live
  stage   = var.stage

  # The functions stay yours: the module makes relay and directory, and lets your roles use them.
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
# A plain aws_lambda_function
################################################################################

resource "aws_lambda_function" "orders" {
  function_name = "orders-${var.stage}"
  role          = aws_iam_role.orders.arn
  memory_size   = local.settings.orders.memory_size

  # What differs while live. The branch not taken is not looked at, so the package may be missing then.
  filename         = var.live ? module.live_debug.stub.filename : "${path.module}/orders.zip"
  source_code_hash = var.live ? module.live_debug.stub.source_code_hash : filebase64sha256("${path.module}/orders.zip")
  handler          = var.live ? module.live_debug.stub.handler : local.settings.orders.handler
  runtime          = var.live ? module.live_debug.stub.runtime : local.settings.orders.runtime
  timeout          = var.live ? module.live_debug.functions["orders"].timeout : local.settings.orders.timeout

  environment {
    variables = merge({ ORDERS_TABLE = "orders-${var.stage}" }, var.live ? module.live_debug.environment["orders"] : {})
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
# A function of a module
################################################################################

module "invoices" {
  # Takes inputs by the names of terraform-aws-modules/lambda, whose source line may stand here instead.
  source = "./lambda"

  function_name = "invoices-${var.stage}"
  memory_size   = local.settings.invoices.memory_size

  create_package = false
  create_role    = false
  lambda_role    = aws_iam_role.invoices.arn

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

output "serve" {
  description = "The command to run while live; null while not."
  value       = module.live_debug.serve_command
}
