// Everything that one Gallerist needs in one subscription, except the event subscription: that one needs the code to be
// there, and is made by events.bicep after the deployment of the code.
targetScope = 'subscription'

@description('Name of the azd environment; part of the names of all resources.')
@minLength(1)
@maxLength(32)
param environmentName string

@description('Region of the function app and its storage; it has to offer Flex Consumption.')
@metadata({ azd: { type: 'location' } })
param location string

@description('Python of the function app.')
@allowed(['3.11', '3.12', '3.13'])
param pythonVersion string = '3.12'

@description('Memory of an instance of the function app, in MB.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('How many instances the function app may scale out to.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Where Durable Functions keeps its state: the storage account, or a Durable Task Scheduler (for thousands of images at once).')
@allowed(['storage', 'scheduler'])
param durableBackend string = 'storage'

@description('Target galleries in this subscription, as resource ids separated by commas. Gallerist may write into these and no others.')
@minLength(1)
param galleryIds string

@description('Subscriptions whose images and galleries the API lists, separated by commas; empty means this one.')
param subscriptions string = ''

@description('The policy, as a path inside the package.')
param policyFile string = 'policy.yaml'

@description('The policy, as the URL of a blob that the app may read; empty means the file in the package.')
param policyBlob string = ''

@description('When the sweep looks for images that no event told of: NCRONTAB, six fields.')
param sweepSchedule string = '0 17 * * * *'

@description('After how many days migrations and batches that have ended are forgotten; 0 keeps them for ever.')
@minValue(0)
param keepDays int = 90

@description('Another ARM endpoint than that of the cloud deployed to; empty for the cloud\'s own.')
param armEndpoint string = ''

@description('The audience of tokens for that endpoint; empty for the cloud\'s own.')
param armAudience string = ''

@description('Storage is reached over private endpoints only, and the HTTP API from the virtual network and from Event Grid only.')
param privateNetworking bool = false

@description('Application (client) id of an Entra app registration that callers of the HTTP API need a token for; empty for function keys alone.')
param entraClientId string = ''

@description('Resource id of the Event Grid system topic that this subscription has already (there can be one only); empty makes one.')
param existingSystemTopicId string = ''

@description('Who gets the alerts by mail; empty for alerts that are only shown in the portal.')
param alertEmail string = ''

@description('After how many hours a migration that has not ended counts as stuck. Longer than the policy\'s replication deadline.')
@minValue(1)
@maxValue(47)
param stuckAfterHours int = 26

var suffix = toLower(uniqueString(subscription().id, environmentName, location))
var tags = { 'azd-env-name': environmentName }
var cloudNames = {
  AzureCloud: 'public'
  AzureUSGovernment: 'usgovernment'
  AzureChinaCloud: 'china'
}

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  name: 'identity'
  scope: group
  params: {
    name: 'id-gallerist-${suffix}'
    location: location
    tags: tags
  }
}

module network 'modules/network.bicep' = if (privateNetworking) {
  name: 'network'
  scope: group
  params: {
    name: 'vnet-gallerist-${suffix}'
    location: location
    tags: tags
  }
}

module storage 'modules/storage.bicep' = {
  name: 'storage'
  scope: group
  params: {
    name: 'stgal${suffix}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
    publicNetworkAccess: privateNetworking ? 'Disabled' : 'Enabled'
  }
}

module storageEndpoints 'modules/private-endpoint.bicep' = [
  for service in ['blob', 'queue', 'table']: if (privateNetworking) {
    name: 'private-endpoint-${service}'
    scope: group
    params: {
      name: 'pe-${service}-${suffix}'
      location: location
      tags: tags
      subnetId: network.?outputs.endpointSubnetId ?? ''
      virtualNetworkId: network.?outputs.virtualNetworkId ?? ''
      targetId: storage.outputs.id
      groupId: service
      zoneName: 'privatelink.${service}.${environment().suffixes.storage}'
    }
  }
]

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    suffix: suffix
    location: location
    tags: tags
    principalId: identity.outputs.principalId
  }
}

module scheduler 'modules/durable-task-scheduler.bicep' = if (durableBackend == 'scheduler') {
  name: 'durable-task-scheduler'
  scope: group
  params: {
    name: 'dts-gallerist-${suffix}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
  }
}

