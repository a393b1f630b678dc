# The inputs of terraform-aws-modules/lambda that matter here, by their names, so that the example runs without a
# registry. Your own code has that module's source line in place of this folder.

terraform {
  required_version = ">= 1.7"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.84, < 7"
    }
  }
}

variable "function_name" {
  description = "The function's name."
  type        = string
}

variable "create_package" {
  description = "Whether to build the package here; this folder knows packages built before only."
  type        = bool
  default     = true

  validation {
    condition     = !var.create_package
    error_message = "create_package must be false here: give local_existing_package."
  }
}

variable "local_existing_package" {
  description = "Path of the zip."
  type        = string
}

variable "create_role" {
  description = "Whether to make a role here; this folder knows given roles only."
  type        = bool
  default     = true

  validation {
    condition     = !var.create_role
    error_message = "create_role must be false here: give lambda_role."
  }
}

variable "lambda_role" {
  description = "ARN of the function's role."
  type        = string
}

variable "handler" {
  description = "The function's handler."
  type        = string
}

variable "runtime" {
  description = "The function's runtime."
  type        = string
}

variable "timeout" {
  description = "Seconds."
  type        = number
  default     = 3
}

variable "memory_size" {
  description = "MB."
  type        = number
  default     = 128
}

variable "environment_variables" {
  description = "The function's environment."
  type        = map(string)
  default     = {}
}

resource "aws_lambda_function" "this" {
  function_name    = var.function_name
  role             = var.lambda_role
  filename         = var.local_existing_package
  source_code_hash = filebase64sha256(var.local_existing_package)
  handler          = var.handler
  runtime          = var.runtime
  timeout          = var.timeout
  memory_size      = var.memory_size

  environment {
    variables = var.environment_variables
  }
}
