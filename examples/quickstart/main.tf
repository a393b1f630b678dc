# The quickstart on AWS: run `terraform apply`, then the command in the output `serve`.

# Credentials and the Region come from the environment, as for every AWS tool: AWS_PROFILE, AWS_REGION.
provider "aws" {}

module "live_debug" {
  source = "../../terraform/modules/live-debug"

  enabled   = var.live
  stage     = var.stage
  functions = jsondecode(file("${path.module}/livectl.json")).functions
}