module functionApp 'modules/function-app.bicep' = {
  name: 'function-app'
  scope: group
  // the app does not start before its storage can be reached
  dependsOn: [storageEndpoints]
  params: {
    name: 'func-gallerist-${suffix}'
    planName: 'plan-gallerist-${suffix}'
    location: location
    tags: tags
    pythonVersion: pythonVersion
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    storage: storage.outputs.endpoints
    packageContainerUrl: storage.outputs.packageContainerUrl
    applicationInsightsConnectionString: monitoring.outputs.connectionString
    scheduler: {
      endpoint: scheduler.?outputs.endpoint ?? ''
      taskHub: scheduler.?outputs.taskHub ?? ''
    }
    subnetId: network.?outputs.appSubnetId ?? ''
    galleristSettings: {
      GALLERIST_CLOUD: cloudNames[environment().name]
      GALLERIST_ARM_ENDPOINT: armEndpoint
      GALLERIST_ARM_AUDIENCE: armAudience
      GALLERIST_SUBSCRIPTIONS: empty(subscriptions) ? subscription().subscriptionId : subscriptions
      GALLERIST_POLICY_FILE: empty(policyBlob) ? policyFile : ''
      GALLERIST_POLICY_BLOB: policyBlob
      GALLERIST_SWEEP_SCHEDULE: sweepSchedule
      GALLERIST_KEEP_DAYS: string(keepDays)
    }
  }
}

module entra 'modules/entra.bicep' = if (!empty(entraClientId)) {
  name: 'entra'
  scope: group
  params: {
    functionAppName: functionApp.outputs.name
    clientId: entraClientId
  }
}

module siteEndpoint 'modules/private-endpoint.bicep' = if (privateNetworking) {
  name: 'private-endpoint-site'
  scope: group
  params: {
    name: 'pe-site-${suffix}'
    location: location
    tags: tags
    subnetId: network.?outputs.endpointSubnetId ?? ''
    virtualNetworkId: network.?outputs.virtualNetworkId ?? ''
    targetId: functionApp.outputs.id
    groupId: 'sites'
    zoneName: 'privatelink.azurewebsites.net'
  }
}

module imageReader 'modules/subscription-role.bicep' = {
  name: 'image-reader'
  params: {
    role: loadJsonContent('roles/image-reader.json')
    environmentName: environmentName
    principalId: identity.outputs.principalId
  }
}

module galleryAccess 'modules/gallery-roles.bicep' = {
  name: 'gallery-roles'
  params: {
    environmentName: environmentName
    principalId: identity.outputs.principalId
    galleryIds: split(replace(galleryIds, ' ', ''), ',')
  }
}

module deadLetters 'modules/dead-letters.bicep' = {
  name: 'dead-letters'
  scope: group
  params: {
    name: 'stdead${suffix}'
    location: location
    tags: tags
  }
}

module systemTopic 'modules/system-topic.bicep' = if (empty(existingSystemTopicId)) {
  name: 'system-topic'
  scope: group
  params: {
    name: 'evgt-gallerist-${suffix}'
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
  }
}

var systemTopicId = empty(existingSystemTopicId) ? systemTopic.?outputs.id ?? '' : existingSystemTopicId

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  scope: group
  params: {
    suffix: suffix
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    functionAppName: functionApp.outputs.name
    systemTopicId: systemTopicId
    email: alertEmail
    stuckAfterHours: stuckAfterHours
  }
}

@description('Where the HTTP API is.')
output GALLERIST_API_URL string = 'https://${functionApp.outputs.hostName}/api'
@description('The function app that the code is deployed to.')
output AZURE_FUNCTION_APP_NAME string = functionApp.outputs.name
@description('The function app\'s resource id; further source subscriptions send their events to it.')
output AZURE_FUNCTION_APP_ID string = functionApp.outputs.id
output AZURE_RESOURCE_GROUP string = group.name
output AZURE_LOCATION string = location
output AZURE_TENANT_ID string = tenant().tenantId
@description('Object id of the identity; further subscriptions give it their roles.')
output GALLERIST_PRINCIPAL_ID string = identity.outputs.principalId
@description('The storage account that keeps the events which could not be delivered.')
output GALLERIST_DEAD_LETTER_STORAGE_ID string = deadLetters.outputs.id
@description('The app\'s own storage account.')
output GALLERIST_STORAGE_ACCOUNT_ID string = storage.outputs.id
@description('URL of a container of that account which the app may read a policy from.')
output GALLERIST_POLICY_CONTAINER_URL string = storage.outputs.policyContainerUrl
@description('The Event Grid system topic that the event subscription is made on.')
output GALLERIST_SYSTEM_TOPIC_ID string = systemTopicId
