output "serve" {
  description = "The command to run in this folder. null while not live."
  value       = module.live_debug.serve_command
}

output "function_name" {
  description = "The function's name, for `aws lambda invoke --function-name`."
  value       = try(module.live_debug.functions["orders"].function_name, null)
}

output "tunnel_function" {
  description = "The tunnel's function. null without a tunnel."
  value       = try(module.live_debug.tunnels["default"].function_name, null)
}

output "vpn_guidance" {
  description = "The steps to reach the VPC, with its ids, as Markdown."
  value       = module.live_debug.vpn_guidance
}

output "client_config" {
  description = "The VPN client's configuration, without the client's certificate and key. null without a VPN."
  value       = one(module.client_vpn[*].client_config)
}

output "bastion_id" {
  description = "The instance to forward a port through. null without one."
  value       = one(aws_instance.bastion[*].id)
}

output "database_host" {
  description = "The database's DNS name. null without a database."
  value       = one(aws_db_instance.this[*].address)
}
