# A relay with an Elastic IP, and three instances behind it, in the default VPC (172.31.0.0/16): doc/ipv6-for-a-vpc.md.
# Make the tunnel at the broker, and write its addresses into user-data-relay.yaml and below. `terraform init && terraform apply`
# prints the relay's public address: write that into the tunnel's record at the broker.
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "image" {
  description = "The image that packer.pkr.hcl has made."
  type        = string
}

variable "subnet" {
  description = "The subnet that has 172.31.14.146."
  type        = string
}

provider "aws" {
  region = "us-west-2"
}

data "aws_subnet" "situp" {
  id = var.subnet
}

resource "aws_security_group" "fleet" {
  name   = "situp-fleet"
  vpc_id = data.aws_subnet.situp.vpc_id

  ingress {
    description = "IPv6 in IPv4, between instances"
    protocol    = "41"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["172.31.0.0/16"]
  }
  egress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_security_group" "relay" {
  name   = "situp-relay"
  vpc_id = data.aws_subnet.situp.vpc_id

  ingress {
    description = "IPv6 in IPv4, from the broker's server"
    protocol    = "41"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["216.66.80.26/32"]
  }
  ingress {
    description = "The broker pings the address before it makes a tunnel"
    protocol    = "icmp"
    from_port   = 8
    to_port     = -1
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_instance" "relay" {
  ami                    = var.image
  instance_type          = "t3.small"
  subnet_id              = var.subnet
  private_ip             = "172.31.14.146"
  vpc_security_group_ids = [aws_security_group.fleet.id, aws_security_group.relay.id]
  user_data              = file("user-data-relay.yaml")

  metadata_options {
    http_tokens = "required" # version 2
  }
}

resource "aws_instance" "fleet" {
  count                  = 3
  ami                    = var.image
  instance_type          = "t3.small"
  subnet_id              = var.subnet
  vpc_security_group_ids = [aws_security_group.fleet.id]
  user_data              = file("user-data-systemd.yaml")

  metadata_options {
    http_tokens = "required"
  }
}

resource "aws_eip" "relay" {
  domain   = "vpc"
  instance = aws_instance.relay.id
}

output "address_for_the_broker" {
  value = aws_eip.relay.public_ip
}
