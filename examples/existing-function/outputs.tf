output "serve" {
  description = "The command to run in this folder. null while not live."
  value       = module.live_debug.serve_command
}
