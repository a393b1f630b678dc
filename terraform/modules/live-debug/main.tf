# What the other files share: the stage's names and its functions.

locals {
  # The directory table's name among them: livectl finds the stage by it.
  name = "${var.name}-${var.stage}"

  functions = var.enabled ? var.functions : {}

  function_names = { for name, f in local.functions : name => coalesce(f.function_name, "${local.name}-${name}") }

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
