# The tunnel: a function in the VPC, which livectl starts to connect local code to private addresses. See docs/tunnel.md. Nothing of
# it exists while `tunnel` is null.

locals {
  # By name. The names are known when Terraform plans, even where ids are not.
  given_tunnels = merge([
    for tunnel in var.tunnel[*] : merge(
      { default = { for field, value in tunnel : field => value if field != "others" } },
      { for key, other in tunnel.others : key => other },
    )
  ]...)
  given_tunnel_names = { for key in keys(local.given_tunnels) : key => key == "default" ? "${local.name}-tunnel" : "${local.name}-tunnel-${key}" }

  tunnels      = { for key, tunnel in local.given_tunnels : key => tunnel if local.is_live }
  tunnel_names = { for key, name in local.given_tunnel_names : key => name if local.is_live }

  tunnel_function_arns = {
    for key, name in local.tunnel_names : key => "arn:${local.partition}:lambda:${local.region}:${local.account_id}:function:${name}"
  }

  # Whose role the module creates.
  made_tunnel_roles = { for key, name in local.tunnel_names : key => name if local.tunnels[key].role == null }
}

################################################################################
# Where a tunnel is, and where it connects to
################################################################################

data "aws_subnet" "tunnel" {
  for_each = local.tunnel_names

  id = local.tunnels[each.key].subnet_ids[0]
}

data "aws_vpc" "tunnel" {
  for_each = local.tunnel_names

  id = data.aws_subnet.tunnel[each.key].vpc_id
}

locals {
  tunnel_allow = {
    for key, tunnel in local.tunnels : key => tunnel.allow != null ? tunnel.allow : [
      for block in distinct(concat(
        [data.aws_vpc.tunnel[key].cidr_block],
        sort([for one in data.aws_vpc.tunnel[key].cidr_block_associations : one.cidr_block if one.state == "associated"]),
      )) : "${block}:*"
    ]
  }

  # By VPC; a function in no VPC uses `default`.
  tunnels_by_vpc = { for key, vpc in data.aws_vpc.tunnel : vpc.id => key... }

  # Each function's tunnel, or false. An index and try(), since a conditional would convert false to text.
  tunnel_of = {
    for name, f in local.functions : name => (
      [false, try(f.vpc_config == null ? "default" : local.tunnels_by_vpc[data.aws_vpc.function[name].id][0], false)][f.tunnel ? 1 : 0]
    ) if length(local.tunnels) > 0
  }

  # By the functions themselves: the manifest names only those that exist.
  manifest_of_tunnels = {
    for tunnels in [{
      for key, function in aws_lambda_function.tunnel : key => { function_name = function.function_name, allow = local.tunnel_allow[key] }
    }] : "tunnels" => tunnels if length(tunnels) > 0
  }
}

################################################################################
# The functions
################################################################################

resource "aws_lambda_function" "tunnel" {
  for_each = local.tunnel_names

  function_name = each.value
  description   = "Live debugging tunnel: livectl serve --stage ${var.stage} connects local code to the VPC through it"
  role          = local.tunnel_roles[each.key].arn

  filename         = "${path.module}/dist/tunnel.zip"
  source_code_hash = filebase64sha256("${path.module}/dist/tunnel.zip")
  handler          = "index.handler"
  runtime          = var.stub_runtime
  architectures    = ["arm64"]
  timeout          = 900
  memory_size      = 256

  vpc_config {
    subnet_ids         = local.tunnels[each.key].subnet_ids
    security_group_ids = local.tunnels[each.key].security_group_ids
  }

  environment {
    variables = {
      LIVE_DEBUG_STAGE        = var.stage
      LIVE_DEBUG_TABLE        = aws_dynamodb_table.this[0].name
      LIVE_DEBUG_RELAY        = local.relay.url
      LIVE_DEBUG_SECRET       = local.secret
      LIVE_DEBUG_TUNNEL_ALLOW = jsonencode(local.tunnel_allow[each.key])
    }
  }

  tags = var.tags

  depends_on = [local.tunnel_needs]

  lifecycle {
    precondition {
      condition = length(local.tunnels_by_vpc[data.aws_vpc.tunnel[each.key].id]) == 1
      error_message = join("", [
        "The tunnels ${join(" and ", local.tunnels_by_vpc[data.aws_vpc.tunnel[each.key].id])} are in one VPC, ",
        "${data.aws_vpc.tunnel[each.key].id}, which needs one only: merge their allow lists.",
      ])
    }
  }
}

# livectl starts the tunnel when it needs it: a retry, or a start that comes late, would meet nobody.
resource "aws_lambda_function_event_invoke_config" "tunnel" {
  for_each = local.tunnel_names

  function_name                = aws_lambda_function.tunnel[each.key].function_name
  maximum_retry_attempts       = 0
  maximum_event_age_in_seconds = 60
}

resource "aws_cloudwatch_log_group" "tunnel" {
  for_each = local.tunnel_names

  name              = "/aws/lambda/${each.value}"
  retention_in_days = var.log_retention_in_days
  kms_key_id        = var.log_kms_key_arn

  tags = var.tags
}

locals {
  # A tunnel's first action is to read the directory and to connect, so what allows that must be there.
  tunnel_needs = [
    [for group in aws_cloudwatch_log_group.tunnel : group.arn],
    [for policy in aws_iam_role_policy.tunnel : policy.id],
    aws_dynamodb_table_item.secret,
  ]
}
