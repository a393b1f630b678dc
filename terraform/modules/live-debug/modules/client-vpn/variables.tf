################################################################################
# The endpoint
################################################################################

variable "name" {
  description = "Name of everything made here, and prefix of the log group's."
  type        = string
  default     = "live-debug"
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9][a-zA-Z0-9_-]{0,63}$", var.name))
    error_message = "name must be 1 to 64 letters, digits, - and _, beginning with a letter or digit: write e.g. \"orders-vpn\"."
  }
}

variable "tags" {
  description = "Tags of every resource that takes them."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "vpc_id" {
  description = "The VPC to be reached."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^vpc-[0-9a-z]+$", var.vpc_id))
    error_message = "vpc_id must be a VPC's id: write aws_vpc.this.id or \"vpc-0123456789abcdef0\"."
  }
}

variable "client_cidr_block" {
  description = <<-EOT
    Where clients get their addresses from: /12 to /22, overlapping neither the VPC nor the networks the laptops are
    in. Another one makes the endpoint anew.
  EOT
  type        = string
  default     = "10.200.0.0/22"
  nullable    = false

  # https://docs.aws.amazon.com/vpn/latest/clientvpn-admin/what-is-best-practices.html
  validation {
    condition     = can(regex("^\\d+\\.\\d+\\.\\d+\\.\\d+/(1[2-9]|2[0-2])$", var.client_cidr_block)) && can(cidrhost(var.client_cidr_block, 0))
    error_message = "client_cidr_block must be an IPv4 CIDR block from /12 to /22: write e.g. \"10.200.0.0/22\"."
  }
}

variable "split_tunnel" {
  description = <<-EOT
    Only traffic to the VPC goes through the VPN. `false`: all traffic of the laptop does, and needs a route and an
    authorization rule for 0.0.0.0/0 of yours.
  EOT
  type        = bool
  default     = true
  nullable    = false
}

variable "dns_servers" {
  description = <<-EOT
    DNS servers of the clients, at most 2. `null`: the VPC's own resolver. `[]`: the clients keep theirs, which is
    enough for names like RDS's, and not for private hosted zones.
  EOT
  type        = list(string)
  default     = null

  validation {
    condition = (
      var.dns_servers == null ? true
      : length(var.dns_servers) <= 2 && alltrue([for address in var.dns_servers : can(cidrhost("${address}/32", 0))])
    )
    error_message = "dns_servers must be at most 2 IPv4 addresses: write [\"10.0.0.2\"], [] for none, or null for the VPC's own resolver."
  }
}

variable "transport_protocol" {
  description = "\"udp\", or \"tcp\" where the way to AWS lets no UDP through; slower then. Another one makes the endpoint anew."
  type        = string
  default     = "udp"
  nullable    = false

  validation {
    condition     = contains(["udp", "tcp"], var.transport_protocol)
    error_message = "transport_protocol must be \"udp\" or \"tcp\"."
  }
}

variable "session_timeout_hours" {
  description = "Hours after which a connection ends, since a forgotten one costs: 8, 10, 12 or 24."
  type        = number
  default     = 8
  nullable    = false

  validation {
    condition     = contains([8, 10, 12, 24], var.session_timeout_hours)
    error_message = "session_timeout_hours must be 8, 10, 12 or 24."
  }
}

