# Fields that nobody knows, e.g. `memmory_size`: Terraform drops them where a type is given, so they are looked for in the
# value as it was written. fields.json is generated from variables.tf by scripts/terraform-fields.mjs.

locals {
  # By the object they are in, e.g. `triggers.sns`; those of the function itself under "".
  fields = jsondecode(file("${path.module}/fields.json"))

  # Only once `functions` has been converted: then every object is one.
  written = { for name in keys(local.functions) : name => var.given[name] }

  # The objects that were written, without their values, of which some may not be known before the apply.
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

  # Each known word and what is left of it without one of its letters: two words that share one of these differ by a letter,
  # or by two neighbours that changed places. Only while there is an unknown field.
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

  # The nearest known word: one that differs little, or one that begins alike.
  meant_fields = [for unknown in local.unknown_fields : concat(
    [for field, words in local.known_words[unknown.path] : field
    if length(setintersection(words, local.unknown_words[unknown.field][0])) > 0],
    [for field, words in local.known_words[unknown.path] : field
      if anytrue(concat([startswith(local.unknown_words[unknown.field][0][0], words[0])], [
        for word in local.unknown_words[unknown.field][0] : length(word) < 3 ? false : startswith(words[0], word)
    ]))],
  )]

  field_mistakes = [for index, unknown in local.unknown_fields : join("", [
    "functions[\"${unknown.function}\"].${unknown.path}${unknown.path == "" ? "" : "."}${unknown.field} is not a known field",
    length(local.meant_fields[index]) > 0
    ? "; did you mean \"${local.meant_fields[index][0]}\"?"
    : "; known fields are ${join(", ", local.fields[unknown.path])}.",
  ])]
}
