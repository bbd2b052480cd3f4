# Logs and traces. The app writes them with its identity; a connection string alone is not enough.

locals {
  monitoring_metrics_publisher = "3913510d-42f4-4e42-8a64-420c390055eb"
  workspace_id                 = var.workspace_resource_id == "" ? one(azapi_resource.workspace[*].id) : var.workspace_resource_id
}

resource "azapi_resource" "workspace" {
  count = var.workspace_resource_id == "" ? 1 : 0

  type      = "Microsoft.OperationalInsights/workspaces@2023-09-01"
  parent_id = azapi_resource.group.id
  name      = "log-gallerist-${local.suffix}"
  location  = var.location
  tags      = local.tags

  body = {
    properties = {
      sku             = { name = "PerGB2018" }
      retentionInDays = 30
    }
  }

  response_export_values = []
}

resource "azapi_resource" "insights" {
  type      = "Microsoft.Insights/components@2020-02-02"
  parent_id = azapi_resource.group.id
  name      = "appi-gallerist-${local.suffix}"
  location  = var.location
  tags      = local.tags

  body = {
    kind = "web"
    properties = {
      Application_Type    = "web"
      WorkspaceResourceId = local.workspace_id
      DisableLocalAuth    = true
    }
  }

  response_export_values = ["properties.ConnectionString"]
}

resource "azapi_resource" "insights_assignment" {
  type      = "Microsoft.Authorization/roleAssignments@2022-04-01"
  parent_id = azapi_resource.insights.id
  name = uuidv5(local.guids, join("-", [
    azapi_resource.insights.id, local.principal_id, local.monitoring_metrics_publisher,
  ]))

  body = {
    properties = {
      roleDefinitionId = "${local.subscription_scope}/providers/Microsoft.Authorization/roleDefinitions/${local.monitoring_metrics_publisher}"
      principalId      = local.principal_id
      principalType    = "ServicePrincipal"
    }
  }

  response_export_values = []
}
