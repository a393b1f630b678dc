################################################################################
# The stage
################################################################################

variable "enabled" {
  description = "Whether the stage is live. `false`: the module creates nothing, and every output is empty or null."
  type        = bool
  default     = true
  nullable    = false
}

variable "stage" {
  description = "Name of the stage, for example `dev-tom`. One developer serves it with `livectl serve --stage dev-tom`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9][a-zA-Z0-9_-]{0,31}$", var.stage))
    error_message = "stage must be 1 to 32 letters, digits, - and _, and begin with a letter or digit, for example \"dev-tom\"."
  }
}

variable "name" {
  description = <<-EOT
    Prefix of every name, including the directory table's (`<name>-<stage>`). With another value than the default, pass
    `--name` to livectl. IAM names are global: to have one stage in two Regions, put the Region into the prefix.
  EOT
  type        = string
  default     = "live-debug"
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9][a-zA-Z0-9_-]{0,31}$", var.name))
    error_message = "name must be 1 to 32 letters, digits, - and _, and begin with a letter or digit, for example \"live-debug\"."
  }
}

variable "protected_stages" {
  description = <<-EOT
    Words that make a stage protected. The stage's name is split into words at `-`, `_` and capitals, and digits at
    the ends of a word are ignored: `prod` protects `prod`, `prod2`, `eu-prod` and `euProd`, but not `product` or
    `non-prod`.
  EOT
  type        = list(string)
  default     = ["prod", "production", "prd", "live"]
  nullable    = false

  validation {
    condition     = alltrue([for word in var.protected_stages : can(regex("^[a-zA-Z0-9]+$", word))])
    error_message = "protected_stages must be single words of letters and digits: write [\"prod\", \"eu\"] for \"prod-eu\"."
  }
}

variable "allow_protected_stage" {
  description = "Allow a protected stage to go live. Its events, environment variables and credentials then reach a laptop."
  type        = bool
  default     = false
  nullable    = false
}

variable "allow_observe" {
  description = <<-EOT
    Allow a protected stage to be observed, and nothing else: `livectl serve --observe` gets copies of events and answers,
    and the deployed code answers every invocation. Nobody can serve the stage, also with `allow_protected_stage`. All of
    its functions must be wrapped. No effect on stages that are not protected: these can be observed anyway.
  EOT
  type        = bool
  default     = false
  nullable    = false
}

variable "tags" {
  description = "Tags for every resource that supports them."
  type        = map(string)
  default     = {}
  nullable    = false
}

################################################################################
# The functions
################################################################################

# Any type, since Terraform removes unknown fields from a typed value before a validation can report them. The types of the
# fields are in modules/functions/variables.tf.
variable "functions" {
  description = "The functions of the stage, by name: `jsondecode(file(\"livectl.json\")).functions`, or the same map in HCL."
  type        = any
  default     = {}
  nullable    = false
}

variable "mode" {
  description = <<-EOT
    How functions are live that do not set their own `mode`. `replace`: a stub in place of the code. `wrap`: your own
    functions keep their code, which runs when nobody serves, and take the outputs `layers` and `environment`.
  EOT
  type        = string
  default     = "replace"
  nullable    = false

  validation {
    condition     = contains(["replace", "wrap"], var.mode)
    error_message = "mode must be \"replace\" or \"wrap\"."
  }
}

variable "create" {
  description = <<-EOT
    Whether the module creates the stub functions; a function's own `create` overrides it. `false`: your own
    `aws_lambda_function` resources take `stub` and `environment`.
  EOT
  type        = bool
  default     = true
  nullable    = false
}

variable "own_function_names" {
  description = <<-EOT
    For functions with `create = false` and triggers: their names by reference, so that Terraform creates them before
    their triggers, for example `{ orders = aws_lambda_function.orders.function_name }`. Needed when one apply creates
    both.
  EOT
  type        = map(string)
  default     = {}
  nullable    = false
}

################################################################################
# [2] The relay
################################################################################

variable "relay" {
  description = <<-EOT
    The `relay` output of another instance of this module in the same account and Region, to share its relay. `null`:
    the module creates a relay.
  EOT
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
      "Both url and execution_arn end in the name of the API's stage.",
    ])
  }
}

