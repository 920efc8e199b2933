# An image of Debian 12 for EC2 with situp in it: `packer init .` once, then `packer build packer.pkr.hcl`.
# Beside this file: situp.deb (`make deb`). Instances of the image take user-data-systemd.yaml.
packer {
  required_plugins {
    amazon = {
      source  = "github.com/hashicorp/amazon"
      version = ">= 1.2"
    }
  }
}

source "amazon-ebs" "situp" {
  ami_name      = "debian-12-situp"
  instance_type = "t3.small"
  region        = "us-west-2"
  ssh_username  = "admin"
  source_ami_filter {
    filters     = { name = "debian-12-amd64-*" }
    owners      = ["136693071363"] # Debian
    most_recent = true
  }
}

build {
  sources = ["source.amazon-ebs.situp"]

  provisioner "file" {
    source      = "situp.deb"
    destination = "/tmp/situp.deb"
  }
  provisioner "shell" {
    inline = [
      "cloud-init status --wait",
      "sudo apt-get update",
      "sudo apt-get install -y nftables /tmp/situp.deb",
      "rm /tmp/situp.deb",
    ]
  }
}
