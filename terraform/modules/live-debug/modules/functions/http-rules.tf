# Rules for HTTP routes: who may call them, and which routes conflict in one API.

locals {
  http = { for name, f in local.functions : name => f.triggers.http if nonsensitive(sensitive(f.triggers.http != null)) }

  # All functions share one API, which has one `cors`.
  http_cors = { for name, http in local.http : "cors" => { function = name, cors = http.cors }... if http.cors != null }

  http_mistakes = concat(
    [for name, http in local.http : join("", [
      "functions[\"${name}\"].triggers.http.jwt_configuration must be set if authorization_type is \"JWT\", and only then: ",
      "write { issuer = \"https://login.example.com\", audience = [\"orders\"] }.",
    ]) if(http.authorization_type == "JWT") != (http.jwt_configuration != null)],
    [for name, http in local.http :
      "functions[\"${name}\"].triggers.http.authorization_scopes needs authorization_type = \"JWT\"."
      if http.authorization_type != "JWT" && length(http.authorization_scopes) > 0
    ],
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
    [for name, http in local.http :
      "functions[\"${name}\"].triggers.http.authorization_scopes must have at most 10 scopes."
      if length(http.authorization_scopes) > 10
    ],
    [for name, http in local.http :
      "functions[\"${name}\"].triggers.http.jwt_configuration.issuer must be an https URL without a query, for example \"https://login.example.com\"."
      if http.jwt_configuration == null ? false : !can(regex("^https://[^/?#\\s]+(/[^?#\\s]*)?$", http.jwt_configuration.issuer))
    ],
    [for name, http in local.http :
      "functions[\"${name}\"].triggers.http.jwt_configuration.audience must have 1 to 50 values, none of them null."
      if http.jwt_configuration == null ? false : (
        http.jwt_configuration.audience == null ? true : length(http.jwt_configuration.audience) < 1 || length(http.jwt_configuration.audience) > 50
        || anytrue([for audience in http.jwt_configuration.audience : audience == null])
      )
    ],
    flatten([for ones in local.http_cors : [for one in ones : join("", [
      "functions[\"${one.function}\"].triggers.http.cors must be the same as in functions[\"${ones[0].function}\"], since all functions ",
      "share one HTTP API: write the same in both, remove it from one, or use function_url in one.",
    ]) if one.cors != ones[0].cors]]),
  )

  ################################################################################
  # Routes
  ################################################################################

  # Default path: the function's name, and everything below it.
  routes = flatten([for name, http in local.http : [
    for path in(http.path != null ? [http.path] : ["/${name}", "/${name}/{proxy+}"]) : {
      function = name
      field    = http.path != null ? "triggers.http.path" : "triggers.http"
      key      = "${http.method} ${path}"
      # API Gateway compares parameters by position, not by name.
      shape    = replace("${http.method} ${path}", "/\\{[^{}+]*/", "{")
      segments = split("/", path)
    }
  ]])

  route_groups = { for route in local.routes : route.shape => route... }

  # API Gateway refuses two names at one position: "has a conflicting variable on the same hierarchical level".
  parameters = flatten([for route in local.routes : [for index, segment in route.segments : {
    function = route.function
    field    = route.field
    key      = route.key
    name     = segment
    place = join("/", concat(
      [for before in slice(route.segments, 0, index) : replace(before, "/^\\{[^{}+]*/", "{")],
      [replace(segment, "/^\\{[^{}+]*/", "{")],
    ))
  } if startswith(segment, "{")]])

  parameter_groups = { for parameter in local.parameters : parameter.place => parameter... }

  route_mistakes = concat(
    flatten([for routes in local.route_groups : [for route in slice(routes, 1, length(routes)) : join("", [
      "functions[\"${route.function}\"].${route.field} and functions[\"${routes[0].function}\"].${routes[0].field} both have the route ",
      "${routes[0].key}, which only one function can answer: change path or method in one of them.",
    ])]]),
    flatten([for parameters in local.parameter_groups : [for parameter in parameters : join("", [
      "functions[\"${parameter.function}\"].${parameter.field} has the parameter ${parameter.name} where ",
      "functions[\"${parameters[0].function}\"].${parameters[0].field} has ${parameters[0].name}: ",
      "API Gateway needs one name at one position, so write the same name.",
    ]) if parameter.name != parameters[0].name]]),
  )
}
