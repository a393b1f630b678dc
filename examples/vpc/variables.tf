variable "stage" {
  description = "The name of your own stage, e.g. dev-tom."
  type        = string
  default     = "dev"
}

variable "live" {
  description = "Whether livectl answers for the function. `false` removes the stage; the VPC and the database stay."
  type        = bool
  default     = true
}

variable "database" {
  description = <<-EOT
    Whether to create the database: db.t4g.micro, $0.016 an hour in us-east-1. `false`: the function connects to a
    database on the laptop.
  EOT
  type        = bool
  default     = false
}

variable "tunnel" {
  description = <<-EOT
    Whether to create the tunnel and its NAT gateway: $0.045 an hour in us-east-1. `false`: no tunnel.
  EOT
  type        = bool
  default     = false
}

variable "server_certificate_arn" {
  description = <<-EOT
    ARN of the VPN's certificate in ACM. With it the VPN endpoint is created: $0.10 an hour in us-east-1, and $0.05 an
    hour for each connection. `null`: no VPN.
  EOT
  type        = string
  default     = null
}

variable "ca_file" {
  description = "The certificate of the VPN's CA, relative to this folder. Read only for a VPN."
  type        = string
  default     = "vpn/ca.crt"
}

variable "bastion" {
  description = <<-EOT
    Whether to create the instance for SSM port forwarding: t4g.nano with a public address, $0.0092 an hour in us-east-1.
  EOT
  type        = bool
  default     = false
}
