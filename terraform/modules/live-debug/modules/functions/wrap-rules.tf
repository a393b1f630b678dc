# Functions with mode = "wrap": the deployed code stays, and a layer puts a wrapper script before its runtime. These rules
# refuse what Lambda or the script can't do. livectl applies those that don't need AWS to livectl.json.

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

  # Runtimes that support wrapper scripts and for which the module has one, including newer versions.
  # https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html
  wrappable_runtime = "^(nodejs[2-9]\\d\\.x|python3\\.(9|[1-9]\\d))$"

  wrapper = "/opt/live-debug"

  # The variables that the wrapper needs in addition to those of a stub.
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
        "must be \"Zip\", not \"${f.package_type == null ? "null" : f.package_type}\": a function with an image has no layers and ",
        "can't change its package type, so it can't be live. Keep it, and use a copy of it with a zip package here",
      ])
    ]
    create = [
      f.create == null ? false : f.create,
      join("", [
        "must not be true with mode = \"wrap\": a wrapped function is your own aws_lambda_function, whose code runs when nobody ",
        "serves. Leave create out, or write mode = \"replace\" for a stub that the module creates",
      ])
    ]
    function_name = [
      f.function_name == null,
      "must be set with mode = \"wrap\": write the same text as function_name of your aws_lambda_function has"
    ]
    role = [
      f.role == null && can(regex("^python", f.runtime)),
      join("", [
        "must be set with mode = \"wrap\" and a Python runtime: the stub that the module creates beside the function runs with ",
        "the function's own role. Write role = aws_iam_role.orders",
      ])
    ]
    layers = [
      length(f.layers) >= 5,
      join("", [
        "has ${length(f.layers)} layers, and Lambda allows 5 including the wrapper's: ",
        "merge two of them, or write mode = \"replace\" for this function",
      ])
    ]
    } : "functions[\"${name}\"].${field} ${check[1]}."
    if check[0]
  ] if local.is_wrapped[name]])

  exec_wrapper_mistakes = [for name, f in local.functions : join("", ["functions[\"${name}\"].exec_wrapper ", (
    !local.is_wrapped[name] ? "is only for mode = \"wrap\": leave it out, since a stub has no layers"
    : f.exec_wrapper == local.wrapper ? "must not be the wrapper of this module: write the function's own wrapper, or leave it out"
    : "must be the absolute path of a script, with at most 256 characters and no spaces, for example \"/opt/datadog_wrapper\", not \"${f.exec_wrapper}\""
    ), "."])
    if f.exec_wrapper == null ? false : anytrue([
      !local.is_wrapped[name], f.exec_wrapper == local.wrapper, !can(regex("^/\\S{1,255}$", f.exec_wrapper)),
    ])
  ]

  wrap_init_mistakes = [for name, f in local.functions :
    "functions[\"${name}\"].wrap_init is only for mode = \"wrap\": leave it out, since a stub has no deployed code to load."
    if f.wrap_init != null && !local.is_wrapped[name]
  ]

  # Beside other references, since these may not be known before the apply.
  wrap_fallback_mistakes = [for name, f in local.functions : join("", [
    "functions[\"${name}\"].fallback_arn is only for mode = \"replace\": a wrapped function's own code answers when nobody serves. ",
    "Leave it out.",
  ]) if local.is_wrapped[name] ? f.fallback_arn != null : false]

  # Names of variables are not secret, even where the values are.
  wrap_environment_mistakes = [for name, f in local.functions : join("", [
    "functions[\"${name}\"].environment[\"AWS_LAMBDA_EXEC_WRAPPER\"] would be overwritten by the module's wrapper: write its value ",
    "as exec_wrapper too, and the module's wrapper starts it.",
    ])
    if local.is_wrapped[name] && f.exec_wrapper == null && nonsensitive(sensitive(contains(keys(f.environment), "AWS_LAMBDA_EXEC_WRAPPER")))
  ]
}
