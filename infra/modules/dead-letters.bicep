// Storage for events that could not be delivered. It is a separate account because it must accept shared keys: the system topic of
// a subscription is global, a global topic cannot have an identity (documented), and without one Event Grid writes with a key.
@minLength(3)
@maxLength(24)
param name string
param location string
param tags object

@description('Days after which a dead letter is deleted. By then the sweep has found its image.')
param keepDays int = 30

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: true
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: 'Enabled'
    networkAcls: {
      defaultAction: 'Deny'
      // Event Grid is one of the trusted services
      bypass: 'AzureServices'
    }
  }

  resource blobs 'blobServices' = {
    name: 'default'

    resource container 'containers' = {
      name: 'dead-letters'
      properties: { publicAccess: 'None' }
    }
  }

  resource retention 'managementPolicies' = {
    name: 'default'
    properties: {
      policy: {
        rules: [
          {
            name: 'forget-dead-letters'
            enabled: true
            type: 'Lifecycle'
            definition: {
              filters: { blobTypes: ['blockBlob'], prefixMatch: ['dead-letters/'] }
              actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: keepDays } } }
            }
          }
        ]
      }
    }
  }
}

output id string = account.id
