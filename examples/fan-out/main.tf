# An HTTP API whose function publishes to an SNS topic, and a function that subscribes to it. Run `terraform apply`, then
# the command in the output `serve`.

# Credentials and the Region come from the environment, as for every AWS tool: AWS_PROFILE, AWS_REGION.
provider "aws" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

data "aws_caller_identity" "current" {}

locals {
  functions = jsondecode(file("${path.module}/livectl.json")).functions

  # The topic that the module creates for worker's trigger. An input of the module can't refer to what the module creates,
  # so the ARN is built from <name>-<stage>-<topic_name>. `id` is the Region under any version of the provider.
  topic_arn = join(":", [
    "arn", data.aws_partition.current.partition, "sns", data.aws_region.current.id,
    data.aws_caller_identity.current.account_id, "live-debug-${var.stage}-orders",
  ])
}

module "live_debug" {
  source = "../../terraform/modules/live-debug"

  enabled = var.live
  stage   = var.stage

  # livectl.json names the local cloud's topic. On AWS it is this stage's topic, and the role needs permission to publish.
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
