# Assigns a role to the identity on one resource or resource group.

variable "scope" {
  description = "Resource id of what the role is assigned on."
  type        = string
}

variable "role_definition_id" {
  description = "Resource id of the role."
  type        = string
}

variable "principal_id" {
  description = "Object id of the identity."
  type        = string
}

resource "azapi_resource" "assignment" {
  type      = "Microsoft.Authorization/roleAssignments@2022-04-01"
  parent_id = var.scope
  # in the namespace of ARM's `guid`
  name = uuidv5("11fb06fb-712d-4ddd-98c7-e71bbd588830", join("-", [var.scope, var.principal_id, var.role_definition_id]))

  body = {
    properties = {
      roleDefinitionId = var.role_definition_id
      principalId      = var.principal_id
      principalType    = "ServicePrincipal"
    }
  }

  response_export_values = []
}
