terraform {
  # a validation may name another variable since 1.9
  required_version = ">= 1.9"

  required_providers {
    azapi = {
      source = "Azure/azapi"
      # ../versions.tf says why
      version = ">= 2.9, < 3.0"
    }
  }
}

provider "azapi" {
  environment = var.cloud
}
