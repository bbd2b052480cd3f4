# The network of a private deployment: a subnet for the app and one for private endpoints, and the endpoints of storage and site.

locals {
  has_network        = var.existing_subnet_id != ""
  creates_network    = var.private_networking && !local.has_network
  network_name       = "vnet-gallerist-${local.suffix}"
  subnet_bits        = max(24, tonumber(split("/", var.address_prefix)[1]) + 1)
  app_subnet_id      = local.has_network ? var.existing_subnet_id : one([for network in azapi_resource.network : "${network.id}/subnets/app"])
  endpoint_subnet_id = local.has_network ? var.existing_endpoint_subnet_id : one([for network in azapi_resource.network : "${network.id}/subnets/endpoints"])
}

resource "azapi_resource" "network_rules" {
  for_each = toset(local.creates_network ? ["app", "endpoints"] : [])

  type      = "Microsoft.Network/networkSecurityGroups@2024-05-01"
  parent_id = azapi_resource.group.id
  name      = "${local.network_name}-${each.value}"
  location  = var.location
  tags      = local.tags

  response_export_values = []
}

resource "azapi_resource" "network" {
  count = local.creates_network ? 1 : 0

  type      = "Microsoft.Network/virtualNetworks@2024-05-01"
  parent_id = azapi_resource.group.id
  name      = local.network_name
  location  = var.location
  tags      = local.tags

  body = {
    properties = {
      addressSpace = { addressPrefixes = [var.address_prefix] }
      subnets = [
        {
          name = "app"
          properties = {
            addressPrefix        = cidrsubnet(var.address_prefix, local.subnet_bits - tonumber(split("/", var.address_prefix)[1]), 0)
            networkSecurityGroup = { id = azapi_resource.network_rules["app"].id }
            # Flex Consumption requires this delegation (documented)
            delegations = [
              { name = "flex-consumption", properties = { serviceName = "Microsoft.App/environments" } },
            ]
          }
        },
        {
          name = "endpoints"
          properties = {
            addressPrefix        = cidrsubnet(var.address_prefix, local.subnet_bits - tonumber(split("/", var.address_prefix)[1]), 1)
            networkSecurityGroup = { id = azapi_resource.network_rules["endpoints"].id }
          }
        },
      ]
    }
  }

  response_export_values = []
}

module "storage_endpoints" {
  source   = "./modules/private-endpoint"
  for_each = toset(var.private_networking ? ["blob", "queue", "table"] : [])

  name               = "pe-${each.value}-${local.suffix}"
  group_id           = azapi_resource.group.id
  location           = var.location
  tags               = local.tags
  subnet_id          = local.endpoint_subnet_id
  virtual_network_id = split("/subnets/", local.endpoint_subnet_id)[0]
  target_id          = azapi_resource.storage.id
  part               = each.value
  zone_name          = "privatelink.${each.value}.${local.cloud.storage}"
  existing_zone_id   = lookup(var.existing_private_dns_zone_ids, each.value, "")
}

module "site_endpoint" {
  source = "./modules/private-endpoint"
  count  = var.private_networking ? 1 : 0

  name               = "pe-site-${local.suffix}"
  group_id           = azapi_resource.group.id
  location           = var.location
  tags               = local.tags
  subnet_id          = local.endpoint_subnet_id
  virtual_network_id = split("/subnets/", local.endpoint_subnet_id)[0]
  target_id          = azapi_resource.app.id
  part               = "sites"
  zone_name          = local.cloud.sites
  existing_zone_id   = lookup(var.existing_private_dns_zone_ids, "sites", "")
}
