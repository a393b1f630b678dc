# Access from the laptop: SSM port forwarding. Nothing can connect to the instance; its agent connects to Systems Manager.

resource "aws_instance" "bastion" {
  count = var.bastion ? 1 : 0

  ami                  = data.aws_ssm_parameter.ami[0].insecure_value
  instance_type        = "t4g.nano"
  subnet_id            = aws_subnet.public[0].id
  iam_instance_profile = aws_iam_instance_profile.bastion[0].name

  # With the function's own security group, the database accepts the instance as it accepts the function.
  vpc_security_group_ids = [aws_security_group.bastion[0].id, aws_security_group.orders.id]

  metadata_options {
    http_tokens = "required"
  }

  tags = { Name = "${local.name}-bastion" }

  # A newer image must not replace the instance.
  lifecycle {
    ignore_changes = [ami]
  }

  depends_on = [aws_route_table_association.public]
}

data "aws_ssm_parameter" "ami" {
  count = var.bastion ? 1 : 0

  name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
}

resource "aws_security_group" "bastion" {
  count = var.bastion ? 1 : 0

  name        = "${local.name}-bastion"
  description = "No inbound traffic; outbound to Systems Manager"
  vpc_id      = aws_vpc.this.id

  egress {
    description = "Systems Manager"
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_iam_role" "bastion" {
  count = var.bastion ? 1 : 0

  name = "${local.name}-bastion"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "bastion" {
  count = var.bastion ? 1 : 0

  role       = aws_iam_role.bastion[0].name
  policy_arn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
}

resource "aws_iam_instance_profile" "bastion" {
  count = var.bastion ? 1 : 0

  name = aws_iam_role.bastion[0].name
  role = aws_iam_role.bastion[0].name
}