variable "connection_log" {
  description = "Log who connects, when and from where, to CloudWatch. `null`: no log."
  type = object({
    retention_in_days = optional(number, 7)
    kms_key_arn       = optional(string)
  })
  default = {}

  validation {
    condition = contains(
      [0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
      try(coalesce(var.connection_log.retention_in_days), 7),
    )
    error_message = join("", [
      "connection_log.retention_in_days must be a number of days CloudWatch Logs knows: write 1, 3, 5, 7, 14, 30, 60, 90, 120, ",
      "150, 180, 365 or one of the longer ones of its list, or 0 for ever.",
    ])
  }
}

################################################################################
# Who gets in
################################################################################

variable "server_certificate_arn" {
  description = <<-EOT
    The endpoint's certificate in ACM, imported with its chain, in the Region of the VPC: `aws acm
    import-certificate`. Only ARNs are taken, since a private key given to Terraform stays in its state.
  EOT
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:acm:[^:]+:\\d{12}:certificate/", var.server_certificate_arn))
    error_message = "server_certificate_arn must be the ARN of a certificate in ACM: import it with aws acm import-certificate, which prints the ARN."
  }
}

variable "client_root_certificate_arn" {
  description = "A certificate in ACM, issued by the CA whose clients get in. `null`: the server's, where one CA issued both."
  type        = string
  default     = null

  validation {
    condition     = var.client_root_certificate_arn == null ? true : can(regex("^arn:[^:]+:acm:[^:]+:\\d{12}:certificate/", var.client_root_certificate_arn))
    error_message = "client_root_certificate_arn must be the ARN of a certificate in ACM, or null where the server's CA is the clients' too."
  }
}

variable "server_ca_certificate_pem" {
  description = "The certificate of the CA that issued the server's, as PEM, for `client_config`: `file(\"ca.crt\")`. Public; no key."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("-----BEGIN CERTIFICATE-----", var.server_ca_certificate_pem))
    error_message = "server_ca_certificate_pem must be a certificate as PEM text, -----BEGIN CERTIFICATE----- and so on: write file(\"ca.crt\")."
  }

  validation {
    condition     = !can(regex("PRIVATE KEY-----", var.server_ca_certificate_pem))
    error_message = "server_ca_certificate_pem holds a private key, which would come to every client and into the state: write the CA's certificate alone."
  }
}

variable "server_name" {
  description = <<-EOT
    Common name of the server's certificate, for clients to verify. `null`: any server certificate of the CA will do,
    which is right for a CA of your own and wrong for a public one.
  EOT
  type        = string
  default     = null

  validation {
    condition     = var.server_name == null ? true : can(regex("^[a-zA-Z0-9.*-]{1,64}$", var.server_name))
    error_message = "server_name must be the common name of the server's certificate: write e.g. \"server.live-debug.internal\"."
  }
}

################################################################################
# What is reached
################################################################################

variable "subnet_ids" {
  description = <<-EOT
    The subnets the endpoint is associated with, each in another zone, /27 or larger with 20 free addresses. One
    reaches the whole VPC. Each costs $0.10 an hour from apply to destroy, connected or not ($73 a month), and each
    connection $0.05 an hour (us-east-1: https://aws.amazon.com/vpn/pricing/; other Regions up to $0.15).
  EOT
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.subnet_ids) >= 1 && alltrue([for id in var.subnet_ids : can(regex("^subnet-[0-9a-z]+$", id))])
    error_message = "subnet_ids must be subnet ids, at least one: write [aws_subnet.private[0].id] or [\"subnet-0123456789abcdef0\"]."
  }
}

variable "security_group_ids" {
  description = <<-EOT
    Security groups of the endpoint's network interfaces, at most 5: the functions' own let the clients in wherever
    the functions are. `[]`: one is made, `security_group_id`, which targets must let in.
  EOT
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.security_group_ids) <= 5 && alltrue([for id in var.security_group_ids : can(regex("^sg-[0-9a-zA-Z]+$", id))])
    error_message = "security_group_ids must be at most 5 security group ids: write [aws_security_group.orders.id] or [\"sg-0123456789abcdef0\"]."
  }
}

variable "authorized_cidr_blocks" {
  description = "What the clients may reach. `null`: the VPC's main CIDR block; name all of them where it has more."
  type        = list(string)
  default     = null

  validation {
    condition = (
      var.authorized_cidr_blocks == null ? true
      : length(var.authorized_cidr_blocks) >= 1 && alltrue([for cidr in var.authorized_cidr_blocks : can(cidrhost(cidr, 0))])
    )
    error_message = "authorized_cidr_blocks must be CIDR blocks, at least one: write [\"10.0.0.0/16\"], or null for the VPC's main one."
  }
}
