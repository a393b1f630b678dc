# What the tunnel and the instance need: a public subnet, and for the tunnel a NAT gateway in it, through which the private
# subnets reach the internet.

locals {
  has_internet = var.tunnel || var.bastion
}

resource "aws_subnet" "public" {
  count = local.has_internet ? 1 : 0

  vpc_id            = aws_vpc.this.id
  availability_zone = data.aws_availability_zones.available.names[0]
  cidr_block        = cidrsubnet(aws_vpc.this.cidr_block, 8, 100)

  map_public_ip_on_launch = true

  tags = { Name = "${local.name}-public" }
}

resource "aws_internet_gateway" "this" {
  count = local.has_internet ? 1 : 0

  vpc_id = aws_vpc.this.id
}

resource "aws_route_table" "public" {
  count = local.has_internet ? 1 : 0

  vpc_id = aws_vpc.this.id

  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.this[0].id
  }
}

resource "aws_route_table_association" "public" {
  count = local.has_internet ? 1 : 0

  subnet_id      = aws_subnet.public[0].id
  route_table_id = aws_route_table.public[0].id
}

resource "aws_eip" "nat" {
  count = var.tunnel ? 1 : 0

  domain = "vpc"

  tags = { Name = "${local.name}-nat" }
}

# One is enough for an example; a zone that fails takes it along.
resource "aws_nat_gateway" "this" {
  count = var.tunnel ? 1 : 0

  allocation_id = aws_eip.nat[0].id
  subnet_id     = aws_subnet.public[0].id

  tags = { Name = local.name }

  depends_on = [aws_route_table_association.public]
}

resource "aws_route_table" "private" {
  count = var.tunnel ? 1 : 0

  vpc_id = aws_vpc.this.id

  route {
    cidr_block     = "0.0.0.0/0"
    nat_gateway_id = aws_nat_gateway.this[0].id
  }
}

resource "aws_route_table_association" "private" {
  count = var.tunnel ? length(aws_subnet.private) : 0

  subnet_id      = aws_subnet.private[count.index].id
  route_table_id = aws_route_table.private[0].id
}
