# Makes what infra/main.bicep makes: everything that Gallerist needs in one subscription, except the event subscriptions. Event Grid
# checks that the function answers, so events/ creates them after the code is published.
#
# Every body is the one that Bicep sends (tests/contract/infra/test_terraform.py). Of what Azure creates by itself, such as the blob
# service of an account, `azapi_resource` would say that it exists already: that is updated instead.

data "azapi_client_config" "current" {}

locals {
  subscription_scope = "/subscriptions/${data.azapi_client_config.current.subscription_id}"
  # Terraform has no uniqueString, so the names differ from those of a deployment with Bicep
  suffix = substr(sha256(join("-", [local.subscription_scope, var.environment_name, var.location])), 0, 13)
  # the namespace in which ARM's `guid` makes its names
  guids = "11fb06fb-712d-4ddd-98c7-e71bbd588830"
  tags  = merge(var.resource_tags, { "azd-env-name" = var.environment_name })

  gallery_ids = split(",", replace(var.gallery_ids, " ", ""))
  parts       = compact(split(",", lower(replace(var.parts, " ", ""))))

  clouds = {
    public = {
      login   = "https://login.microsoftonline.com/"
      storage = "core.windows.net"
      sites   = "privatelink.azurewebsites.net"
      places  = ["emea-nl-ams-azr", "us-va-ash-azr", "apac-sg-sin-azr"]
    }
    usgovernment = {
      login   = "https://login.microsoftonline.us/"
      storage = "core.usgovcloudapi.net"
      sites   = "privatelink.azurewebsites.us"
      places  = ["usgov-va-azr", "usgov-phx-azr", "usgov-tx-azr"]
    }
    china = {
      login   = "https://login.chinacloudapi.cn/"
      storage = "core.chinacloudapi.cn"
      sites   = "privatelink.chinacloudsites.cn"
      places  = ["mc-cne-azr", "mc-cne2-azr", "mc-cnn-azr"]
    }
  }
  cloud = local.clouds[var.cloud]
}

resource "azapi_resource" "group" {
  type      = "Microsoft.Resources/resourceGroups@2024-03-01"
  parent_id = local.subscription_scope
  name      = var.resource_group_name == "" ? "rg-${var.environment_name}" : var.resource_group_name
  location  = var.location
  tags      = local.tags

  response_export_values = []
}

# The identity that the app uses for ARM, its storage, its telemetry and its scheduler.
resource "azapi_resource" "identity" {
  type      = "Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31"
  parent_id = azapi_resource.group.id
  name      = "id-gallerist-${local.suffix}"
  location  = var.location
  tags      = local.tags

  response_export_values = ["properties.clientId", "properties.principalId"]
}

locals {
  client_id    = azapi_resource.identity.output.properties.clientId
  principal_id = azapi_resource.identity.output.properties.principalId
}

module "image_reader" {
  source = "./modules/subscription-role"

  role               = jsondecode(file("${path.module}/../roles/image-reader.json"))
  subscription_scope = local.subscription_scope
  environment_name   = var.environment_name
  principal_id       = local.principal_id
}

module "gallery_roles" {
  source = "./modules/gallery-roles"

  subscription_scope = local.subscription_scope
  environment_name   = var.environment_name
  principal_id       = local.principal_id
  gallery_ids        = local.gallery_ids
}

module "part_roles" {
  source = "./modules/part-roles"

  subscription_scope   = local.subscription_scope
  environment_name     = var.environment_name
  principal_id         = local.principal_id
  tags                 = local.tags
  parts                = local.parts
  gallery_ids          = local.gallery_ids
  proof_location       = var.location
  proof_resource_group = var.proof_resource_group
  proof_subnet_ids     = var.proof_subnet_ids
  repoint_group_ids    = var.repoint_group_ids
  notify_topic_ids     = var.notify_topic_ids
}

module "system_topic" {
  source = "./modules/system-topic"
  count  = var.existing_system_topic_id == "" ? 1 : 0

  name               = "evgt-gallerist-${local.suffix}"
  group_id           = azapi_resource.group.id
  subscription_scope = local.subscription_scope
  tags               = local.tags
  logs               = true
  workspace_id       = local.workspace_id
}

locals {
  system_topic_id = var.existing_system_topic_id == "" ? one(module.system_topic[*].id) : var.existing_system_topic_id
}
