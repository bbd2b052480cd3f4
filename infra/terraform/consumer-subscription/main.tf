# Gives the roles of the parts that are switched on in a subscription that has neither images to migrate nor target galleries, but
# machines that may use them. Apply it after the app.

data "azapi_client_config" "current" {}

locals {
  subscription_scope = "/subscriptions/${var.subscription_id == "" ? data.azapi_client_config.current.subscription_id : var.subscription_id}"
}

module "part_roles" {
  source = "../modules/part-roles"

  subscription_scope = local.subscription_scope
  environment_name   = var.environment_name
  principal_id       = var.principal_id
  parts              = compact(split(",", lower(replace(var.parts, " ", ""))))
  not_here           = ["verify", "retire", "retention", "notify"]
  repoint_group_ids  = var.repoint_group_ids
}
