output "serve" {
  description = "The command to run in this folder. The function then answers from your laptop. null while not live."
  value       = module.live_debug.serve_command
}

output "url" {
  description = "The function's URL. Anybody who has it can call the function, unless livectl.json sets `authorization_type`."
  value       = try(module.live_debug.triggers["hello"].http.url, null)
}

output "function_name" {
  description = "The function's name, for `aws lambda invoke --function-name`."
  value       = try(module.live_debug.functions["hello"].function_name, null)
}
