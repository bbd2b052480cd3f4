# The function app on Flex Consumption: its plan, its settings, and which networks can call it.

locals {
  host_name = azapi_resource.app.output.properties.defaultHostName

  platform_settings = {
    AzureWebJobsStorage__credential           = "managedidentity"
    AzureWebJobsStorage__clientId             = local.client_id
    AzureWebJobsStorage__blobServiceUri       = local.endpoints.blob
    AzureWebJobsStorage__queueServiceUri      = local.endpoints.queue
    AzureWebJobsStorage__tableServiceUri      = local.endpoints.table
    APPLICATIONINSIGHTS_CONNECTION_STRING     = azapi_resource.insights.output.properties.ConnectionString
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING = "ClientId=${local.client_id};Authorization=AAD"
    AZURE_CLIENT_ID                           = local.client_id
    AZURE_TOKEN_CREDENTIALS                   = "ManagedIdentityCredential" # checkov:skip=CKV_SECRET_6:a kind, and no secret
  }

  # the settings that adapters/settings.py reads
  gallerist_settings = {
    GALLERIST_CLOUD                 = var.cloud
    GALLERIST_ARM_ENDPOINT          = var.arm_endpoint
    GALLERIST_ARM_AUDIENCE          = var.arm_audience
    GALLERIST_SUBSCRIPTIONS         = var.subscriptions == "" ? data.azapi_client_config.current.subscription_id : var.subscriptions
    GALLERIST_POLICY_FILE           = var.policy_blob == "" ? var.policy_file : ""
    GALLERIST_POLICY_BLOB           = var.policy_blob
    GALLERIST_SWEEP_SCHEDULE        = var.sweep_schedule
    GALLERIST_RECOVERY_SCHEDULE     = var.recovery_schedule
    GALLERIST_KEEP_DAYS             = tostring(var.keep_days)
    GALLERIST_PROOF_SWEEP_SCHEDULE  = var.proof_sweep_schedule
    GALLERIST_RETENTION_SCHEDULE    = var.retention_schedule
    GALLERIST_EVIDENCE_FOLDER       = ""
    GALLERIST_EVIDENCE_CONTAINER    = local.evidence_container_url
    GALLERIST_WEBHOOK_HOSTS         = var.webhook_hosts
    GALLERIST_ALLOW_KEYS_TO_APPROVE = var.allow_keys_to_approve ? "true" : "false"
    GALLERIST_AUTHENTICATION        = var.entra_client_id == "" ? "keys" : "entra"
  }

  # host.json names this setting when the package was made for the scheduler. The backend itself stands in host.json alone: what
  # scales the app reads that file and no settings (azure-functions-durable-extension #2622, #2803).
  scheduler_settings = {
    for scheduler in azapi_resource.scheduler :
    "DURABLE_TASK_SCHEDULER_CONNECTION_STRING" => join(";", [
      "Endpoint=${scheduler.output.properties.endpoint}", "Authentication=ManagedIdentity", "ClientID=${local.client_id}",
    ])
  }

  # Event Grid delivers from the internet and cannot use a private endpoint (documented)
  event_grid = {
    name      = "event-grid"
    action    = "Allow"
    priority  = 100
    tag       = "ServiceTag"
    ipAddress = "AzureEventGrid"
  }
}

resource "azapi_resource" "plan" {
  type      = "Microsoft.Web/serverfarms@2024-04-01"
  parent_id = azapi_resource.group.id
  name      = "plan-gallerist-${local.suffix}"
  location  = var.location
  tags      = local.tags

  body = {
    kind       = "functionapp"
    sku        = { tier = "FlexConsumption", name = "FC1" }
    properties = { reserved = true }
  }

  response_export_values = []
}

resource "azapi_resource" "app" {
  type      = "Microsoft.Web/sites@2024-04-01"
  parent_id = azapi_resource.group.id
  name      = "func-gallerist-${local.suffix}"
  location  = var.location
  tags      = merge(local.tags, { "azd-service-name" = "gallerist" })

  identity {
    type         = "UserAssigned"
    identity_ids = [azapi_resource.identity.id]
  }

  body = {
    kind = "functionapp,linux"
    properties = {
      serverFarmId = azapi_resource.plan.id
      httpsOnly    = true
      # Left out, a private endpoint would close the app to everything else: to Event Grid and to who publishes the code. The rules
      # below decide.
      publicNetworkAccess    = "Enabled"
      virtualNetworkSubnetId = var.private_networking ? local.app_subnet_id : null
      functionAppConfig = {
        deployment = {
          storage = {
            type  = "blobContainer"
            value = local.package_container_url
            authentication = {
              type                           = "UserAssignedIdentity"
              userAssignedIdentityResourceId = azapi_resource.identity.id
            }
          }
        }
        runtime = { name = "python", version = var.python_version }
        scaleAndConcurrency = {
          instanceMemoryMB     = var.instance_memory_mb
          maximumInstanceCount = var.maximum_instance_count
          alwaysReady          = var.always_ready_instances == 0 ? [] : [{ name = "durable", instanceCount = var.always_ready_instances }]
        }
      }
      siteConfig = {
        minTlsVersion                       = "1.2"
        scmMinTlsVersion                    = "1.2"
        http20Enabled                       = true
        ftpsState                           = "Disabled"
        ipSecurityRestrictionsDefaultAction = var.private_networking ? "Deny" : "Allow"
        ipSecurityRestrictions              = var.private_networking ? [local.event_grid] : []
        # the package is published from outside the network, with an Entra token
        scmIpSecurityRestrictionsDefaultAction = "Allow"
        scmIpSecurityRestrictionsUseMain       = false
      }
    }
  }

  response_export_values = ["properties.defaultHostName"]

  # the app can start only when it can reach its storage
  depends_on = [module.storage_endpoints, azapi_resource.containers, azapi_resource.storage_assignments]
}

# The settings can be written but not read at their own address (the list is an action), so they are sent whole, as Bicep does, and
# what somebody changes in the portal is not seen.
resource "azapi_resource_action" "settings" {
  type        = "Microsoft.Web/sites/config@2024-04-01"
  resource_id = "${azapi_resource.app.id}/config/appsettings"
  method      = "PUT"

  body = {
    properties = merge(local.platform_settings, local.gallerist_settings, local.scheduler_settings)
  }

  response_export_values = []
}

# a site is created with both policies
resource "azapi_update_resource" "publishing_by_password" {
  for_each = toset(["ftp", "scm"])

  type      = "Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01"
  parent_id = azapi_resource.app.id
  name      = each.value

  body = {
    properties = { allow = false }
  }

  response_export_values = []
}

# The group, not single categories: which of them a plan has differs, and Azure refuses one that it lacks.
resource "azapi_resource" "app_logs" {
  type      = "Microsoft.Insights/diagnosticSettings@2021-05-01-preview"
  parent_id = azapi_resource.app.id
  name      = "platform"

  body = {
    properties = {
      workspaceId = local.workspace_id
      logs        = [{ categoryGroup = "allLogs", enabled = true }]
    }
  }

  response_export_values = []
}
