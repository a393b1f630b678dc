# What a function refers to, of which only parts may be known before the apply: ARNs, VPCs, documents. Those of its event sources
# are in sources.tf.

locals {
  reference_mistakes = flatten([for name, f in local.functions : [for field, check in {
    "role" = [
      f.role == null ? null : f.role.arn == null ? "null" : f.role.arn,
      "^arn:[^:]+:iam::\\d{12}:role/",
      "must be a role with its name and ARN: write role = aws_iam_role.orders, or { name = \"orders\", arn = \"arn:aws:iam::123456789012:role/orders\" }",
    ]
    "fallback_arn" = [
      f.fallback_arn,
      "^arn:[^:]+:lambda:[^:]+:\\d{12}:function:",
      "must be the ARN of a function: write aws_lambda_function.orders.arn, or the qualified_arn of a version",
    ]
    "kms_key_arn" = [
      f.kms_key_arn,
      "^arn:[^:]+:kms:[^:]+:\\d{12}:key/",
      "must be the ARN of a key, not an alias or a key id: write aws_kms_key.orders.arn",
    ]
    } : "functions[\"${name}\"].${field} ${check[2]}, not \"${check[0]}\"."
    if check[0] == null ? false : !can(regex(check[1], check[0]))
  ]])

  partial_failure_mistakes = flatten([for name, f in local.functions : [for index, arn in f.partial_failure_arns : join("", [
    "functions[\"${name}\"].partial_failure_arns[${index}] must be the ARN of an SQS queue, of a table's stream or of a Kinesis stream",
    arn == null ? ", not null." : ", not \"${arn}\".",
    ]) if arn == null ? true : !can(regex(join("", [
      "^arn:[^:]+:(sqs:[^:]+:\\d{12}:[^:,]+|dynamodb:[^:]+:\\d{12}:table/[^/,]+/stream/[^,]+|",
      "kinesis:[^:]+:\\d{12}:stream/[^:,]+)$",
    ]), arn))
  ]])

  fallback_mistakes = [for name, f in local.functions :
    "functions[\"${name}\"].fallback_arn must not be the stub itself, which would invoke itself: write the ARN of another function or of a published version."
    if local.is_wrapped[name] || f.fallback_arn == null ? false : endswith(trimsuffix(f.fallback_arn, ":$LATEST"), ":function:${local.function_names[name]}")
  ]

  # https://docs.aws.amazon.com/lambda/latest/api/API_VpcConfig.html
  vpc_mistakes = flatten([for name, f in local.functions : [for field, check in {
    subnet_ids = [
      f.vpc_config.subnet_ids,
      "^subnet-[0-9a-z]+$",
      16,
      "must be 1 to 16 subnet ids: write aws_subnet.private[*].id or [\"subnet-0123456789abcdef0\"]",
    ]
    security_group_ids = [
      f.vpc_config.security_group_ids,
      "^sg-[0-9a-zA-Z]+$",
      5,
      "must be 1 to 5 security group ids: write [aws_security_group.orders.id] or [\"sg-0123456789abcdef0\"]",
    ]
    } : "functions[\"${name}\"].vpc_config.${field} ${check[3]}."
    if check[0] == null ? true : length(check[0]) < 1 || length(check[0]) > check[2] || anytrue([for id in check[0] : !can(regex(check[1], id))])
  ] if f.vpc_config != null])

  document_mistakes = concat(
    flatten([for name, f in local.functions : [for field, values in {
      "esbuild.define" = try(f.esbuild.define, null)
      "esbuild.alias"  = try(f.esbuild.alias, null)
      } : nonsensitive(sensitive(values == null)) ? [] : [for key, value in values :
      "functions[\"${name}\"].${field}[\"${key}\"] must be a string, not null." if nonsensitive(sensitive(value == null))
    ]]]),
    flatten([for name, f in local.functions : [for field, document in {
      "triggers.sns.filter_policy"         = try(f.triggers.sns.filter_policy, null)
      "triggers.eventbridge.event_pattern" = try(f.triggers.eventbridge.event_pattern, null)
      "triggers.schedule.input"            = try(f.triggers.schedule.input, null)
      } : "functions[\"${name}\"].${field} must be a JSON object as text: write jsonencode({ source = [\"shop.orders\"] })."
      if nonsensitive(sensitive(document == null ? false : !can(keys(jsondecode(document)))))
    ]]),
    [for name, f in local.functions :
      "functions[\"${name}\"].triggers.eventbridge.event_pattern must not be null."
      if nonsensitive(sensitive(f.triggers.eventbridge == null ? false : f.triggers.eventbridge.event_pattern == null))
    ],
    [for name, f in local.functions : join("", [
      "functions[\"${name}\"].policy_json must be an IAM policy as JSON: write jsonencode({ Version = \"2012-10-17\", ",
      "Statement = [...] }) or data.aws_iam_policy_document.orders.json.",
    ]) if nonsensitive(sensitive(f.policy_json == null ? false : !can(jsondecode(f.policy_json).Statement)))],
    [for name, f in local.functions :
      "functions[\"${name}\"].policy_json is for the role that the module creates: with role set, attach the policy to that role instead."
      if f.role != null && nonsensitive(sensitive(f.policy_json != null))
    ],
  )
}
