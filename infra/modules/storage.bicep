// The app's own storage: its package, its evidence, the host's locks and keys, and Durable Functions' queues and tables.
// Shared keys are off: every request needs an Entra token.
@minLength(3)
@maxLength(24)
param name string
param location string
param tags object
param principalId string
@allowed(['Enabled', 'Disabled'])
param publicNetworkAccess string

@description('Redundancy of the account. Not every region has zones.')
@allowed(['Standard_ZRS', 'Standard_LRS', 'Standard_GRS', 'Standard_GZRS'])
param skuName string

@description('Days after which the former content of a blob is deleted.')
param keepVersionsDays int = 30

var packageContainer = 'packages'
var policyContainer = 'policy'
var evidenceContainer = 'evidence'

// the Functions host and Durable Functions need these roles on their storage (documented)
var roles = {
  blobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  queueDataContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  tableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
}

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: skuName }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: publicNetworkAccess
    networkAcls: {
      // without a virtual network, an app on Flex Consumption has no fixed address that a rule could allow
      defaultAction: publicNetworkAccess == 'Enabled' ? 'Allow' : 'Deny'
      bypass: 'AzureServices'
    }
  }

  resource blobs 'blobServices' = {
    name: 'default'
    properties: {
      // whoever may change a policy can overwrite it, and the former one is still there
      isVersioningEnabled: true
      deleteRetentionPolicy: { enabled: true, days: 7 }
      containerDeleteRetentionPolicy: { enabled: true, days: 7 }
    }

    resource packages 'containers' = {
      name: packageContainer
      properties: { publicAccess: 'None' }
    }

    resource policies 'containers' = {
      name: policyContainer
      properties: { publicAccess: 'None' }
    }

    resource evidence 'containers' = {
      name: evidenceContainer
      properties: { publicAccess: 'None' }
    }
  }

  // the host and Durable Functions overwrite their blobs all the time
  resource versions 'managementPolicies' = {
    name: 'default'
    dependsOn: [blobs]
    properties: {
      policy: {
        rules: [
          {
            name: 'forget-versions'
            enabled: true
            type: 'Lifecycle'
            definition: {
              filters: { blobTypes: ['blockBlob'] }
              actions: { version: { delete: { daysAfterCreationGreaterThan: keepVersionsDays } } }
            }
          }
        ]
      }
    }
  }
}

resource assignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in items(roles): {
    name: guid(account.id, principalId, role.value)
    scope: account
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.value)
      principalId: principalId
      principalType: 'ServicePrincipal'
    }
  }
]

output id string = account.id
output endpoints object = {
  blob: account.properties.primaryEndpoints.blob
  queue: account.properties.primaryEndpoints.queue
  table: account.properties.primaryEndpoints.table
}
output policyContainerUrl string = '${account.properties.primaryEndpoints.blob}${policyContainer}'
output evidenceContainerUrl string = '${account.properties.primaryEndpoints.blob}${evidenceContainer}'
output packageContainerUrl string = '${account.properties.primaryEndpoints.blob}${packageContainer}'