variable "throttling" {
  description = <<-EOT
    Limits of the relay's WebSocket API: the requests per second on its routes (connect, hello, keepalive), and the
    burst. They keep a runaway client from using up the account's 10,000 requests per second. No effect with `relay`.
    HTTP routes have their own limits: `functions[*].triggers.http.throttling_rate_limit` and
    `throttling_burst_limit`.
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
      "throttling must have a rate_limit of at least 1 request per second and a burst_limit from 1 to 5000: ",
      "write { rate_limit = 1000, burst_limit = 500 }. To turn the stage off, write enabled = false.",
    ])
  }
}

variable "access_logs" {
  description = <<-EOT
    Access logs of both APIs, without the content of any message: connections to the relay (log group
    `/aws/apigateway/<name>-<stage>`; not with `relay`) and requests to the stage's HTTP API
    (`/aws/vendedlogs/<name>-<stage>-http`). The relay's log needs the account's API Gateway logging role
    (`aws_api_gateway_account`). For the HTTP API's log, the principal that runs `terraform apply` needs the
    permissions `logs:*LogDelivery` and `logs:*ResourcePolicies`. `null`: no access logs.
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
      "access_logs.retention_in_days must be a value that CloudWatch Logs supports: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, ",
      "180, 365 or one of its longer values.",
    ])
  }
}

################################################################################
# The directory
################################################################################

variable "kms_key_arn" {
  description = <<-EOT
    ARN of a customer managed key for the directory table. Stubs and developers get `kms:Decrypt` on it through
    DynamoDB. `null`: the AWS managed key.
  EOT
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null ? true : can(regex("^arn:[^:]+:kms:[^:]+:\\d{12}:key/", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a key, not an alias or a key id: write aws_kms_key.this.arn."
  }
}

variable "point_in_time_recovery" {
  description = "Point-in-time recovery of the directory table. Off by default: the table has short leases and items that Terraform can recreate."
  type        = bool
  default     = false
  nullable    = false
}

variable "secret_version" {
  description = <<-EOT
    Change this text, for example to a date, to give the stage a new secret, when somebody who could read the old one must
    no longer be able to use it. Stubs authenticate to livectl with the secret. It is random, and stored in the state, in
    the directory and in the stubs' `LIVE_DEBUG_SECRET`.
  EOT
  type        = string
  default     = "1"
  nullable    = false

  validation {
    condition     = can(regex("^\\S{1,64}$", var.secret_version))
    error_message = "secret_version must be 1 to 64 characters without spaces, for example \"2\" or \"2025-06-01\"."
  }
}

################################################################################
# The tunnel
################################################################################

variable "tunnel" {
  description = <<-EOT
    A function in the VPC, `<name>-<stage>-tunnel`, through which local code reaches private addresses:
    `livectl serve` starts it when the code connects to one. Its subnets need NAT, and its security groups must let out
    port 443 and what the code connects to. `allow` lists where it connects to: names, addresses and ranges with a port,
    a range of ports or `*`, for example `["db.internal:5432", "10.0.0.0/16:*"]`. Default: the VPC's IPv4 CIDR blocks,
    all ports. `role`: your own role, which has AWSLambdaVPCAccessExecutionRole. Default: the module creates one.
    `others`: the same for functions in further VPCs, by a name: `<name>-<stage>-tunnel-<key>`. `null`: no tunnel.
  EOT
  type = object({
    subnet_ids         = list(string)
    security_group_ids = list(string)
    allow              = optional(list(string))
    role = optional(object({
      name = string
      arn  = string
    }))
    others = optional(map(object({
      subnet_ids         = list(string)
      security_group_ids = list(string)
      allow              = optional(list(string))
      role = optional(object({
        name = string
        arn  = string
      }))
    })), {})
  })
  default = null

  # https://docs.aws.amazon.com/lambda/latest/api/API_VpcConfig.html
  validation {
    condition = alltrue(flatten([for tunnel in var.tunnel[*] : [
      for one in concat([{ ids = tunnel.subnet_ids, groups = tunnel.security_group_ids }], [
        for other in values(tunnel.others) : { ids = other.subnet_ids, groups = other.security_group_ids }
      ]) :
      try(length(one.ids) >= 1 && length(one.ids) <= 16 && length(one.groups) >= 1 && length(one.groups) <= 5, false)
    ]]))
    error_message = join("", [
      "tunnel must have 1 to 16 subnet_ids and 1 to 5 security_group_ids, and so must each of its others: write those of a private ",
      "subnet with NAT. For no tunnel, write tunnel = null.",
    ])
  }

  # Lambda allows 4 KB for all variables of a function: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
  validation {
    condition = alltrue(flatten([for tunnel in var.tunnel[*] : [
      for allow in concat([tunnel.allow], values(tunnel.others)[*].allow) :
      allow == null ? true : length(allow) >= 1 && length(allow) <= 100 && length(jsonencode(jsonencode(allow))) <= 3200
    ]]))
    error_message = join("", [
      "tunnel.allow must have 1 to 100 entries, and at most 3,200 characters as JSON, since Lambda allows 4 KB for all variables of a ",
      "function: write ranges such as \"10.0.0.0/16:*\" in place of single names. Leave it out to allow the VPC's own CIDR blocks.",
    ])
  }

  validation {
    condition = alltrue(flatten([for tunnel in var.tunnel[*] : [
      for key in keys(tunnel.others) : can(regex("^[a-z0-9-]{1,16}$", key)) && key != "default"
    ]]))
    error_message = join("", [
      "tunnel.others must have keys of 1 to 16 lower-case letters, digits and -, which end the names of their functions, ",
      "for example \"data\". The key \"default\" is the tunnel itself.",
    ])
  }
}

################################################################################
# [1] The stubs
################################################################################

variable "stub_runtime" {
  description = "The runtime of the stubs. It is independent of the functions' runtimes."
  type        = string
  default     = "nodejs22.x"
  nullable    = false

  validation {
    condition     = can(regex("^nodejs([2-9]\\d|\\d{3,})\\.x$", var.stub_runtime))
    error_message = "stub_runtime must be nodejs20.x or a later Node.js runtime, for example \"nodejs22.x\". It is not the functions' own runtime."
  }
}

variable "architecture" {
  description = "The architecture of the stubs: `arm64` or `x86_64`."
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
    Seconds added to a function's timeout to get its stub's timeout, for the time to the laptop and back. The sum is
    limited to 900. A queue's visibility timeout must cover the sum.
  EOT
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.timeout_margin >= 0 && var.timeout_margin <= 900 && floor(var.timeout_margin) == var.timeout_margin
    error_message = "timeout_margin must be a whole number of seconds from 0 to 900: write 5."
  }
}

