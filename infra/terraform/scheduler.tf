# The Durable backend for thousands of images: a Durable Task Scheduler with one task hub. The app uses it with its identity.

locals {
  has_scheduler                 = var.durable_backend == "scheduler"
  durable_task_data_contributor = "0ad04412-c4d5-4796-b79c-f76d14c8d402"
}

resource "azapi_resource" "scheduler" {
  count = local.has_scheduler ? 1 : 0

  type      = "Microsoft.DurableTask/schedulers@2025-11-01"
  parent_id = azapi_resource.group.id
  name      = "dts-gallerist-${local.suffix}"
  location  = var.location
  tags      = local.tags

  body = {
    properties = {
      sku         = { name = "Consumption" }
      ipAllowlist = var.scheduler_addresses
    }
  }

  response_export_values = ["properties.endpoint"]
}

resource "azapi_resource" "task_hub" {
  count = local.has_scheduler ? 1 : 0

  type      = "Microsoft.DurableTask/schedulers/taskHubs@2025-11-01"
  parent_id = azapi_resource.scheduler[0].id
  name      = "gallerist"

  response_export_values = []
}

resource "azapi_resource" "scheduler_retention" {
  count = local.has_scheduler ? 1 : 0

  type      = "Microsoft.DurableTask/schedulers/retentionPolicies@2025-11-01"
  parent_id = azapi_resource.scheduler[0].id
  name      = "default"

  body = {
    properties = {
      # for ever is not possible there; 90 is the most that the scheduler keeps (documented)
      retentionPolicies = [{ retentionPeriodInDays = var.keep_days == 0 ? 90 : max(1, min(var.keep_days, 90)) }]
    }
  }

  response_export_values = []
}

resource "azapi_resource" "scheduler_logs" {
  count = local.has_scheduler ? 1 : 0

  type      = "Microsoft.Insights/diagnosticSettings@2021-05-01-preview"
  parent_id = azapi_resource.scheduler[0].id
  name      = "scheduler"

  body = {
    properties = {
      workspaceId                 = local.workspace_id
      logAnalyticsDestinationType = "Dedicated"
      logs                        = [{ categoryGroup = "allLogs", enabled = true }]
    }
  }

  response_export_values = []
}

resource "azapi_resource" "scheduler_assignment" {
  count = local.has_scheduler ? 1 : 0

  type      = "Microsoft.Authorization/roleAssignments@2022-04-01"
  parent_id = azapi_resource.scheduler[0].id
  name = uuidv5(local.guids, join("-", [
    azapi_resource.scheduler[0].id, local.principal_id, local.durable_task_data_contributor,
  ]))

  body = {
    properties = {
      roleDefinitionId = "${local.subscription_scope}/providers/Microsoft.Authorization/roleDefinitions/${local.durable_task_data_contributor}"
      principalId      = local.principal_id
      principalType    = "ServicePrincipal"
    }
  }

  response_export_values = []
}
