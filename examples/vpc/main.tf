# A function in a VPC and its database. The stub stays outside the VPC. How the laptop gets in is in README.md:
#
#   terraform apply                                          VPC and stub, without hourly costs
#   terraform apply -var database=true                       RDS for PostgreSQL
#   terraform apply -var tunnel=true                         the tunnel, with a NAT gateway
#   terraform apply -var server_certificate_arn=arn:aws:...  Client VPN
#   terraform apply -var bastion=true                        an instance for SSM port forwarding

# Credentials and the Region come from the environment, as for every AWS tool: AWS_PROFILE, AWS_REGION.
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

  # As the function itself, the tunnel has the group that the database allows.
  tunnel = !var.tunnel ? null : {
    subnet_ids         = aws_subnet.private[*].id
    security_group_ids = [aws_security_group.orders.id, aws_security_group.tunnel[0].id]
    allow              = ["${aws_vpc.this.cidr_block}:5432"]
  }

  # The module reads which security groups allow the function, so the rule must exist first.
  depends_on = [aws_vpc_security_group_ingress_rule.database]
}

################################################################################
# The network and the database
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
  description = "The function, and the tunnel, VPN endpoint or bastion"
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

  # The password is in Secrets Manager, not in the state or on the laptop.
  manage_master_user_password = true

  # Nothing in an example's database needs a backup.
  backup_retention_period = 0
  skip_final_snapshot     = true
}

################################################################################
# Access from the laptop: the tunnel
################################################################################

resource "aws_security_group" "tunnel" {
  count = var.tunnel ? 1 : 0

  name        = "${local.name}-tunnel"
  description = "The tunnel: to the relay and the directory"
  vpc_id      = aws_vpc.this.id

  egress {
    description = "API Gateway and DynamoDB"
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

################################################################################
# Access from the laptop: Client VPN
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
