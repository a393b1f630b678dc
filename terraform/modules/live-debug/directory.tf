# The directory: who serves the stage (livectl writes it), and the manifest of its functions (Terraform writes it).

locals {
  stage_words = split("-", replace(lower(var.stage), "_", "-"))

  # Nothing secret in it, environment variables least of all; no times, so that a plan after an apply is empty.
  manifest = !var.enabled ? null : {
    version    = 1
    stage      = var.stage
    region     = local.region
    account_id = local.account_id
    relay      = { url = local.relay.url }
    table      = aws_dynamodb_table.this[0].name
    functions = {
      for name, f in local.functions : name => {
        function_name = local.function_names[name]
        function_arn  = local.function_arns[name]
        handler       = f.handler
        runtime       = f.runtime
        timeout       = f.timeout
        memory_size   = f.memory_size
        source_dir    = f.source_dir
        build         = f.build
        command       = f.command
        python        = f.python
        # An item holds 400 KB at most: without the fields that nobody set.
        esbuild    = f.esbuild == null ? null : { for field, value in f.esbuild : field => value if value != null }
        layers     = f.layers
        layer_dirs = f.layer_dirs
        triggers   = local.trigger_targets[name]
        vpc_config = f.vpc_config == null ? null : {
          vpc_id             = data.aws_vpc.function[name].id
          subnet_ids         = f.vpc_config.subnet_ids
          security_group_ids = f.vpc_config.security_group_ids
        }
      }
    }
    vpcs = local.vpcs
  }
}

resource "aws_dynamodb_table" "this" {
  count = var.enabled ? 1 : 0

  name         = local.name
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "stage"
  range_key    = "item"

  attribute {
    name = "stage"
    type = "S"
  }

  attribute {
    name = "item"
    type = "S"
  }

  # Tidies up after a client that vanished; whether a lease holds is for its reader to say.
  ttl {
    attribute_name = "expiresAt"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = var.point_in_time_recovery
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = var.kms_key_arn
  }

  tags = var.tags

  lifecycle {
    precondition {
      condition     = var.allow_protected_stage || length(setintersection(local.stage_words, [for word in var.protected_stages : lower(word)])) == 0
      error_message = "Stage \"${var.stage}\" is protected: going live would send its events, variables and credentials to a laptop. Write the name of a development stage, e.g. stage = \"dev-tom\"; to go live here all the same, write allow_protected_stage = true."
    }
  }
}

resource "aws_dynamodb_table_item" "manifest" {
  count = var.enabled ? 1 : 0

  table_name = aws_dynamodb_table.this[0].name
  hash_key   = aws_dynamodb_table.this[0].hash_key
  range_key  = aws_dynamodb_table.this[0].range_key

  item = jsonencode({
    stage    = { S = var.stage }
    item     = { S = "manifest" }
    version  = { N = tostring(local.manifest.version) }
    document = { S = jsonencode(local.manifest) }
  })

  lifecycle {
    precondition {
      condition     = alltrue([for name, given in var.own_function_names : given == try(local.function_names[name], null)])
      error_message = "own_function_names must have the name that functions[*] has as its function_name: write own_function_names = { orders = aws_lambda_function.orders.function_name } where functions has orders."
    }
  }
}
