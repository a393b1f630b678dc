output "serve" {
  description = "The command to run in this folder. Both functions then answer from your laptop. null while not live."
  value       = module.live_debug.serve_command
}

output "url" {
  description = "Where to POST an order."
  value       = try(module.live_debug.triggers["api"].http.url, null)
}
