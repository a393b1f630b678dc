################################################################################
# The stage
################################################################################

output "serve_command" {
  description = "The command that serves the stage. null while not enabled."
  value       = !var.enabled ? null : join(" ", concat(["livectl serve --stage ${var.stage}"], var.name == "live-debug" ? [] : ["--name ${var.name}"]))
}

output "manifest" {
  description = "The stage's manifest, which livectl reads from the directory, as an object. null while not enabled."
  value       = local.manifest
}

################################################################################
# The functions
################################################################################

output "functions" {
  description = <<-EOT
    By name: `function_name`, `function_arn`, `mode`, `timeout` in seconds while live (the stub's; a wrapped function
    keeps its own), `response_streaming_invoke_arn` for a REST API that streams, and `stub_policy_json`. For functions
    that the module creates also `invoke_arn`, `role_name`, `role_arn` and `log_group_name`, which are null for
    others.
  EOT
  value = {
    for name, f in local.functions : name => {
      function_name = local.function_names[name]
      function_arn  = local.function_arns[name]
      invoke_arn    = try(aws_lambda_function.this[name].invoke_arn, null)
      response_streaming_invoke_arn = join("", [
        "arn:${local.partition}:apigateway:${local.region}:lambda:path/2021-11-15/functions/",
        "${local.function_arns[name]}/response-streaming-invocations",
      ])
      mode             = local.is_wrapped[name] ? "wrap" : "replace"
      timeout          = local.timeouts[name]
      role_name        = try(f.role.name, aws_iam_role.this[name].name, null)
      role_arn         = try(f.role.arn, aws_iam_role.this[name].arn, null)
      log_group_name   = try(aws_cloudwatch_log_group.stub[name].name, null)
      stub_policy_json = local.stub_policies[name]
    }
  }
}

output "stub" {
  description = <<-EOT
    For your own functions, while live: `filename`, `source_code_hash`, `handler`, `runtime`, `layers` (an empty list)
    and `timeout`, which is long enough for the slowest function; `functions[*].timeout` has the timeout of each. null
    while not enabled.
  EOT
  value       = local.stub

  depends_on = [
    aws_apigatewayv2_stage.this,
    aws_dynamodb_table_item.secret,
    aws_iam_policy.developer,
    aws_iam_role_policy.given,
  ]
}

output "layers" {
  description = <<-EOT
    By function: the layers to append to those of a wrapped function, for example `concat(local.layers,
    module.live_debug.layers["orders"])`. An empty list for a replaced function, and for each function while not
    enabled.
  EOT
  value       = { for name in keys(module.functions.functions) : name => try(local.layers[name], []) }

  # As for environment.
  depends_on = [
    aws_apigatewayv2_stage.this,
    aws_dynamodb_table_item.secret,
    aws_iam_policy.developer,
    aws_iam_role_policy.given,
    aws_lambda_function.beside,
  ]
}

output "environment" {
  description = <<-EOT
    By function: the environment variables that its stub or wrapper needs, to merge into the function's own. If a
    replaced function sets `NODE_OPTIONS`, rename it to `LIVE_DEBUG_NODE_OPTIONS` while live: the stub starts without
    the options and passes them on. `LIVE_DEBUG_SECRET` is sensitive, so a root module's output of this must be
    sensitive too. An empty map for each function while not enabled.
  EOT
  value       = { for name in keys(module.functions.functions) : name => try(local.environments[name], {}) }

  # Everything that a stub or a wrapper needs. When a stage goes live, Terraform creates it before it updates your functions that
  # use this output. On the way back it updates the functions first and then destroys all this, because each resource has
  # create_before_destroy: without it, Terraform destroys what a function depended on before it updates the function. Not the
  # manifest, which contains the triggers, and these may depend on the function.
  depends_on = [
    aws_apigatewayv2_stage.this,
    aws_dynamodb_table_item.secret,
    aws_iam_policy.developer,
    aws_iam_role_policy.given,
    aws_lambda_function.beside,
    aws_lambda_layer_version.wrapper,
  ]
}

output "triggers" {
  description = <<-EOT
    By function and source: the names, URLs and ARNs of its triggers, as in the manifest (docs/terraform.md).
    Functions without triggers are left out.
  EOT
  value       = { for name, targets in local.trigger_targets : name => targets if length(targets) > 0 }
}

################################################################################
# [2] The relay
################################################################################

output "relay" {
  description = <<-EOT
    `url` and `execution_arn` of the relay's stage, for the `relay` input of other instances. null while not enabled.
  EOT
  value       = local.relay
}

################################################################################
# IAM
################################################################################

output "developer_policy_json" {
  description = "IAM policy with the permissions that a developer needs to serve the stage. null while not enabled."
  value       = local.developer_policy
}

output "developer_policy_arn" {
  description = "ARN of the managed policy, or of the first one if there are several. null without `create_developer_policy`."
  value       = try(aws_iam_policy.developer[0].arn, null)
}

output "developer_policy_arns" {
  description = <<-EOT
    ARNs of all managed policies that a developer needs: one, and one more for each further 45 functions. Empty
    without `create_developer_policy`.
  EOT
  value       = aws_iam_policy.developer[*].arn
}

################################################################################
# Private resources
################################################################################

output "tunnels" {
  description = <<-EOT
    By name, `default` or a key of `tunnel.others`: `function_name`, `function_arn`, `vpc_id`, `allow`, `role_name`,
    `role_arn` and `log_group_name` of the tunnel. Empty while not enabled, or without `tunnel`.
  EOT
  value = {
    for key, name in local.tunnel_names : key => {
      function_name  = name
      function_arn   = local.tunnel_function_arns[key]
      vpc_id         = data.aws_vpc.tunnel[key].id
      allow          = local.tunnel_allow[key]
      role_name      = local.tunnel_roles[key].name
      role_arn       = local.tunnel_roles[key].arn
      log_group_name = aws_cloudwatch_log_group.tunnel[key].name
    }
  }
}

output "vpn_guidance" {
  description = <<-EOT
    How to reach the functions' VPCs from a laptop, as Markdown: for each VPC its CIDR blocks, subnets, DNS resolver,
    security groups and the rules they lack, and the steps. Empty while not enabled, or if no function is in a VPC.
  EOT
  value       = local.vpn_guidance
}
