# What the other files share: the stage's names and its functions.

# Reads what was written as functions, or says all that is wrong with it.
module "functions" {
  source = "./modules/functions"

  functions      = var.functions
  given          = var.functions
  create         = var.create
  timeout_margin = var.timeout_margin
  enabled        = var.enabled
  name           = var.name
  stage          = var.stage
}

locals {
  # The directory table's name among them: livectl finds the stage by it.
  name = "${var.name}-${var.stage}"

  # While the stage is live, as its table tells: it is created before everything else, so that a second instance of the
  # stage in an account fails there, with nothing but that one refusal.
  is_live = length(aws_dynamodb_table.this) > 0

  functions = local.is_live ? module.functions.functions : {}

  function_names = module.functions.names.functions
  rule_names     = module.functions.names.rules
  schedule_names = module.functions.names.schedules
  stack_names    = module.functions.names.stacks

  created = { for name, f in local.functions : name => f if coalesce(f.create, var.create) }

  # Partition, Region and account as the table's own ARN has them: known without a data source, under any
  # version of the provider (aws_region renamed its attributes in 6).
  arn_parts  = try(split(":", aws_dynamodb_table.this[0].arn), [])
  partition  = try(local.arn_parts[1], null)
  region     = try(local.arn_parts[3], null)
  account_id = try(local.arn_parts[4], null)

  function_arns = {
    for name in keys(local.functions) : name => (
      contains(keys(local.created), name)
      ? aws_lambda_function.this[name].arn
      : "arn:${local.partition}:lambda:${local.region}:${local.account_id}:function:${local.function_names[name]}"
    )
  }
}
