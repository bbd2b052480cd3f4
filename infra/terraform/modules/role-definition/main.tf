# Defines a custom role from a file in infra/roles/ for one subscription.

variable "role" {
  description = "Content of a file in infra/roles/: roleName, description, actions, and dataActions if it has any."
  type = object({
    roleName    = string
    description = string
    actions     = list(string)
    dataActions = optional(list(string), [])
  })
}

variable "subscription_scope" {
  description = "Resource id of the subscription."
  type        = string
}

variable "environment_name" {
  description = "Name of the environment."
  type        = string
}

resource "azapi_resource" "definition" {
  type      = "Microsoft.Authorization/roleDefinitions@2022-04-01"
  parent_id = var.subscription_scope
  # in the namespace of ARM's `guid`
  name = uuidv5("11fb06fb-712d-4ddd-98c7-e71bbd588830", join("-", [var.subscription_scope, var.environment_name, var.role.roleName]))

  body = {
    properties = {
      # the names of custom roles must be unique in a tenant (documented)
      roleName    = "${var.role.roleName} (${var.environment_name}, ${substr(split("/", var.subscription_scope)[2], 0, 8)})"
      description = var.role.description
      type        = "CustomRole"
      permissions = [
        { actions = var.role.actions, notActions = [], dataActions = var.role.dataActions, notDataActions = [] },
      ]
      assignableScopes = [var.subscription_scope]
    }
  }

  response_export_values = []
}

output "id" {
  description = "Resource id of the role."
  value       = azapi_resource.definition.id
}
