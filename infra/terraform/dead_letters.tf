# Storage for events that could not be delivered. It is a separate account because it must accept shared keys: the system topic of a
# subscription is global, a global topic cannot have an identity (documented), and without one Event Grid writes with a key.

resource "azapi_resource" "dead_letters" {
  count = var.dead_letters ? 1 : 0

  type      = "Microsoft.Storage/storageAccounts@2024-01-01"
  parent_id = azapi_resource.group.id
  name      = "stdead${local.suffix}"
  location  = var.location
  tags      = local.tags

  body = {
    kind = "StorageV2"
    sku  = { name = "Standard_LRS" }
    properties = {
      accessTier                   = "Hot"
      allowBlobPublicAccess        = false
      allowCrossTenantReplication  = false
      allowSharedKeyAccess         = true
      defaultToOAuthAuthentication = true
      minimumTlsVersion            = "TLS1_2"
      supportsHttpsTrafficOnly     = true
      publicNetworkAccess          = "Enabled"
      networkAcls = {
        defaultAction = "Deny"
        # Event Grid is one of the trusted services
        bypass = "AzureServices"
      }
    }
  }

  response_export_values = []
}

# an account is created with its blob service
resource "azapi_update_resource" "dead_letter_blobs" {
  count = var.dead_letters ? 1 : 0

  type      = "Microsoft.Storage/storageAccounts/blobServices@2024-01-01"
  parent_id = azapi_resource.dead_letters[0].id
  name      = "default"

  response_export_values = []
}

resource "azapi_resource" "dead_letter_container" {
  count = var.dead_letters ? 1 : 0

  type      = "Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01"
  parent_id = azapi_update_resource.dead_letter_blobs[0].id
  name      = "dead-letters"

  body = {
    properties = { publicAccess = "None" }
  }

  response_export_values = []
}

resource "azapi_resource" "forget_dead_letters" {
  count = var.dead_letters ? 1 : 0

  type      = "Microsoft.Storage/storageAccounts/managementPolicies@2024-01-01"
  parent_id = azapi_resource.dead_letters[0].id
  name      = "default"

  body = {
    properties = {
      policy = {
        rules = [
          {
            name    = "forget-dead-letters"
            enabled = true
            type    = "Lifecycle"
            definition = {
              filters = { blobTypes = ["blockBlob"], prefixMatch = ["dead-letters/"] }
              # by then the sweep has found the images
              actions = { baseBlob = { delete = { daysAfterModificationGreaterThan = 30 } } }
            }
          },
        ]
      }
    }
  }

  response_export_values = []
}
