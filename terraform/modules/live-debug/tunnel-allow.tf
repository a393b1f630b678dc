# What `allow` of the tunnel may have, as protocol/tunnel/allow.ts has it for livectl and the tunnel function, and the tunnels' names.
# None of this refers to the table, which is not created before it is right.

locals {
  tunnel_paths = { for key in keys(local.given_tunnels) : key => key == "default" ? "tunnel" : "tunnel.others[\"${key}\"]" }

  tunnel_entries = flatten([for key, tunnel in local.given_tunnels : [
    for index, entry in tunnel.allow == null ? [] : tunnel.allow : {
      path = "${local.tunnel_paths[key]}.allow[${index}]"
      text = entry == null ? "" : entry
      # The destination; the port, which is null for *; the last port of a range.
      parts = try(regex("^(\\[[^\\[\\]]*\\]|[^:\\[\\]]+):(?:\\*|([1-9]\\d{0,4})(?:-([1-9]\\d{0,4}))?)$", entry), null)
    }
  ]])

  octet = "(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)"

  # A destination is an IPv6 range in brackets, an IPv4 range, or a name. An address is a range of one.
  tunnel_ranges = [for entry in local.tunnel_entries : {
    is_ipv6 = try(startswith(entry.parts[0], "["), false)
    is_name = try(!startswith(entry.parts[0], "[") && !can(regex("^${local.octet}(\\.${local.octet}){3}(/(3[0-2]|[12]?\\d))?$", entry.parts[0])), false)
    name    = try(lower(trimsuffix(entry.parts[0], ".")), "")
    text    = try(trim(entry.parts[0], "[]"), "")
    address = try(split("/", trim(entry.parts[0], "[]"))[0], "")
    bits    = try(split("/", trim(entry.parts[0], "[]"))[1], try(startswith(entry.parts[0], "["), false) ? "128" : "32")
  }]
  # The first address of each range; null for a name, or if it is not a range.
  tunnel_range_starts = [for range in local.tunnel_ranges : try(
    range.is_name || (range.is_ipv6 && !can(regex("^[0-9a-fA-F:]+(/(0|[1-9]\\d*))?$", range.text)))
    ? null : cidrhost("${range.address}/${range.bits}", 0),
    null,
  )]

  # By whether it is IPv6: what the tunnel function never connects to, as protocol/tunnel/addresses.ts has it.
  never_reached = {
    false = [
      ["0.0.0.0", 8, "is unspecified"],
      ["127.0.0.0", 8, "is the tunnel function itself"],
      ["169.254.0.0", 16, "is link-local, where Lambda and the instance metadata are"],
      ["224.0.0.0", 4, "is for multicast"],
      ["255.255.255.255", 32, "is for broadcast"],
    ]
    true = [
      ["::", 128, "is unspecified"],
      ["::1", 128, "is the tunnel function itself"],
      ["fe80::", 10, "is link-local"],
      ["ff00::", 8, "is for multicast"],
      ["fd00:ec2::", 32, "has AWS's own services on an instance"],
      # IPv4 through NAT64.
      ["64:ff9b::", 104, "is unspecified"],
      ["64:ff9b::7f00:0", 104, "is the tunnel function itself"],
      ["64:ff9b::a9fe:0", 112, "is link-local, where Lambda and the instance metadata are"],
      ["64:ff9b::e000:0", 100, "is for multicast"],
      ["64:ff9b::ffff:ffff", 128, "is for broadcast"],
    ]
  }

  # What is wrong with each entry, the clearest first.
  tunnel_entry_mistakes = [for index, entry in local.tunnel_entries : concat(
    length(entry.text) <= 253 ? [] : ["must have at most 253 characters"],
    entry.parts != null ? [] : [join("", [
      "must be a name, an address or a range with a port, a range of ports or *, for example \"db.internal:5432\", ",
      "\"*.internal:443\", \"10.0.0.0/16:*\" or \"[fd12::/64]:5432-5440\"",
    ])],
    try(tonumber(entry.parts[1]) <= 65535 && tonumber(coalesce(entry.parts[2], 65535)) <= 65535, true)
    && try(tonumber(entry.parts[1]) <= tonumber(entry.parts[2]), true)
    ? [] : ["must end in a port from 1 to 65535, or in a range such as 5432-5440"],
    !local.tunnel_ranges[index].is_name ? [] : concat(
      can(regex("^(\\*\\.)?[a-z0-9_-]{1,63}(\\.[a-z0-9_-]{1,63})*$", local.tunnel_ranges[index].name))
      && !can(regex("(^|\\.)(\\d+|0x[0-9a-f]*)$", local.tunnel_ranges[index].name))
      ? [] : ["must have a host name in ASCII, an IPv4 address or range, or an IPv6 address or range in brackets before the port"],
      can(regex("(^|\\.)localhost$", local.tunnel_ranges[index].name)) ? ["is the tunnel function itself, which the tunnel never reaches"] : [],
    ),
    entry.parts == null || local.tunnel_ranges[index].is_name ? []
    : local.tunnel_range_starts[index] == null || (local.tunnel_ranges[index].is_ipv6 && can(regex("\\.", local.tunnel_range_starts[index])))
    ? ["must have an IPv6 address or range in hexadecimal in its brackets, for example \"[fd12::/64]:5432\""]
    : local.tunnel_range_starts[index] != cidrhost("${local.tunnel_ranges[index].address}/${local.tunnel_ranges[index].is_ipv6 ? 128 : 32}", 0)
    ? ["must begin where its range begins, at ${local.tunnel_range_starts[index]}"]
    : [
      for never in local.never_reached[local.tunnel_ranges[index].is_ipv6] : "${never[2]}, which the tunnel never reaches"
      if tonumber(local.tunnel_ranges[index].bits) >= never[1]
      && cidrhost("${never[0]}/${never[1]}", 0) == cidrhost("${local.tunnel_ranges[index].address}/${never[1]}", 0)
    ],
  )]

  tunnel_mistakes = concat(
    local.observe_only && length(local.given_tunnels) > 0 ? [
      "tunnel must be left out: stage \"${var.stage}\" is protected and may only be observed, so no code of it runs on a laptop.",
    ] : [],
    [for index, mistakes in local.tunnel_entry_mistakes :
      "${local.tunnel_entries[index].path} ${mistakes[0]}, not \"${local.tunnel_entries[index].text}\"." if length(mistakes) > 0
    ],
    [for key, name in local.given_tunnel_names :
      "${local.tunnel_paths[key]} needs the name \"${name}\", which has ${length(name)} characters; Lambda allows 64: write a shorter stage or name."
      if length(name) > 64
    ],
    # IAM ignores case in the names of roles.
    [for key, name in local.given_tunnel_names :
      "${local.tunnel_paths[key]} needs the name \"${name}\", which functions already have: set function_name in functions, or give the function another name."
      if contains([for taken in concat(values(module.functions.names.functions), values(module.functions.names.beside)) : lower(taken)], lower(name))
    ],
  )
}
