# The directory: who serves the stage (written by livectl); the manifest of its functions and the stage's secret (written by
# Terraform, in a separate partition).

locals {
  # Words separated by -, _ or capitals: `euProd`. Digits at a word's ends are ignored: `prod2`, `01prd`. `non-prod` counts as one
  # word, and is not production.
  stage_words = flatten([
    for word in split("-", replace(replace(lower(replace(var.stage, "/([a-z0-9])([A-Z])/", "$1-$2")), "_", "-"), "/(^|-)non-/", "$${1}non")) :
    [word, trim(word, "0123456789")]
  ])

  is_protected = length(setintersection(local.stage_words, [for word in var.protected_stages : lower(word)])) > 0

  # Nobody may serve the stage: stubs and wrappers pass over every client but those that observe.
  observe_only        = var.allow_observe && local.is_protected
  manifest_of_observe = { for name in ["observe_only"] : name => true if local.observe_only }

  # Developers can only read it; stubs have no access. Stage names contain no "#".
  manifest_partition = "${var.stage}#manifest"

  # If the module itself is the root (`terraform test`), Terraform refuses outputs that contain a sensitive value. Uses an index,
  # since a conditional is sensitive if either of its values is.
  random_secret = { true = base64sha256("${uuid()}${uuid()}"), false = sensitive(base64sha256("${uuid()}${uuid()}")) }

  # The secret by which stubs authenticate to livectl: 256 random bits.
  secret = try(terraform_data.secret[var.secret_version].triggers_replace, null)

  # How a function is live, and what answers when nobody serves; without fields that are not set.
  manifest_of_modes = {
    for name, f in local.functions : name => {
      for field, value in {
        mode         = local.is_wrapped[name] ? "wrap" : null
        exec_wrapper = f.exec_wrapper
        wrap_init    = f.wrap_init
        fallback_arn = f.fallback_arn
        qualifier    = f.qualifier
      } : field => value if value != null
    }
  }

  # As Lambda reports it of a wrapped function; left out if none is wrapped.
  manifest_of_wrapper = { for arn in aws_lambda_layer_version.wrapper[*].arn : "wrapper" => { layer_arn = arn } }

  # Contains nothing secret, in particular no environment variables; and no times, so that a plan after an apply is empty.
  manifest = !var.enabled ? null : merge(local.manifest_of_wrapper, local.manifest_of_observe, local.manifest_of_tunnels, {
    version    = 1
    stage      = var.stage
    region     = local.region
    account_id = local.account_id
    relay      = { url = local.relay.url }
    table      = aws_dynamodb_table.this[0].name
    # The hash in the form of Lambda's CodeSha256, and what livectl may rely on.
    stub = { code_sha256 = local.stub.source_code_hash, understands = ["filters", "observe"] }
    functions = {
      for name, f in local.functions : name => merge(local.manifest_of_modes[name], try({ tunnel = local.tunnel_of[name] }, {}), {
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
        # An item has at most 400 KB, so fields that are not set are left out.
        esbuild    = f.esbuild == null ? null : { for field, value in f.esbuild : field => value if value != null }
        layers     = f.layers
        layer_dirs = f.layer_dirs
        watch      = f.watch
        triggers   = local.trigger_targets[name]
        vpc_config = f.vpc_config == null ? null : {
          vpc_id             = data.aws_vpc.function[name].id
          subnet_ids         = f.vpc_config.subnet_ids
          security_group_ids = f.vpc_config.security_group_ids
        }
      })
    }
    vpcs = local.vpcs
  })

  # livectl 0.1 ignores unknown fields, but not a value of `packages` that was added later.
  manifest_copy = !var.enabled ? null : merge(local.manifest, {
    moved_to = local.manifest_partition
    functions = {
      for name, f in local.manifest.functions : name => merge(f, {
        esbuild = f.esbuild == null ? null : { for field, value in f.esbuild : field => value if value != "auto" }
      })
    }
  })
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

  # Removes the item of a client that vanished; its reader decides whether a lease is valid.
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
    create_before_destroy = true

    precondition {
      condition = var.allow_protected_stage || local.observe_only || !local.is_protected
      error_message = join("", [
        "Stage \"${var.stage}\" is protected: its events, environment variables and credentials would go to a laptop. ",
        "Write the name of a development stage, for example stage = \"dev-tom\", ",
        "write allow_observe = true to let developers observe what the deployed code answers, ",
        "or write allow_protected_stage = true to go live anyway.",
      ])
    }

    precondition {
      condition = !local.observe_only || alltrue(values(module.functions.ways.is_wrapped))
      error_message = join("", [
        "Stage \"${var.stage}\" is protected and may only be observed, but nothing would answer for the functions that are replaced: ",
        "${join(", ", [for name, wrapped in module.functions.ways.is_wrapped : name if !wrapped])}. ",
        "Write mode = \"wrap\" for them, or leave them out.",
      ])
    }

    precondition {
      condition     = length(local.tunnel_mistakes) == 0
      error_message = join("\n- ", concat(["Mistakes in tunnel:"], local.tunnel_mistakes))
    }
  }
}

