# A function in a VPC and its database. The stub stays outside; the laptop needs a way in, see README.md:
#
#   terraform apply                                          VPC and stub: nothing with an hourly price
#   terraform apply -var database=true                       RDS for PostgreSQL
#   terraform apply -var server_certificate_arn=arn:aws:...  Client VPN
#   terraform apply -var bastion=true                        an instance for SSM port forwarding

terraform {
  required_version = ">= 1.7"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.84, < 7"
    }
  }
}

variable "stage" {
  description = "A name for your own stage, e.g. dev-tom."
  type        = string
  default     = "dev"
}

variable "live" {
  description = "Whether the function is answered by livectl. false removes the stage; VPC and database stay."
  type        = bool
  default     = true
}

variable "database" {
  description = "Make the database: db.t4g.micro, $0.016 an hour in us-east-1. false: the function looks for one on the laptop."
  type        = bool
  default     = false
}

variable "server_certificate_arn" {
  description = "The VPN's certificate in ACM. Makes the endpoint: $0.10 an hour in us-east-1, and $0.05 an hour connected. null: no VPN."
  type        = string
  default     = null
}

variable "ca_file" {
  description = "The certificate of the VPN's CA, from this folder. Read only for a VPN."
  type        = string
  default     = "vpn/ca.crt"
}

variable "bastion" {
  description = "Make the instance for SSM port forwarding: t4g.nano with a public address, $0.0092 an hour in us-east-1."
  type        = bool
  default     = false
}

provider "aws" {}

################################################################################
# The function
################################################################################

locals {
  name     = "live-debug-vpc-${var.stage}"
  settings = jsondecode(file("${path.module}/livectl.json")).functions

  environment = !var.database ? local.settings.orders.environment : {
    DATABASE_URL = "postgres://app@${aws_db_instance.this[0].endpoint}/orders"
  }
}

module "live_debug" {
  source = "../../terraform/modules/live-debug"

  enabled = var.live
  stage   = var.stage

  functions = {
    orders = merge(local.settings.orders, {
      environment = local.environment
      vpc_config = {
        subnet_ids         = aws_subnet.private[*].id
        security_group_ids = [aws_security_group.orders.id]
      }
    })
  }

  # The module reads which groups let the function in: after there is a rule to be read.
  depends_on = [aws_vpc_security_group_ingress_rule.database]
}

################################################################################
# Its network and database
################################################################################

data "aws_availability_zones" "available" {
  state = "available"
}

resource "aws_vpc" "this" {
  cidr_block           = "10.40.0.0/16"
  enable_dns_hostnames = true

  tags = { Name = local.name }
}

resource "aws_subnet" "private" {
  count = 2

  vpc_id            = aws_vpc.this.id
  availability_zone = data.aws_availability_zones.available.names[count.index]
  cidr_block        = cidrsubnet(aws_vpc.this.cidr_block, 8, count.index)

  tags = { Name = "${local.name}-private" }
}

resource "aws_security_group" "orders" {
  name        = "${local.name}-orders"
  description = "The function, and what stands in for it"
  vpc_id      = aws_vpc.this.id

  egress {
    description = "The database"
    from_port   = 5432
    to_port     = 5432
    protocol    = "tcp"
    cidr_blocks = [aws_vpc.this.cidr_block]
  }
}

resource "aws_security_group" "database" {
  name        = "${local.name}-database"
  description = "The database"
  vpc_id      = aws_vpc.this.id
}

resource "aws_vpc_security_group_ingress_rule" "database" {
  security_group_id            = aws_security_group.database.id
  referenced_security_group_id = aws_security_group.orders.id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_db_subnet_group" "this" {
  count = var.database ? 1 : 0

  name       = local.name
  subnet_ids = aws_subnet.private[*].id
}

resource "aws_db_instance" "this" {
  count = var.database ? 1 : 0

  identifier             = local.name
  engine                 = "postgres"
  instance_class         = "db.t4g.micro"
  allocated_storage      = 20
  storage_encrypted      = true
  db_name                = "orders"
  username               = "app"
  db_subnet_group_name   = aws_db_subnet_group.this[0].name
  vpc_security_group_ids = [aws_security_group.database.id]

  # In Secrets Manager; neither in the state nor on the laptop.
  manage_master_user_password = true

  # An example's: nothing in it is worth keeping.
  backup_retention_period = 0
  skip_final_snapshot     = true
}

################################################################################
# The way in: Client VPN
################################################################################

module "client_vpn" {
  source = "../../terraform/modules/live-debug/modules/client-vpn"
  count  = var.server_certificate_arn != null ? 1 : 0

  name                      = local.name
  vpc_id                    = aws_vpc.this.id
  subnet_ids                = [aws_subnet.private[0].id]
  security_group_ids        = [aws_security_group.orders.id]
  server_certificate_arn    = var.server_certificate_arn
  server_ca_certificate_pem = file("${path.module}/${var.ca_file}")
}

################################################################################
# Outputs
################################################################################

output "serve" {
  description = "Run this beside livectl.json."
  value       = module.live_debug.serve_command
}

output "function_name" {
  description = "The function to invoke: aws lambda invoke --function-name ..."
  value       = try(module.live_debug.functions["orders"].function_name, null)
}

output "vpn_guidance" {
  description = "The steps to the VPC, with its ids: terraform output -raw vpn_guidance"
  value       = module.live_debug.vpn_guidance
}

output "client_config" {
  description = "The VPN's configuration, but for a client's certificate and key."
  value       = one(module.client_vpn[*].client_config)
}

output "bastion_id" {
  description = "The instance to forward through."
  value       = one(aws_instance.bastion[*].id)
}

output "database_host" {
  description = "The database's name in DNS."
  value       = one(aws_db_instance.this[*].address)
}
