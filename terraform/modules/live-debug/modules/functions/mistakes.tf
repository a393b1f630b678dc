# All mistakes of all functions in one place, except number_type_mistakes, which must not depend on the converted functions.
# outputs.tf refuses them, each group with all of its mistakes at once.

locals {
  # By group, since a list with a value that is not known before the apply is itself not known then, and would hold back the
  # others: a group has the lists that are known at the same time.
  mistakes = {
    settings    = local.setting_mistakes
    environment = local.environment_mistakes
    references = concat(
      local.reference_mistakes, local.source_arn_mistakes, local.partial_failure_mistakes, local.fallback_mistakes, local.wrap_fallback_mistakes,
    )
    vpcs          = local.vpc_mistakes
    sources       = local.source_mistakes
    documents     = local.document_mistakes
    routes        = concat(local.http_mistakes, local.route_mistakes)
    shared        = local.shared_mistakes
    notifications = local.notification_mistakes

    # A stage that is not live has no names.
    function_names = [for mistake in local.function_name_mistakes : mistake if var.enabled]
    trigger_names  = [for mistake in local.trigger_name_mistakes : mistake if var.enabled]
  }
}
