terraform {
  # For mock_provider in tests/. The modules themselves use what Terraform 1.4 has: see "Requirements" in README.md.
  required_version = ">= 1.7"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.84, < 7"
    }
  }
}