variable "log_retention_in_days" {
  description = "Days to keep the stubs' logs. The log lines of the code itself are on the laptop."
  type        = number
  default     = 7
  nullable    = false

  validation {
    condition = contains(
      [0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
      var.log_retention_in_days,
    )
    error_message = join("", [
      "log_retention_in_days must be a value that CloudWatch Logs supports: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, ",
      "180, 365 or one of its longer values, or 0 to keep them forever.",
    ])
  }
}

variable "log_kms_key_arn" {
  description = "ARN of a KMS key for the stubs' log groups. Its policy must allow CloudWatch Logs. `null`: the service's own key."
  type        = string
  default     = null

  validation {
    condition     = var.log_kms_key_arn == null ? true : can(regex("^arn:[^:]+:kms:[^:]+:\\d{12}:key/", var.log_kms_key_arn))
    error_message = "log_kms_key_arn must be the ARN of a key, not an alias or a key id: write aws_kms_key.logs.arn."
  }
}

variable "tracing_mode" {
  description = "X-Ray tracing mode of the stubs: `Active` or `PassThrough`. `null`: Lambda's default."
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
    Give buckets, topics and queues that the module creates a policy that denies requests without TLS. `false`: no
    policy. Set it if you attach your own policies to them, since each takes only one.
  EOT
  type        = bool
  default     = true
  nullable    = false
}

variable "permissions_boundary" {
  description = "ARN of the permissions boundary for the roles that the module creates."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary == null ? true : can(regex("^arn:[^:]+:iam::(\\d{12}|aws):policy/", var.permissions_boundary))
    error_message = "permissions_boundary must be the ARN of a policy: write \"arn:aws:iam::123456789012:policy/boundary\"."
  }
}

variable "create_developer_policy" {
  description = <<-EOT
    Create a managed policy from `developer_policy_json`, named `<name>-<stage>-developer`. Each further 45 functions need
    one more policy, named `...-developer-2` and so on. The output `developer_policy_arns` has all of them.
  EOT
  type        = bool
  default     = false
  nullable    = false
}
