# A page of the portal that shows how the migrations go, and the same queries in the query explorer of Log Analytics.

locals {
  queries = [
    for item in jsondecode(file("${path.module}/../workbook.json")).queries :
    merge(item, { query = replace(item.query, "{app}", azapi_resource.app.name) })
  ]
}

resource "azapi_resource" "workbook" {
  type      = "Microsoft.Insights/workbooks@2023-06-01"
  parent_id = azapi_resource.group.id
  name      = uuidv5(local.guids, join("-", [azapi_resource.group.id, local.suffix, "workbook"]))
  location  = var.location
  tags      = local.tags

  body = {
    kind = "shared"
    properties = {
      displayName = "Gallerist"
      category    = "workbook"
      sourceId    = local.workspace_id
      serializedData = jsonencode({
        version = "Notebook/1.0"
        items = [
          for item in local.queries : {
            type = 3
            name = item.name
            content = {
              version                 = "KqlItem/1.0"
              title                   = item.title
              query                   = item.query
              size                    = 0
              timeContext             = { durationMs = 604800000 }
              queryType               = 0
              resourceType            = "microsoft.operationalinsights/workspaces"
              crossComponentResources = [local.workspace_id]
              visualization           = item.visualization
            }
          }
        ]
        fallbackResourceIds = [local.workspace_id]
      })
    }
  }

  response_export_values = []
}

resource "azapi_resource" "query_pack" {
  type      = "Microsoft.OperationalInsights/queryPacks@2023-09-01"
  parent_id = azapi_resource.group.id
  name      = "pack-gallerist-${local.suffix}"
  location  = var.location
  tags      = local.tags

  body = {
    properties = {}
  }

  response_export_values = []
}

resource "azapi_resource" "saved_queries" {
  for_each = { for item in local.queries : item.name => item }

  type      = "Microsoft.OperationalInsights/queryPacks/queries@2023-09-01"
  parent_id = azapi_resource.query_pack.id
  name      = uuidv5(local.guids, join("-", [azapi_resource.group.id, local.suffix, each.key]))

  body = {
    properties = {
      displayName = "Gallerist: ${each.value.title}"
      body        = each.value.query
      related     = { resourceTypes = ["microsoft.operationalinsights/workspaces"] }
    }
  }

  response_export_values = []
}
