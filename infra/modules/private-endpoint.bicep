// A private endpoint of one resource, and the DNS zone in which the network resolves its name.
param name string
param location string
param tags object
param subnetId string
param virtualNetworkId string

@description('Resource id of the resource behind the endpoint.')
param targetId string

@description('Part of the resource: blob, queue, table or sites.')
param groupId string

@description('Private DNS zone of that part. It is created, and linked to the network.')
param zoneName string

@description('Resource id of a zone that exists and that the network uses already. Nothing is created then.')
param existingZoneId string

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = if (empty(existingZoneId)) {
  name: zoneName
  location: 'global'
  tags: tags

  resource link 'virtualNetworkLinks' = {
    name: 'gallerist'
    location: 'global'
    tags: tags
    properties: {
      registrationEnabled: false
      virtualNetwork: { id: virtualNetworkId }
    }
  }
}

resource endpoint 'Microsoft.Network/privateEndpoints@2024-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    subnet: { id: subnetId }
    privateLinkServiceConnections: [
      {
        name: groupId
        properties: { privateLinkServiceId: targetId, groupIds: [groupId] }
      }
    ]
  }

  resource zoneGroup 'privateDnsZoneGroups' = {
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        { name: groupId, properties: { privateDnsZoneId: empty(existingZoneId) ? zone.id : existingZoneId } }
      ]
    }
  }
}
