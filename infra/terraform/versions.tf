terraform {
  # a validation may name another variable since 1.9
  required_version = ">= 1.9"

  required_providers {
    azapi = {
      source = "Azure/azapi"
      # 2.8 is the first with the types of Microsoft.DurableTask@2025-11-01, and 2.9 the first whose actions change their API version
      # in place
      version = ">= 2.9, < 3.0"
    }
  }
}

provider "azapi" {
  environment = var.cloud
}
