# Defines a custom role from a file in infra/roles/ for one subscription, and assigns it to the identity there.

variable "role" {
  description = "Content of a file in infra/roles/: roleName, description, actions."
  type = object({
    roleName    = string
    description = string
    actions     = list(string)
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

variable "principal_id" {
  description = "Object id of the identity."
  type        = string
}

module "definition" {
  source = "../role-definition"

  role               = var.role
  subscription_scope = var.subscription_scope
  environment_name   = var.environment_name
}

resource "azapi_resource" "assignment" {
  type      = "Microsoft.Authorization/roleAssignments@2022-04-01"
  parent_id = var.subscription_scope
  # in the namespace of ARM's `guid`
  name = uuidv5("11fb06fb-712d-4ddd-98c7-e71bbd588830", join("-", [var.subscription_scope, var.principal_id, var.role.roleName]))

  body = {
    properties = {
      roleDefinitionId = module.definition.id
      principalId      = var.principal_id
      principalType    = "ServicePrincipal"
    }
  }

  response_export_values = []
}
