# Lets the identity read the managed images of every subscription below a management group, instead of one deployment for each. Apply it
# after the app. It sends no events: the sweep finds the images, or source-subscription/ sends the events of a subscription that has
# to start at once.

locals {
  role  = jsondecode(file("${path.module}/../../roles/image-reader.json"))
  scope = "/providers/Microsoft.Management/managementGroups/${var.management_group_id}"
}

resource "azapi_resource" "definition" {
  type      = "Microsoft.Authorization/roleDefinitions@2022-04-01"
  parent_id = local.scope
  # in the namespace of ARM's `guid`
  name = uuidv5("11fb06fb-712d-4ddd-98c7-e71bbd588830", join("-", [local.scope, var.environment_name, local.role.roleName]))

  body = {
    properties = {
      # the names of custom roles must be unique in a tenant (documented)
      roleName    = "${local.role.roleName} (${var.environment_name}, ${var.management_group_id})"
      description = local.role.description
      type        = "CustomRole"
      permissions = [{ actions = local.role.actions, notActions = [], dataActions = [], notDataActions = [] }]
      # a role with data actions could not be assigned on a management group (documented); this one has none
      assignableScopes = [local.scope]
    }
  }

  response_export_values = []
}

resource "azapi_resource" "assignment" {
  type      = "Microsoft.Authorization/roleAssignments@2022-04-01"
  parent_id = local.scope
  # in the namespace of ARM's `guid`
  name = uuidv5("11fb06fb-712d-4ddd-98c7-e71bbd588830", join("-", [local.scope, var.principal_id, local.role.roleName]))

  body = {
    properties = {
      roleDefinitionId = azapi_resource.definition.id
      principalId      = var.principal_id
      principalType    = "ServicePrincipal"
    }
  }

  response_export_values = []
}