resource "aws_dynamodb_table_item" "manifest" {
  count = var.enabled ? 1 : 0

  table_name = aws_dynamodb_table.this[0].name
  hash_key   = aws_dynamodb_table.this[0].hash_key
  range_key  = aws_dynamodb_table.this[0].range_key

  item = jsonencode({
    stage    = { S = local.manifest_partition }
    item     = { S = "manifest" }
    version  = { N = tostring(local.manifest.version) }
    document = { S = jsonencode(local.manifest) }
  })

  # Created before the manifest, so that every reader of the manifest finds the secret as well.
  depends_on = [aws_dynamodb_table_item.secret]

  lifecycle {
    precondition {
      condition = alltrue([for name, given in var.own_function_names : given == try(local.function_names[name], null)])
      error_message = join("\n- ", concat(["Mistakes in own_function_names:"], [
        for name, given in var.own_function_names : join("", [
          "own_function_names[\"${name}\"] is \"${given}\", and functions has ",
          "${try("the name \"${local.function_names[name]}\" for it: write the same function_name in functions[\"${name}\"]", "no such function")}.",
        ]) if given != try(local.function_names[name], null)
      ]))
    }
  }
}

# livectl 0.1 looks for the manifest here; later versions see from `moved_to` that it is elsewhere. Developers cannot write
# `document` here either. Created after the manifest: in a stage of module 0.1, that item was here and moves first.
resource "aws_dynamodb_table_item" "manifest_of_0_1" {
  count = var.enabled ? 1 : 0

  table_name = aws_dynamodb_table.this[0].name
  hash_key   = aws_dynamodb_table.this[0].hash_key
  range_key  = aws_dynamodb_table.this[0].range_key

  item = jsonencode({
    stage    = { S = var.stage }
    item     = { S = "manifest" }
    version  = { N = "1" }
    document = { S = jsonencode(local.manifest_copy) }
  })

  depends_on = [aws_dynamodb_table_item.manifest]
}

################################################################################
# The secret of the stage's stubs
################################################################################

resource "terraform_data" "secret" {
  for_each = toset(var.enabled ? [var.secret_version] : [])

  # Not `input`: its copy `output` is not sensitive, so the plan of a destroy would show it.
  triggers_replace = local.random_secret[path.module == path.root]

  lifecycle {
    # Generated once: otherwise each plan would contain a new one.
    ignore_changes = [triggers_replace]
  }
}

resource "aws_dynamodb_table_item" "secret" {
  count = var.enabled ? 1 : 0

  table_name = aws_dynamodb_table.this[0].name
  hash_key   = aws_dynamodb_table.this[0].hash_key
  range_key  = aws_dynamodb_table.this[0].range_key

  item = jsonencode({
    stage  = { S = local.manifest_partition }
    item   = { S = "secret" }
    secret = { S = local.secret }
  })

  lifecycle {
    create_before_destroy = true
  }
}
