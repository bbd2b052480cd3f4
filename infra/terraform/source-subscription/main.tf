# Adds a subscription with managed images: lets the identity read them, sends their events to the function, and gives the roles of the
# parts that are switched on. Apply it after the app and its code.

data "azapi_client_config" "current" {}

locals {
  subscription_scope = "/subscriptions/${var.subscription_id == "" ? data.azapi_client_config.current.subscription_id : var.subscription_id}"
  tags               = merge(var.resource_tags, { "azd-env-name" = var.environment_name })
  creates_topic      = var.existing_system_topic_id == ""
  system_topic_id    = local.creates_topic ? one(module.system_topic[*].id) : var.existing_system_topic_id
  # Terraform has no `uniqueString`
  suffix = substr(sha256(join("-", [local.subscription_scope, var.environment_name, var.location])), 0, 13)
}

module "image_reader" {
  source = "../modules/subscription-role"

  role               = jsondecode(file("${path.module}/../../roles/image-reader.json"))
  subscription_scope = local.subscription_scope
  environment_name   = var.environment_name
  principal_id       = var.principal_id
}

module "part_roles" {
  source = "../modules/part-roles"

  subscription_scope = local.subscription_scope
  environment_name   = var.environment_name
  principal_id       = var.principal_id
  parts              = compact(split(",", lower(replace(var.parts, " ", ""))))
  not_here           = ["verify", "retention", "notify"]
  repoint_group_ids  = var.repoint_group_ids
}

resource "azapi_resource" "group" {
  type      = "Microsoft.Resources/resourceGroups@2024-03-01"
  parent_id = local.subscription_scope
  name      = "rg-${var.environment_name}-events"
  location  = var.location
  tags      = local.tags

  response_export_values = []
}

module "system_topic" {
  source = "../modules/system-topic"
  count  = local.creates_topic ? 1 : 0

  name               = "evgt-${var.environment_name}"
  group_id           = azapi_resource.group.id
  subscription_scope = local.subscription_scope
  tags               = local.tags
  logs               = var.workspace_resource_id != ""
  workspace_id       = var.workspace_resource_id
}

module "images" {
  source = "../modules/image-events"

  system_topic_id        = local.system_topic_id
  function_app_id        = var.function_app_id
  dead_letter_storage_id = var.dead_letter_storage_id
  environment_name       = var.environment_name
}

module "mail" {
  source = "../modules/action-group"
  count  = var.alert_email == "" ? 0 : 1

  group_id = azapi_resource.group.id
  suffix   = local.suffix
  tags     = local.tags
  email    = var.alert_email
}

module "event_alerts" {
  source = "../modules/event-alerts"

  group_id                = azapi_resource.group.id
  suffix                  = local.suffix
  tags                    = local.tags
  system_topic_id         = local.system_topic_id
  event_subscription_name = "gallerist-images-${var.environment_name}"
  action_groups           = module.mail[*].id
}
