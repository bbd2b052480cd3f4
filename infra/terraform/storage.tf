# The app's own storage: its package, its evidence, the host's locks and keys, and Durable Functions' queues and tables.
# Shared keys are off: every request needs an Entra token.

locals {
  # the Functions host and Durable Functions need these roles on their storage (documented)
  storage_roles = {
    blob_data_owner        = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b"
    queue_data_contributor = "974c5e8b-45b9-4653-ba55-5f855dd0fb88"
    table_data_contributor = "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3"
  }
  endpoints              = azapi_resource.storage.output.properties.primaryEndpoints
  policy_container_url   = "${local.endpoints.blob}policy"
  evidence_container_url = "${local.endpoints.blob}evidence"
  package_container_url  = "${local.endpoints.blob}packages"
}

resource "azapi_resource" "storage" {
  type      = "Microsoft.Storage/storageAccounts@2024-01-01"
  parent_id = azapi_resource.group.id
  name      = "stgal${local.suffix}"
  location  = var.location
  tags      = local.tags

  body = {
    kind = "StorageV2"
    sku  = { name = var.storage_sku }
    properties = {
      accessTier                   = "Hot"
      allowBlobPublicAccess        = false
      allowCrossTenantReplication  = false
      allowSharedKeyAccess         = false
      defaultToOAuthAuthentication = true
      minimumTlsVersion            = "TLS1_2"
      supportsHttpsTrafficOnly     = true
      publicNetworkAccess          = var.private_networking ? "Disabled" : "Enabled"
      networkAcls = {
        # without a virtual network, an app on Flex Consumption has no fixed address that a rule could allow
        defaultAction = var.private_networking ? "Deny" : "Allow"
        bypass        = "AzureServices"
      }
    }
  }

  response_export_values = [
    "properties.primaryEndpoints.blob",
    "properties.primaryEndpoints.queue",
    "properties.primaryEndpoints.table",
  ]
}

# an account is created with its blob service
resource "azapi_update_resource" "blobs" {
  type      = "Microsoft.Storage/storageAccounts/blobServices@2024-01-01"
  parent_id = azapi_resource.storage.id
  name      = "default"

  body = {
    properties = {
      # whoever may change a policy can overwrite it, and the former one is still there
      isVersioningEnabled            = true
      deleteRetentionPolicy          = { enabled = true, days = 7 }
      containerDeleteRetentionPolicy = { enabled = true, days = 7 }
    }
  }

  response_export_values = []
}

resource "azapi_resource" "containers" {
  for_each = toset(["packages", "policy", "evidence"])

  type      = "Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01"
  parent_id = azapi_update_resource.blobs.id
  name      = each.value

  body = {
    properties = { publicAccess = "None" }
  }

  response_export_values = []
}

# the host and Durable Functions overwrite their blobs all the time
resource "azapi_resource" "forget_versions" {
  type      = "Microsoft.Storage/storageAccounts/managementPolicies@2024-01-01"
  parent_id = azapi_resource.storage.id
  name      = "default"

  body = {
    properties = {
      policy = {
        rules = [
          {
            name    = "forget-versions"
            enabled = true
            type    = "Lifecycle"
            definition = {
              filters = { blobTypes = ["blockBlob"] }
              actions = { version = { delete = { daysAfterCreationGreaterThan = 30 } } }
            }
          },
        ]
      }
    }
  }

  response_export_values = []
  depends_on             = [azapi_update_resource.blobs]
}

# who replaced the package or a policy
resource "azapi_resource" "storage_writes" {
  type      = "Microsoft.Insights/diagnosticSettings@2021-05-01-preview"
  parent_id = azapi_update_resource.blobs.id
  name      = "writes"

  body = {
    properties = {
      workspaceId = local.workspace_id
      logs = [
        { category = "StorageWrite", enabled = true },
        { category = "StorageDelete", enabled = true },
      ]
    }
  }

  response_export_values = []
}

resource "azapi_resource" "storage_assignments" {
  for_each = local.storage_roles

  type      = "Microsoft.Authorization/roleAssignments@2022-04-01"
  parent_id = azapi_resource.storage.id
  name      = uuidv5(local.guids, join("-", [azapi_resource.storage.id, local.principal_id, each.value]))

  body = {
    properties = {
      roleDefinitionId = "${local.subscription_scope}/providers/Microsoft.Authorization/roleDefinitions/${each.value}"
      principalId      = local.principal_id
      principalType    = "ServicePrincipal"
    }
  }

  response_export_values = []
}
