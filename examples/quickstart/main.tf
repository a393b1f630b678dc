# The quickstart on AWS: `terraform apply`, then the command in the output `serve`.

terraform {
  required_version = ">= 1.7"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.84, < 7"
    }
  }
}

variable "stage" {
  description = "A name for your own stage, e.g. dev-tom."
  type        = string
  default     = "dev"
}

variable "live" {
  description = "false removes everything again, as `terraform destroy` does."
  type        = bool
  default     = true
}

# Credentials and Region as for every AWS tool: AWS_PROFILE, AWS_REGION ...
provider "aws" {}

module "live_debug" {
  source = "../../terraform/modules/live-debug"

  enabled   = var.live
  stage     = var.stage
  functions = jsondecode(file("${path.module}/livectl.json")).functions
}

output "serve" {
  description = "Run this beside livectl.json; the function then answers from your laptop."
  value       = module.live_debug.serve_command
}

output "url" {
  description = "Open to anybody who has it, until livectl.json says authorization_type \"AWS_IAM\" or \"JWT\"."
  value       = try(module.live_debug.triggers["hello"].http.url, null)
}

output "function_name" {
  description = "The function to invoke: aws lambda invoke --function-name ..."
  value       = try(module.live_debug.functions["hello"].function_name, null)
}
