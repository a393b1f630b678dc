# What is wrong, all of it at once and before anything is created. A list that can't be told before the apply waits alone.

output "functions" {
  description = "The functions with their defaults, found right."
  value       = local.functions

  precondition {
    condition     = length(local.setting_mistakes) == 0
    error_message = join("\n- ", concat(["Mistakes in functions:"], sort(local.setting_mistakes)))
  }

  precondition {
    condition     = length(local.environment_mistakes) == 0
    error_message = join("\n- ", concat(["Mistakes in the environment of functions:"], sort(local.environment_mistakes)))
  }

  precondition {
    condition = length(concat(local.reference_mistakes, local.fallback_mistakes, local.wrap_fallback_mistakes)) == 0
    error_message = join("\n- ", concat(["Mistakes in functions:"], sort(concat(
      local.reference_mistakes, local.fallback_mistakes, local.wrap_fallback_mistakes,
    ))))
  }

  precondition {
    condition     = length(local.vpc_mistakes) == 0
    error_message = join("\n- ", concat(["Mistakes in the vpc_config of functions:"], sort(local.vpc_mistakes)))
  }

  precondition {
    condition     = length(local.source_mistakes) == 0
    error_message = join("\n- ", concat(["Mistakes in the triggers of functions:"], sort(local.source_mistakes)))
  }

  precondition {
    condition     = length(local.document_mistakes) == 0
    error_message = join("\n- ", concat(["Mistakes in functions:"], sort(local.document_mistakes)))
  }

  precondition {
    condition     = length(local.http_mistakes) + length(local.route_mistakes) == 0
    error_message = join("\n- ", concat(["Mistakes in the HTTP routes of functions:"], sort(concat(local.http_mistakes, local.route_mistakes))))
  }

  precondition {
    condition     = length(local.shared_mistakes) == 0
    error_message = join("\n- ", concat(["Mistakes in what functions share:"], sort(local.shared_mistakes)))
  }

  precondition {
    condition     = length(local.notification_mistakes) == 0
    error_message = join("\n- ", concat(["Mistakes in what functions share:"], sort(local.notification_mistakes)))
  }

  # A stage that is not live has no names.
  precondition {
    condition     = !var.enabled || length(local.function_name_mistakes) == 0
    error_message = join("\n- ", concat(["Mistakes in the names of functions:"], sort(local.function_name_mistakes)))
  }

  precondition {
    condition     = !var.enabled || length(local.trigger_name_mistakes) == 0
    error_message = join("\n- ", concat(["Mistakes in the names of triggers:"], sort(local.trigger_name_mistakes)))
  }
}

output "ways" {
  description = "By function: whether it is wrapped, whether the module creates it, and its timeout while live."
  value = {
    is_wrapped = local.is_wrapped
    is_created = local.is_created
    timeouts   = local.timeouts
  }
}

output "wrap_variables" {
  description = "By wrapped function: the environment variables that its wrapper needs besides a stub's."
  value       = local.wrap_variables
}

output "names" {
  description = "By function: the names of what the module creates for it, if it does."
  value = {
    functions = local.function_names
    beside    = local.beside_names
    rules     = local.rule_names
    schedules = local.schedule_names
    stacks    = local.stack_names
  }
}

# Not of the output `functions`: that is not evaluated if a field has the wrong type.
output "number_types" {
  description = "Number fields with a value that is not a number: none, or the plan fails and names them all."
  value       = local.number_type_mistakes

  precondition {
    condition     = length(local.number_type_mistakes) == 0
    error_message = join("\n- ", concat(["Mistakes in functions:"], sort(local.number_type_mistakes)))
  }
}
