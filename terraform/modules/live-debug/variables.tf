################################################################################
# The stage
################################################################################

variable "enabled" {
  description = "Whether the stage is live. `false` leaves not one resource, and every output empty or null."
  type        = bool
  default     = true
  nullable    = false
}

variable "stage" {
  description = "The stage that one developer serves, e.g. `dev-tom`: `livectl serve --stage dev-tom`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9][a-zA-Z0-9_-]{0,31}$", var.stage))
    error_message = "stage must be 1 to 32 letters, digits, - and _, beginning with a letter or digit: write e.g. \"dev-tom\"."
  }
}

variable "name" {
  description = <<-EOT
    Prefix of every name, the directory table's included (`<name>-<stage>`); another one must be told to livectl with
    `--name`. IAM is global: for one stage in two Regions, put the Region into it.
  EOT
  type        = string
  default     = "live-debug"
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9][a-zA-Z0-9_-]{0,31}$", var.name))
    error_message = "name must be 1 to 32 letters, digits, - and _, beginning with a letter or digit: write e.g. \"live-debug\"."
  }
}

variable "protected_stages" {
  description = <<-EOT
    Words that make a stage protected. They are compared with the words of the stage's name, which `-`, `_` and
    capitals part, without numbers at their ends: `prod` protects `prod`, `prod2`, `eu-prod` and `euProd`, not
    `product` or `non-prod`.
  EOT
  type        = list(string)
  default     = ["prod", "production", "prd", "live"]
  nullable    = false

  validation {
    condition     = alltrue([for word in var.protected_stages : can(regex("^[a-zA-Z0-9]+$", word))])
    error_message = "protected_stages must hold single words of letters and digits: write [\"prod\", \"eu\"] for \"prod-eu\"."
  }
}

variable "allow_protected_stage" {
  description = "Go live although the stage is protected. Its events, variables and credentials then reach a laptop."
  type        = bool
  default     = false
  nullable    = false
}

variable "tags" {
  description = "Tags of every resource that takes them."
  type        = map(string)
  default     = {}
  nullable    = false
}

################################################################################
# The functions
################################################################################

# Any type, since Terraform drops fields that a type does not know before a validation sees them. The types of the fields
# are in modules/functions/variables.tf.
variable "functions" {
  description = "The functions of the stage by name: `jsondecode(file(\"livectl.json\")).functions`, or the same in HCL."
  type        = any
  default     = {}
  nullable    = false
}

variable "create" {
  description = <<-EOT
    Whether the module makes the stub functions, for functions that don't say so themselves. `false`: your own
    aws_lambda_function resources take `stub` and `environment`.
  EOT
  type        = bool
  default     = true
  nullable    = false
}

variable "own_function_names" {
  description = <<-EOT
    Of functions with `create = false` and triggers: their names by reference, `{ orders =
    aws_lambda_function.orders.function_name }`, so that Terraform makes them first. Needed where both are made in one
    apply.
  EOT
  type        = map(string)
  default     = {}
  nullable    = false
}

################################################################################
# [2] The relay
################################################################################

variable "relay" {
  description = "The `relay` output of another instance of this module in the same account and Region, to share its relay. `null`: the module makes one."
  type = object({
    url           = string
    execution_arn = string
  })
  default = null

  validation {
    condition = (
      var.relay == null ? true
      : can(regex("^(https?|wss?)://[^/]+/.", var.relay.url))
      && can(regex("^arn:[^:]+:execute-api:[^:]+:\\d{12}:[^/]+/[^/]+$", var.relay.execution_arn))
    )
    error_message = join("", [
      "relay must be the relay output of another instance: write relay = module.shared.relay. ",
      "Its url ends in the API's stage, its execution_arn too.",
    ])
  }
}

variable "throttling" {
  description = <<-EOT
    Limits of the relay's WebSocket API only: requests a second that its routes (connect, hello, keepalive) take, and
    the burst above. It keeps a runaway from using the account's 10,000 a second. No effect with `relay`. The limits
    of HTTP routes are `functions[*].triggers.http.throttling_rate_limit` and `throttling_burst_limit`.
  EOT
  type = object({
    rate_limit  = optional(number, 1000)
    burst_limit = optional(number, 500)
  })
  default  = {}
  nullable = false

  validation {
    condition = var.throttling.rate_limit >= 1 && var.throttling.burst_limit >= 1 && var.throttling.burst_limit <= 5000
    error_message = join("", [
      "throttling must allow at least 1 request a second, and a burst from 1 to 5000: ",
      "write { rate_limit = 1000, burst_limit = 500 }. To switch the stage off, write enabled = false.",
    ])
  }
}

