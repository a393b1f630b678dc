################################################################################
# The endpoint
################################################################################

variable "name" {
  description = "Name of all resources, and suffix of the log group's name."
  type        = string
  default     = "live-debug"
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9][a-zA-Z0-9_-]{0,63}$", var.name))
    error_message = "name must be 1 to 64 letters, digits, - and _, and begin with a letter or digit, for example \"orders-vpn\"."
  }
}

variable "tags" {
  description = "Tags for every resource that supports them."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "vpc_id" {
  description = "The VPC that clients reach."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^vpc-[0-9a-z]+$", var.vpc_id))
    error_message = "vpc_id must be the id of a VPC: write aws_vpc.this.id or \"vpc-0123456789abcdef0\"."
  }
}

variable "client_cidr_block" {
  description = <<-EOT
    Range of the clients' addresses, from /12 to /22. It must overlap neither the VPC nor the networks that the
    laptops are in. A change replaces the endpoint.
  EOT
  type        = string
  default     = "10.200.0.0/22"
  nullable    = false

  # https://docs.aws.amazon.com/vpn/latest/clientvpn-admin/what-is-best-practices.html
  validation {
    condition     = can(regex("^\\d+\\.\\d+\\.\\d+\\.\\d+/(1[2-9]|2[0-2])$", var.client_cidr_block)) && can(cidrhost(var.client_cidr_block, 0))
    error_message = "client_cidr_block must be an IPv4 CIDR block from /12 to /22, for example \"10.200.0.0/22\"."
  }
}

variable "split_tunnel" {
  description = <<-EOT
    Whether only traffic to the VPC goes through the VPN. `false`: all traffic of the laptop does; then add your own
    route and authorization rule for 0.0.0.0/0.
  EOT
  type        = bool
  default     = true
  nullable    = false
}

variable "dns_servers" {
  description = <<-EOT
    DNS servers of the clients, at most 2. `null`: the VPC's own resolver. `[]`: clients keep their own servers, which
    resolve public names such as those of RDS, but no private hosted zones.
  EOT
  type        = list(string)
  default     = null

  validation {
    condition = (
      var.dns_servers == null ? true
      : length(var.dns_servers) <= 2 && alltrue([for address in var.dns_servers : can(cidrhost("${address}/32", 0))])
    )
    error_message = "dns_servers must be at most 2 IPv4 addresses: write [\"10.0.0.2\"], [] to keep the clients' own, or null for the VPC's own resolver."
  }
}

variable "transport_protocol" {
  description = "`udp`, or `tcp` for networks that block UDP; it is slower. A change replaces the endpoint."
  type        = string
  default     = "udp"
  nullable    = false

  validation {
    condition     = contains(["udp", "tcp"], var.transport_protocol)
    error_message = "transport_protocol must be \"udp\" or \"tcp\"."
  }
}

variable "session_timeout_hours" {
  description = "Hours after which a connection ends, since a forgotten one costs money: 8, 10, 12 or 24."
  type        = number
  default     = 8
  nullable    = false

  validation {
    condition     = contains([8, 10, 12, 24], var.session_timeout_hours)
    error_message = "session_timeout_hours must be 8, 10, 12 or 24."
  }
}

variable "connection_log" {
  description = "Log to CloudWatch who connects, when and from where. `null`: no log."
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
      "connection_log.retention_in_days must be a value that CloudWatch Logs supports: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, ",
      "180, 365 or one of its longer values, or 0 to keep them forever.",
    ])
  }
}

################################################################################
# Certificates
################################################################################

variable "server_certificate_arn" {
  description = <<-EOT
    ARN of the endpoint's certificate in ACM, in the VPC's Region, imported with its chain by `aws acm
    import-certificate`. Only an ARN is accepted, since a private key that Terraform is given stays in its state.
  EOT
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:[^:]+:acm:[^:]+:\\d{12}:certificate/", var.server_certificate_arn))
    error_message = "server_certificate_arn must be the ARN of a certificate in ACM: import it with aws acm import-certificate, which prints the ARN."
  }
}

variable "client_root_certificate_arn" {
  description = <<-EOT
    ARN of a certificate in ACM that the clients' CA issued. `null`: the server's certificate, if one CA issued both.
  EOT
  type        = string
  default     = null

  validation {
    condition     = var.client_root_certificate_arn == null ? true : can(regex("^arn:[^:]+:acm:[^:]+:\\d{12}:certificate/", var.client_root_certificate_arn))
    error_message = "client_root_certificate_arn must be the ARN of a certificate in ACM, or null if one CA issued the server's and the clients' certificates."
  }
}

variable "server_ca_certificate_pem" {
  description = <<-EOT
    PEM text of the certificate of the CA that issued the server's certificate, for `client_config`: `file("ca.crt")`.
    It is public, and must have no private key.
  EOT
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("-----BEGIN CERTIFICATE-----", var.server_ca_certificate_pem))
    error_message = "server_ca_certificate_pem must be a certificate as PEM text, which begins with -----BEGIN CERTIFICATE-----: write file(\"ca.crt\")."
  }

  validation {
    condition     = !can(regex("PRIVATE KEY-----", var.server_ca_certificate_pem))
    error_message = "server_ca_certificate_pem must have no private key, which would go to every client and into the state: write only the CA's certificate."
  }
}

variable "server_name" {
  description = <<-EOT
    Common name of the server's certificate, which clients verify. `null`: clients accept any server certificate of
    the CA, which is safe with your own CA and unsafe with a public one.
  EOT
  type        = string
  default     = null

  validation {
    condition     = var.server_name == null ? true : can(regex("^[a-zA-Z0-9.*-]{1,64}$", var.server_name))
    error_message = "server_name must be the common name of the server's certificate, for example \"server.live-debug.internal\"."
  }
}

################################################################################
# Access to the VPC
################################################################################

variable "subnet_ids" {
  description = <<-EOT
    The subnets to associate the endpoint with, each in another Availability Zone, /27 or larger, with 20 free
    addresses. One subnet is enough to reach the whole VPC. Each costs $0.10 an hour from apply to destroy, connected
    or not ($73 a month), and each connection $0.05 an hour (us-east-1: https://aws.amazon.com/vpn/pricing/; up to
    $0.15 in other Regions).
  EOT
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.subnet_ids) >= 1 && alltrue([for id in var.subnet_ids : can(regex("^subnet-[0-9a-z]+$", id))])
    error_message = "subnet_ids must be one or more subnet ids: write [aws_subnet.private[0].id] or [\"subnet-0123456789abcdef0\"]."
  }
}

variable "security_group_ids" {
  description = <<-EOT
    Security groups of the endpoint's network interfaces, at most 5. With the functions' own groups, clients reach
    what the functions reach. `[]`: the module creates one, `security_group_id`, which targets must allow.
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
  description = "CIDR blocks that clients may reach. `null`: the VPC's main CIDR block. List all blocks if the VPC has more."
  type        = list(string)
  default     = null

  validation {
    condition = (
      var.authorized_cidr_blocks == null ? true
      : length(var.authorized_cidr_blocks) >= 1 && alltrue([for cidr in var.authorized_cidr_blocks : can(cidrhost(cidr, 0))])
    )
    error_message = "authorized_cidr_blocks must be one or more CIDR blocks: write [\"10.0.0.0/16\"], or null for the VPC's main block."
  }
}
