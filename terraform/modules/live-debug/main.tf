# What the other files share: the stage's names and its functions.
#
# Three habits keep plans linear in the number of functions:
#   - for_each is a local, a map of names: Terraform evaluates it once per instance, copies its values, and would sort a set.
#   - Loops look up by index: contains(keys(...), name) and lookup(...) read their whole argument each time.
#   - Resources with for_each refer to each other through locals, also in depends_on: a direct reference is an edge of the graph
#     from each instance of one to each instance of the other.

# Parses `functions`, or reports everything that is wrong with it.
module "functions" {
  source = "./modules/functions"

  functions      = var.functions
  given          = var.functions
  mode           = var.mode
  create         = var.create
  timeout_margin = var.timeout_margin
  enabled        = var.enabled
  name           = var.name
  stage          = var.stage
}

locals {
  # Includes the directory table's name, by which livectl finds the stage.
  name = "${var.name}-${var.stage}"

  # Whether the stage is live, according to its table: that is created before everything else, so that a second instance of the
  # stage in an account fails there, with only that one error.
  is_live = length(aws_dynamodb_table.this) > 0

  functions = local.is_live ? module.functions.functions : {}

  function_names = module.functions.names.functions
  rule_names     = module.functions.names.rules
  schedule_names = module.functions.names.schedules
  stack_names    = module.functions.names.stacks

  is_created    = local.is_live ? module.functions.ways.is_created : {}
  is_wrapped    = local.is_live ? module.functions.ways.is_wrapped : {}
  created_names = { for name, created in local.is_created : name => name if created }

  # Partition, Region and account from the table's own ARN: known without a data source, with any version of the provider
  # (aws_region renamed its attributes in 6).
  arn_parts  = try(split(":", aws_dynamodb_table.this[0].arn), [])
  partition  = try(local.arn_parts[1], null)
  region     = try(local.arn_parts[3], null)
  account_id = try(local.arn_parts[4], null)

  function_arns = {
    for name, created in local.is_created : name => (
      created
      ? aws_lambda_function.this[name].arn
      : "arn:${local.partition}:lambda:${local.region}:${local.account_id}:function:${local.function_names[name]}"
    )
  }
}
