// Subnets and private DNS zones that a network team made, tags, a workspace and a group of one's own, no shared keys.
using '../main.bicep'

param environmentName = 'prod'
param location = 'westeurope'
param galleryIds = '/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/images/providers/Microsoft.Compute/galleries/golden'
param privateNetworking = true
param existingSubnetId = '/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/network/providers/Microsoft.Network/virtualNetworks/spoke/subnets/gallerist'
param existingEndpointSubnetId = '/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/network/providers/Microsoft.Network/virtualNetworks/spoke/subnets/endpoints'
param existingPrivateDnsZoneIds = {
  blob: '/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/network/providers/Microsoft.Network/privateDnsZones/privatelink.blob.core.windows.net'
  queue: '/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/network/providers/Microsoft.Network/privateDnsZones/privatelink.queue.core.windows.net'
  table: '/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/network/providers/Microsoft.Network/privateDnsZones/privatelink.table.core.windows.net'
  sites: '/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/network/providers/Microsoft.Network/privateDnsZones/privatelink.azurewebsites.net'
}
param resourceGroupName = 'images-migration'
param resourceTags = { costCenter: '4711' }
param workspaceResourceId = '/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/logs/providers/Microsoft.OperationalInsights/workspaces/central'
param storageSku = 'Standard_LRS'
param deadLetters = false
param alwaysReadyInstances = 1
