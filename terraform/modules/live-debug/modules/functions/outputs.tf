output "functions" {
  description = "The functions with their defaults. The plan fails with all mistakes before anything is created."
  value       = local.functions

  precondition {
    condition     = length(local.mistakes.settings) == 0
    error_message = join("\n- ", concat(["Mistakes in functions:"], sort(local.mistakes.settings)))
  }

  precondition {
    condition     = length(local.mistakes.environment) == 0
    error_message = join("\n- ", concat(["Mistakes in functions:"], sort(local.mistakes.environment)))
  }

  precondition {
    condition     = length(local.mistakes.references) == 0
    error_message = join("\n- ", concat(["Mistakes in functions:"], sort(local.mistakes.references)))
  }

  precondition {
    condition     = length(local.mistakes.vpcs) == 0
    error_message = join("\n- ", concat(["Mistakes in functions:"], sort(local.mistakes.vpcs)))
  }

  precondition {
    condition     = length(local.mistakes.sources) == 0
    error_message = join("\n- ", concat(["Mistakes in functions:"], sort(local.mistakes.sources)))
  }

  precondition {
    condition     = length(local.mistakes.documents) == 0
    error_message = join("\n- ", concat(["Mistakes in functions:"], sort(local.mistakes.documents)))
  }

  precondition {
    condition     = length(local.mistakes.routes) == 0
    error_message = join("\n- ", concat(["Mistakes in functions:"], sort(local.mistakes.routes)))
  }

  precondition {
    condition     = length(local.mistakes.shared) == 0
    error_message = join("\n- ", concat(["Mistakes in functions:"], sort(local.mistakes.shared)))
  }

  precondition {
    condition     = length(local.mistakes.notifications) == 0
    error_message = join("\n- ", concat(["Mistakes in functions:"], sort(local.mistakes.notifications)))
  }

  precondition {
    condition     = length(local.mistakes.function_names) == 0
    error_message = join("\n- ", concat(["Mistakes in functions:"], sort(local.mistakes.function_names)))
  }

  precondition {
    condition     = length(local.mistakes.trigger_names) == 0
    error_message = join("\n- ", concat(["Mistakes in functions:"], sort(local.mistakes.trigger_names)))
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
  description = "By wrapped function: the environment variables that its wrapper needs in addition to those of a stub."
  value       = local.wrap_variables
}

output "names" {
  description = "By function: the names of the resources that the module creates for it."
  value = {
    functions = local.function_names
    beside    = local.beside_names
    rules     = local.rule_names
    schedules = local.schedule_names
    stacks    = local.stack_names
  }
}

# Not in the output `functions`, which is not evaluated if a field has the wrong type.
output "number_types" {
  description = "Number fields with a value that is not a number: none, or the plan fails and names all of them."
  value       = local.number_type_mistakes

  precondition {
    condition     = length(local.number_type_mistakes) == 0
    error_message = join("\n- ", concat(["Mistakes in functions:"], sort(local.number_type_mistakes)))
  }
}
