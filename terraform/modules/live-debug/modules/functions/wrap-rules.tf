# Functions with mode = "wrap": the deployed code stays, and a layer puts a wrapper script before its runtime. What Lambda or
# that script can't do is refused here. livectl has the rules that don't need AWS for livectl.json.

locals {
  is_wrapped = { for name, f in local.functions : name => coalesce(f.mode, var.mode) == "wrap" }

  # Whether the module creates the function itself. A wrapped one has code of its own to run.
  is_created = { for name, f in local.functions : name => local.is_wrapped[name] ? false : coalesce(f.create, var.create) }

  # Seconds after which Lambda ends an invocation. A wrapped function keeps its own.
  timeouts = { for name, f in local.functions : name => local.is_wrapped[name] ? f.timeout : min(900, f.timeout + var.timeout_margin) }

  # Python's wrapper hands an invocation to a stub beside the function.
  beside_names = {
    for name, f in local.functions : name => "${local.prefix}-${name}" if local.is_wrapped[name] && can(regex("^python", f.runtime))
  }

  # Those that take a wrapper script and for which there is one; a newer version of a family works as the family does.
  # https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html
  wrappable_runtime = "^(nodejs[2-9]\\d\\.x|python3\\.(9|[1-9]\\d))$"

  wrapper = "/opt/live-debug"

  # What the wrapper needs besides what a stub needs.
  wrap_variables = {
    for name, f in local.functions : name => merge(
      { AWS_LAMBDA_EXEC_WRAPPER = local.wrapper },
      f.exec_wrapper == null ? {} : { LIVE_DEBUG_EXEC_WRAPPER = f.exec_wrapper },
      f.wrap_init == "lazy" ? { LIVE_DEBUG_WRAP_INIT = "lazy" } : {},
      try({ LIVE_DEBUG_STUB_FUNCTION = local.beside_names[name] }, {}),
    ) if local.is_wrapped[name]
  }

  # By field: whether it is a mistake, and what to write.
  wrap_mistakes = flatten([for name, f in local.functions : [for field, check in {
    runtime = [
      !can(regex(local.wrappable_runtime, f.runtime)),
      join("", [
        "is \"${f.runtime == null ? "null" : f.runtime}\", which can't be wrapped: only managed Node.js (from nodejs20.x) and Python ",
        "(from python3.9) runtimes can. Write mode = \"replace\" for this function",
      ])
    ]
    package_type = [
      f.package_type == null ? false : f.package_type != "Zip",
      join("", [
        "must be \"Zip\", not \"${f.package_type == null ? "null" : f.package_type}\": an image takes no layer, so it can't be wrapped, nor ",
        "replaced, since Lambda fixes the package type when a function is created. Leave the image function as it is and write its zip twin here",
      ])
    ]
    create = [
      f.create == null ? false : f.create,
      join("", [
        "must not be true with mode = \"wrap\": a wrapped function is an aws_lambda_function of yours, with code to run when nobody ",
        "serves. Leave create out, or write mode = \"replace\" for a stub that the module creates",
      ])
    ]
    function_name = [
      f.function_name == null,
      "must be given with mode = \"wrap\": write the function_name of your aws_lambda_function as text, the same as there"
    ]
    role = [
      f.role == null && can(regex("^python", f.runtime)),
      join("", [
        "must be given with mode = \"wrap\" and a Python runtime: the stub that the module creates beside the function runs with ",
        "the function's own role. Write role = aws_iam_role.orders",
      ])
    ]
    layers = [
      length(f.layers) >= 5,
      join("", [
        "has ${length(f.layers)} layers, and Lambda takes 5: the wrapper is one more. ",
        "Merge two of them, or write mode = \"replace\" for this function",
      ])
    ]
    } : "functions[\"${name}\"].${field} ${check[1]}."
    if check[0]
  ] if local.is_wrapped[name]])

  exec_wrapper_mistakes = [for name, f in local.functions : join("", ["functions[\"${name}\"].exec_wrapper ", (
    !local.is_wrapped[name] ? "is for mode = \"wrap\": leave it out, since a stub has no layer to start a script from"
    : f.exec_wrapper == local.wrapper ? "is the wrapper of this module itself: write the function's own one, or leave it out"
    : "must be the absolute path of a script, at most 256 characters without spaces: write e.g. \"/opt/datadog_wrapper\", not \"${f.exec_wrapper}\""
    ), "."])
    if f.exec_wrapper == null ? false : anytrue([
      !local.is_wrapped[name], f.exec_wrapper == local.wrapper, !can(regex("^/\\S{1,255}$", f.exec_wrapper)),
    ])
  ]

  wrap_init_mistakes = [for name, f in local.functions :
    "functions[\"${name}\"].wrap_init is for mode = \"wrap\": leave it out, since a stub has no deployed code to load."
    if f.wrap_init != null && !local.is_wrapped[name]
  ]

  # Beside other references, since these may not be known before the apply.
  wrap_fallback_mistakes = [for name, f in local.functions : join("", [
    "functions[\"${name}\"].fallback_arn is for mode = \"replace\": a wrapped function's own code answers when nobody serves. ",
    "Leave it out.",
  ]) if local.is_wrapped[name] ? f.fallback_arn != null : false]

  # Names of variables are not secret, even where the values are.
  wrap_environment_mistakes = [for name, f in local.functions : join("", [
    "functions[\"${name}\"].environment[\"AWS_LAMBDA_EXEC_WRAPPER\"] would be replaced by the module's wrapper: write its value as ",
    "exec_wrapper too, so that the module's wrapper starts it.",
    ])
    if local.is_wrapped[name] && f.exec_wrapper == null && nonsensitive(sensitive(contains(keys(f.environment), "AWS_LAMBDA_EXEC_WRAPPER")))
  ]
}
