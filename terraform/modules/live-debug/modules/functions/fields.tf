# Unknown fields, for example `memmory_size`. Terraform removes them from a typed value, so they are found in the value before
# its conversion. fields.json is generated from variables.tf by scripts/terraform-fields.mjs.

locals {
  # By the path of their object, for example `triggers.sns`; the function's own fields have the path "".
  fields = jsondecode(file("${path.module}/fields.json"))

  # Refers to local.functions, so that it is evaluated only if the conversion succeeded: then every object is an object.
  written = { for name in keys(local.functions) : name => var.given[name] }

  # The objects in the value, with their fields but not their values, which may not be known before the apply.
  objects = concat(
    [for name, f in local.written : { function = name, path = "", fields = keys(f) }],
    flatten([for name, f in local.written : [
      for field, value in f : { function = name, path = field, fields = keys(value) }
      if contains(keys(local.fields), field) ? nonsensitive(sensitive(value != null)) : false
    ]]),
    flatten([for name, f in local.written : [for field, triggers in f : [
      for source, value in triggers : { function = name, path = "triggers.${source}", fields = keys(value) }
      if contains(keys(local.fields), "triggers.${source}") ? nonsensitive(sensitive(value != null)) : false
    ] if field == "triggers" ? nonsensitive(sensitive(triggers != null)) : false]]),
    flatten([for name, f in local.written : [for field, triggers in f : [for source, trigger in triggers : [
      for inner, value in trigger : { function = name, path = "triggers.${source}.${inner}", fields = keys(value) }
      if contains(keys(local.fields), "triggers.${source}.${inner}") ? nonsensitive(sensitive(value != null)) : false
      ] if contains(local.fields["triggers"], source) ? nonsensitive(sensitive(trigger != null)) : false]
    if field == "triggers" ? nonsensitive(sensitive(triggers != null)) : false]]),
  )

  unknown_fields = flatten([for object in local.objects : [
    for field in object.fields : { function = object.function, path = object.path, field = field }
    if !contains(local.fields[object.path], field)
  ]])

  # Each known word, and the word without each one of its letters. Two words that share one of these differ by one letter or
  # by two swapped neighbours. Only if there is an unknown field.
  known_words = {
    for path, fields in local.fields : path => {
      for field in fields : field => concat(
        [replace(field, "_", "")],
        [for i in range(length(replace(field, "_", ""))) : join("", [
          substr(replace(field, "_", ""), 0, i), substr(replace(field, "_", ""), i + 1, -1),
        ])],
      )
    } if length(local.unknown_fields) > 0
  }
  unknown_words = {
    for unknown in local.unknown_fields : unknown.field => concat(
      [lower(replace(unknown.field, "/[_-]/", ""))],
      [for i in range(min(64, length(replace(unknown.field, "/[_-]/", "")))) : join("", [
        substr(lower(replace(unknown.field, "/[_-]/", "")), 0, i),
        substr(lower(replace(unknown.field, "/[_-]/", "")), i + 1, -1),
      ])],
    )...
  }

  # The most similar known word: one that differs by a letter, or one with the same beginning.
  meant_fields = [for unknown in local.unknown_fields : concat(
    [for field, words in local.known_words[unknown.path] : field
    if length(setintersection(words, local.unknown_words[unknown.field][0])) > 0],
    [for field, words in local.known_words[unknown.path] : field
      if anytrue(concat([startswith(local.unknown_words[unknown.field][0][0], words[0])], [
        for word in local.unknown_words[unknown.field][0] : length(word) < 3 ? false : startswith(words[0], word)
    ]))],
  )]

  # Arguments of aws_lambda_function that the module can't take, and what to do.
  foreign_fields = {
    capacity_provider_config = join("", [
      ": Lambda Managed Instances run several invocations at once in one environment, which neither a stub nor a wrapped function ",
      "does here. Leave the function out, or deploy the aws_lambda_function of this stage without it.",
    ])
    entry_point = join("", [
      ": a Web Function is an HTTP server without a handler and without the Runtime API, which neither a stub nor a wrapper can ",
      "replace. Leave it out, and run the server on your machine.",
    ])
    tenancy_config = join("", [
      ": tenant isolation stays on your own aws_lambda_function, since Lambda takes it at the function's creation only. Leave the field ",
      "out here, and write create = false or mode = \"wrap\". Local code gets the tenant with each invocation.",
    ])
    image_uri = join("", [
      ": a container image can be neither replaced nor wrapped. Keep that function as it is, and use a copy of it with a zip package here, ",
      "another aws_lambda_function.",
    ])
  }

  field_mistakes = [for index, unknown in local.unknown_fields : join("", [
    "functions[\"${unknown.function}\"].${unknown.path}${unknown.path == "" ? "" : "."}${unknown.field} is not a known field",
    unknown.path == "" && can(local.foreign_fields[unknown.field]) ? local.foreign_fields[unknown.field]
    : length(local.meant_fields[index]) > 0
    ? "; did you mean \"${local.meant_fields[index][0]}\"?"
    : "; known fields are ${join(", ", local.fields[unknown.path])}.",
  ])]
}
