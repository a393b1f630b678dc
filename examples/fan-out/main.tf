# An HTTP API whose function publishes to an SNS topic, and a function that subscribes: `terraform apply`, then the
# command in the output `serve`.

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

data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

locals {
  functions = jsondecode(file("${path.module}/livectl.json")).functions

  # The topic that the module makes for worker's trigger. What a module makes can't be an input of it, so the ARN is put
  # together: <name>-<stage>-<topic_name>. (`id` is the Region under any version of the provider.)
  topic_arn = join(":", [
    "arn", data.aws_partition.current.partition, "sns", data.aws_region.current.id,
    data.aws_caller_identity.current.account_id, "live-debug-${var.stage}-orders",
  ])
}

module "live_debug" {
  source = "../../terraform/modules/live-debug"

  enabled = var.live
  stage   = var.stage

  # livectl.json names the local cloud's topic; on AWS it is this stage's, and the role needs to be allowed to publish.
  functions = merge(local.functions, {
    api = merge(local.functions.api, {
      environment = merge(local.functions.api.environment, { TOPIC_ARN = local.topic_arn })
      policy_json = jsonencode({
        Version   = "2012-10-17"
        Statement = [{ Effect = "Allow", Action = "sns:Publish", Resource = local.topic_arn }]
      })
    })
  })
}

output "serve" {
  description = "Run this beside livectl.json; both functions then answer from your laptop."
  value       = module.live_debug.serve_command
}

output "url" {
  description = "Where to POST an order."
  value       = try(module.live_debug.triggers["api"].http.url, null)
}