variable "access_logs" {
  description = <<-EOT
    Access logs of both APIs: who connects to the relay (log group `/aws/apigateway/<name>-<stage>`; not with
    `relay`), and the requests to the stage's HTTP API (`/aws/vendedlogs/<name>-<stage>-http`), never what is said.
    The relay's needs the account's API Gateway logging role (aws_api_gateway_account); the HTTP API's needs whoever
    applies to have the `logs:*LogDelivery` and `logs:*ResourcePolicies` permissions. `null`: no access logs.
  EOT
  type = object({
    retention_in_days = optional(number, 7)
    kms_key_arn       = optional(string)
  })
  default = null

  validation {
    condition = contains(
      [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
      try(coalesce(var.access_logs.retention_in_days), 7),
    )
    error_message = join("", [
      "access_logs.retention_in_days must be a number of days CloudWatch Logs knows: write 1, 3, 5, 7, 14, 30, 60, 90, 120, ",
      "150, 180, 365 or one of the longer ones of its list.",
    ])
  }
}

################################################################################
# The directory
################################################################################

variable "kms_key_arn" {
  description = "Customer managed key for the directory table; stubs and developers get kms:Decrypt on it through DynamoDB. `null`: the AWS managed key."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null ? true : can(regex("^arn:[^:]+:kms:[^:]+:\\d{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn must be a key's ARN, not an alias or an id: write aws_kms_key.this.arn."
  }
}

variable "point_in_time_recovery" {
  description = "Point-in-time recovery of the directory table. It holds leases of seconds and what Terraform can write again, so off."
  type        = bool
  default     = false
  nullable    = false
}

variable "secret_version" {
  description = <<-EOT
    Any other text gives the stage a new secret: change it, e.g. to a date, when somebody who could read the secret
    should no longer be able to use it. Stubs prove themselves to livectl with the secret, which is random and in the
    state, the directory and the stubs' `LIVE_DEBUG_SECRET`.
  EOT
  type        = string
  default     = "1"
  nullable    = false

  validation {
    condition     = can(regex("^\\S{1,64}$", var.secret_version))
    error_message = "secret_version must be 1 to 64 characters without spaces: write e.g. \"2\" or \"2025-06-01\"."
  }
}

################################################################################
# [1] The stubs
################################################################################

variable "stub_runtime" {
  description = "The runtime of the stubs, whatever the functions' own."
  type        = string
  default     = "nodejs22.x"
  nullable    = false

  validation {
    condition     = can(regex("^nodejs([2-9]\\d|\\d{3,})\\.x$", var.stub_runtime))
    error_message = "stub_runtime must be a Node runtime from nodejs20.x on: write \"nodejs22.x\". The function's own runtime goes into functions[*].runtime."
  }
}

variable "architecture" {
  description = "The architecture of the stubs: \"arm64\" or \"x86_64\"."
  type        = string
  default     = "arm64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture must be \"arm64\" or \"x86_64\"."
  }
}

variable "timeout_margin" {
  description = <<-EOT
    Seconds a stub's timeout exceeds its function's, for the way to the laptop and back; together at most 900. A
    queue's visibility timeout must cover both.
  EOT
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.timeout_margin >= 0 && var.timeout_margin <= 900 && floor(var.timeout_margin) == var.timeout_margin
    error_message = "timeout_margin must be whole seconds from 0 to 900: write 5."
  }
}

variable "log_retention_in_days" {
  description = "How long the stubs' logs are kept; the code's own log lines are on the laptop."
  type        = number
  default     = 7
  nullable    = false

  validation {
    condition = contains(
      [0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
      var.log_retention_in_days,
    )
    error_message = join("", [
      "log_retention_in_days must be a number of days CloudWatch Logs knows: write 1, 3, 5, 7, 14, 30, 60, 90, 120, ",
      "150, 180, 365 or one of the longer ones of its list, or 0 for ever.",
    ])
  }
}

variable "log_kms_key_arn" {
  description = "Key for the stubs' log groups; its policy must let CloudWatch Logs use it. `null`: the service's own key."
  type        = string
  default     = null

  validation {
    condition     = var.log_kms_key_arn == null ? true : can(regex("^arn:[^:]+:kms:[^:]+:\\d{12}:key/", var.log_kms_key_arn))
    error_message = "log_kms_key_arn must be a key's ARN, not an alias or an id: write aws_kms_key.logs.arn."
  }
}

variable "tracing_mode" {
  description = "X-Ray mode of the stubs: \"Active\" or \"PassThrough\". `null`: Lambda's default."
  type        = string
  default     = null

  validation {
    condition     = var.tracing_mode == null ? true : contains(["Active", "PassThrough"], var.tracing_mode)
    error_message = "tracing_mode must be \"Active\", \"PassThrough\" or null."
  }
}

################################################################################
# IAM
################################################################################

variable "tls_only" {
  description = <<-EOT
    Buckets, topics and queues that the module creates get a policy that refuses requests without TLS. `false`: they
    get no policy; for policies of your own on them, which would replace the module's.
  EOT
  type        = bool
  default     = true
  nullable    = false
}

variable "permissions_boundary" {
  description = "ARN of the policy that bounds the roles the module makes."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary == null ? true : can(regex("^arn:[^:]+:iam::(\\d{12}|aws):policy/", var.permissions_boundary))
    error_message = "permissions_boundary must be a policy's ARN: write \"arn:aws:iam::123456789012:policy/boundary\"."
  }
}

variable "create_developer_policy" {
  description = <<-EOT
    Create a managed policy of `developer_policy_json`, named `<name>-<stage>-developer`; above 45 functions several,
    named `...-developer-2` and so on, all in the output `developer_policy_arns`.
  EOT
  type        = bool
  default     = false
  nullable    = false
}
