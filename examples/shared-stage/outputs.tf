output "url" {
  description = "Where to POST an order. null while not live."
  value       = try(module.live_debug.triggers["api"].http.url, null)
}

output "developer_policy_json" {
  description = "What every developer of the stage needs, for their role or permission set. null while not live."
  value       = module.live_debug.developer_policy_json
}
