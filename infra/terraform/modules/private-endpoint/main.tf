# A private endpoint of one resource, and the DNS zone in which the network resolves its name.

variable "name" {
  description = "Name of the endpoint."
  type        = string
}

variable "group_id" {
  description = "Resource id of the resource group."
  type        = string
}

variable "location" {
  description = "Region of the endpoint."
  type        = string
}

variable "tags" {
  description = "Tags of the endpoint and its zone."
  type        = map(string)
}

variable "subnet_id" {
  description = "Resource id of the subnet of the endpoint."
  type        = string
}

variable "virtual_network_id" {
  description = "Resource id of the network that resolves the name."
  type        = string
}

variable "target_id" {
  description = "Resource id of the resource behind the endpoint."
  type        = string
}

variable "part" {
  description = "Part of the resource: blob, queue, table or sites."
  type        = string
}

variable "zone_name" {
  description = "Private DNS zone of that part. It is created, and linked to the network."
  type        = string
}

variable "existing_zone_id" {
  description = "Resource id of a zone that exists and that the network uses already. Nothing is created then."
  type        = string
}

resource "azapi_resource" "zone" {
  count = var.existing_zone_id == "" ? 1 : 0

  type      = "Microsoft.Network/privateDnsZones@2024-06-01"
  parent_id = var.group_id
  name      = var.zone_name
  location  = "global"
  tags      = var.tags

  response_export_values = []
}

resource "azapi_resource" "link" {
  count = var.existing_zone_id == "" ? 1 : 0

  type      = "Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01"
  parent_id = azapi_resource.zone[0].id
  name      = "gallerist"
  location  = "global"
  tags      = var.tags

  body = {
    properties = {
      registrationEnabled = false
      virtualNetwork      = { id = var.virtual_network_id }
    }
  }

  response_export_values = []
}

resource "azapi_resource" "endpoint" {
  type      = "Microsoft.Network/privateEndpoints@2024-05-01"
  parent_id = var.group_id
  name      = var.name
  location  = var.location
  tags      = var.tags

  body = {
    properties = {
      subnet = { id = var.subnet_id }
      privateLinkServiceConnections = [
        {
          name       = var.part
          properties = { privateLinkServiceId = var.target_id, groupIds = [var.part] }
        },
      ]
    }
  }

  response_export_values = []
}

resource "azapi_resource" "zone_group" {
  type      = "Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01"
  parent_id = azapi_resource.endpoint.id
  name      = "default"

  body = {
    properties = {
      privateDnsZoneConfigs = [
        {
          name       = var.part
          properties = { privateDnsZoneId = var.existing_zone_id == "" ? one(azapi_resource.zone[*].id) : var.existing_zone_id }
        },
      ]
    }
  }

  response_export_values = []
}
