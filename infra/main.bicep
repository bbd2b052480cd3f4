// Creates everything that Gallerist needs in one subscription, except the event subscriptions: Event Grid checks that the
// function answers, so events.bicep creates them after the code is deployed.
targetScope = 'subscription'

@description('Name of the azd environment. It is part of the names of all resources.')
@minLength(1)
@maxLength(32)
param environmentName string

@description('Region of the function app and its storage. It must offer Flex Consumption.')
@metadata({ azd: { type: 'location' } })
param location string

@description('Python version of the function app.')
@allowed(['3.11', '3.12', '3.13'])
param pythonVersion string = '3.12'

@description('Memory of each instance of the function app, in MB.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('Maximum number of instances of the function app. Flex Consumption took no less than 40 for long.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Where Durable Functions stores its state: in the storage account, or in a Durable Task Scheduler (for thousands of images at once).')
@allowed(['storage', 'scheduler'])
param durableBackend string = 'storage'

@description('Redundancy of the app\'s storage. Choose Standard_LRS in a region without zone-redundant storage.')
@allowed(['Standard_ZRS', 'Standard_LRS', 'Standard_GRS', 'Standard_GZRS'])
param storageSku string = 'Standard_ZRS'

@description('Resource ids of the target galleries in this subscription, separated by commas. Gallerist can write only into these.')
@minLength(1)
param galleryIds string

@description('Ids of the subscriptions that the sweep checks and whose images and galleries the API lists, separated by commas. Empty means this subscription.')
param subscriptions string = ''

@description('Path of the policy inside the package.')
param policyFile string = 'policy.yaml'

@description('URL of a blob with the policy that the app can read. Empty means the file in the package.')
param policyBlob string = ''

@description('Tags of every resource.')
param resourceTags object = {}

@description('Name of the resource group, which is created unless it exists. One environment for each group. Empty means rg-<environment>.')
param resourceGroupName string = ''

@description('Resource id of a Log Analytics workspace for logs and traces. Empty creates one.')
param workspaceResourceId string = ''

@description('How many instances are always ready. Each has its price.')
@minValue(0)
@maxValue(20)
param alwaysReadyInstances int = 0

@description('When the sweep runs, which finds images whose events were lost. NCRONTAB with six fields.')
param sweepSchedule string = '0 17 * * * *'

@description('How often migrations and batches are continued that a dead worker interrupted. NCRONTAB with six fields.')
param recoverySchedule string = '0 */2 * * * *'

@description('When machines are looked for that proofs left behind. NCRONTAB with six fields.')
param proofSweepSchedule string = '0 47 * * * *'

@description('When the retention of versions starts. NCRONTAB with six fields.')
param retentionSchedule string = '0 12 4 * * *'

@description('How many days the history of ended migrations and batches is kept. 0 keeps it for ever.')
@minValue(0)
param keepDays int = 90

@description('Hosts that notices may be sent to, as in the policy\'s webhooks, separated by commas.')
param webhookHosts string = ''

@description('Whether callers with a function key alone may approve, promote, re-point and freeze. A key names nobody.')
param allowKeysToApprove bool = false

@description('ARM endpoint. Empty means that of the cloud of the deployment.')
param armEndpoint string = ''

@description('Audience of the tokens for that endpoint. Empty means that of the cloud.')
param armAudience string = ''

@description('Whether storage accepts only private endpoints, and the HTTP API only the virtual network and Event Grid.')
param privateNetworking bool = false

@description('Address range of the virtual network, of 26 bits or fewer.')
param addressPrefix string = '10.40.0.0/16'

@description('Resource id of the subnet that the app sends from, delegated to Microsoft.App/environments. Belongs together with existingEndpointSubnetId. Empty creates a network.')
param existingSubnetId string = ''

@description('Resource id of the subnet for the private endpoints, in the same network. Empty creates a network.')
param existingEndpointSubnetId string = ''

@description('Resource ids of private DNS zones, with the keys blob, queue, table and sites. A zone without a key here is created.')
param existingPrivateDnsZoneIds object = {}

@description('Addresses that can reach the Durable Task Scheduler.')
param schedulerAddresses array = ['0.0.0.0/0']

@description('Application (client) id of an Entra app registration. Callers of the HTTP API then need a token for it. Empty means function keys alone.')
param entraClientId string = ''

@description('Client ids of the applications whose tokens are accepted. Empty accepts every application of the tenant.')
param allowedApplications array = []

@description('Object ids of the people, managed identities and service principals that may call. Empty lets everybody call who can get a token.')
param allowedPrincipals array = []

@description('Resource id of the Event Grid system topic of this subscription, if it has one (it can have only one). Empty creates one.')
param existingSystemTopicId string = ''

@description('Whether events that could not be delivered are kept. Their storage account accepts shared keys; where a policy forbids that, the sweep alone finds their images.')
param deadLetters bool = true

@description('Mail address that receives the alerts. Empty shows them only in the portal.')
param alertEmail string = ''

@description('Whether Azure asks the app for its health every quarter of an hour. Each test has its price. Not with privateNetworking: the tests come from the internet.')
param availabilityTest bool = true

@description('After how many hours a migration that has not ended counts as stuck. Must be longer than the policy\'s replication deadline.')
@minValue(1)
param stuckAfterHours int = 26

@description('What Gallerist may do after a migration, separated by commas: verify, promote, references, repoint, retire, strict, retention, notify. Empty means nothing.')
param parts string = ''

@description('Name of the resource group for the machines of proofs; the part verify creates it. Empty means rg-<environment>-proofs.')
param proofResourceGroup string = ''

@description('Resource ids of the subnets for the machines of proofs, separated by commas. All of them are in this subscription.')
param proofSubnetIds string = ''

@description('Resource ids of the resource groups whose scale sets may be re-pointed, separated by commas. All of them are in this subscription.')
param repointGroupIds string = ''

@description('Resource ids of the Event Grid topics for notices, separated by commas. All of them are in this subscription.')
param notifyTopicIds string = ''

var targetGalleryIds = split(replace(galleryIds, ' ', ''), ',')
var suffix = toLower(uniqueString(subscription().id, environmentName, location))
var tags = union(resourceTags, { 'azd-env-name': environmentName })
var cloudNames = {
  AzureCloud: 'public'
  AzureUSGovernment: 'usgovernment'
  AzureChinaCloud: 'china'
}

// environment() does not know the zones of App Service (documented: private-endpoint-dns, and docs.azure.cn)
var siteZones = {
  AzureCloud: 'privatelink.azurewebsites.net'
  AzureUSGovernment: 'privatelink.azurewebsites.us'
  AzureChinaCloud: 'privatelink.chinacloudsites.cn'
}

var hasNetwork = empty(existingSubnetId) == empty(existingEndpointSubnetId)
  ? !empty(existingSubnetId)
  : fail('existingSubnetId and existingEndpointSubnetId belong together: give both of them or none')
var appSubnetId = !privateNetworking ? '' : hasNetwork ? existingSubnetId : network.?outputs.appSubnetId ?? ''
var endpointSubnetId = hasNetwork ? existingEndpointSubnetId : network.?outputs.endpointSubnetId ?? ''
var virtualNetworkId = split(endpointSubnetId, '/subnets/')[0]

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: empty(resourceGroupName) ? 'rg-${environmentName}' : resourceGroupName
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

module network 'modules/network.bicep' = if (privateNetworking && !hasNetwork) {
  name: 'network'
  scope: group
  params: {
    name: 'vnet-gallerist-${suffix}'
    location: location
    tags: tags
    addressPrefix: addressPrefix
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
    skuName: storageSku
    workspaceId: monitoring.outputs.workspaceId
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
      subnetId: endpointSubnetId
      virtualNetworkId: virtualNetworkId
      targetId: storage.outputs.id
      groupId: service
      zoneName: 'privatelink.${service}.${environment().suffixes.storage}'
      existingZoneId: existingPrivateDnsZoneIds[?service] ?? ''
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
    existingWorkspaceId: workspaceResourceId
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
    allowedAddresses: schedulerAddresses
    workspaceId: monitoring.outputs.workspaceId
    // for ever is not possible there
    keepDays: keepDays == 0 ? 90 : max(1, min(keepDays, 90))
  }
}

module functionApp 'modules/function-app.bicep' = {
  name: 'function-app'
  scope: group
  // the app can start only when it can reach its storage
  dependsOn: [storageEndpoints]
  params: {
    name: 'func-gallerist-${suffix}'
    planName: 'plan-gallerist-${suffix}'
    location: location
    tags: tags
    pythonVersion: pythonVersion
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReadyInstances: alwaysReadyInstances
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    storage: storage.outputs.endpoints
    packageContainerUrl: storage.outputs.packageContainerUrl
    workspaceId: monitoring.outputs.workspaceId
    applicationInsightsConnectionString: monitoring.outputs.connectionString
    schedulerEndpoint: scheduler.?outputs.endpoint ?? ''
    subnetId: appSubnetId
    galleristSettings: {
      GALLERIST_CLOUD: cloudNames[environment().name]
      GALLERIST_ARM_ENDPOINT: armEndpoint
      GALLERIST_ARM_AUDIENCE: armAudience
      GALLERIST_SUBSCRIPTIONS: empty(subscriptions) ? subscription().subscriptionId : subscriptions
      GALLERIST_POLICY_FILE: empty(policyBlob) ? policyFile : ''
      GALLERIST_POLICY_BLOB: policyBlob
      GALLERIST_SWEEP_SCHEDULE: sweepSchedule
      GALLERIST_RECOVERY_SCHEDULE: recoverySchedule
      GALLERIST_KEEP_DAYS: string(keepDays)
      GALLERIST_PROOF_SWEEP_SCHEDULE: proofSweepSchedule
      GALLERIST_RETENTION_SCHEDULE: retentionSchedule
      GALLERIST_EVIDENCE_FOLDER: ''
      GALLERIST_EVIDENCE_CONTAINER: storage.outputs.evidenceContainerUrl
      GALLERIST_WEBHOOK_HOSTS: webhookHosts
      GALLERIST_ALLOW_KEYS_TO_APPROVE: allowKeysToApprove ? 'true' : 'false'
      GALLERIST_AUTHENTICATION: empty(entraClientId) ? 'keys' : 'entra'
    }
  }
}

module entra 'modules/entra.bicep' = if (!empty(entraClientId)) {
  name: 'entra'
  scope: group
  params: {
    functionAppName: functionApp.outputs.name
    clientId: entraClientId
    allowedApplications: allowedApplications
    allowedPrincipals: allowedPrincipals
  }
}

module siteEndpoint 'modules/private-endpoint.bicep' = if (privateNetworking) {
  name: 'private-endpoint-site'
  scope: group
  params: {
    name: 'pe-site-${suffix}'
    location: location
    tags: tags
    subnetId: endpointSubnetId
    virtualNetworkId: virtualNetworkId
    targetId: functionApp.outputs.id
    groupId: 'sites'
    zoneName: siteZones[environment().name]
    existingZoneId: existingPrivateDnsZoneIds.?sites ?? ''
  }
}

module imageReader 'modules/subscription-role.bicep' = {
  name: 'image-reader-${uniqueString(environmentName, deployment().location)}'
  params: {
    role: loadJsonContent('roles/image-reader.json')
    environmentName: environmentName
    principalId: identity.outputs.principalId
  }
}

module galleryAccess 'modules/gallery-roles.bicep' = {
  name: 'gallery-roles-${uniqueString(environmentName, deployment().location)}'
  params: {
    environmentName: environmentName
    principalId: identity.outputs.principalId
    galleryIds: targetGalleryIds
  }
}

module partRoles 'modules/part-roles.bicep' = if (!empty(parts)) {
  name: 'part-roles-${uniqueString(environmentName, deployment().location)}'
  params: {
    environmentName: environmentName
    principalId: identity.outputs.principalId
    tags: tags
    // the compiler cannot know that these are names of parts
    parts: any(filter(split(toLower(replace(parts, ' ', '')), ','), part => !empty(part)))
    galleryIds: targetGalleryIds
    proofLocation: location
    proofResourceGroup: proofResourceGroup
    proofSubnetIds: proofSubnetIds
    repointGroupIds: repointGroupIds
    notifyTopicIds: notifyTopicIds
  }
}

module deadLetterStorage 'modules/dead-letters.bicep' = if (deadLetters) {
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

module watch 'modules/watch.bicep' = {
  name: 'watch'
  scope: group
  params: {
    suffix: suffix
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    insightsId: monitoring.outputs.insightsId
    functionAppName: functionApp.outputs.name
    functionAppHost: functionApp.outputs.hostName
    availabilityTest: availabilityTest && !privateNetworking
    systemTopicId: systemTopicId
    eventSubscriptionName: 'gallerist-images-${environmentName}'
    email: alertEmail
    stuckAfterHours: stuckAfterHours
  }
}

@description('Address of the HTTP API.')
output GALLERIST_API_URL string = 'https://${functionApp.outputs.hostName}/api'
@description('Name of the function app that azd deploys the code to.')
output AZURE_FUNCTION_APP_NAME string = functionApp.outputs.name
@description('Resource id of the function app. Other source subscriptions send their events to it.')
output AZURE_FUNCTION_APP_ID string = functionApp.outputs.id
output AZURE_RESOURCE_GROUP string = group.name
output AZURE_LOCATION string = location
output AZURE_TENANT_ID string = tenant().tenantId
@description('Object id of the identity. Other subscriptions assign their roles to it.')
output GALLERIST_PRINCIPAL_ID string = identity.outputs.principalId
@description('Resource id of the storage account that keeps undelivered events. Empty without deadLetters.')
output GALLERIST_DEAD_LETTER_STORAGE_ID string = deadLetterStorage.?outputs.id ?? ''
@description('Resource id of the Log Analytics workspace. The topics of other subscriptions can log to it.')
output GALLERIST_WORKSPACE_ID string = monitoring.outputs.workspaceId
@description('Resource id of the app\'s own storage account.')
output GALLERIST_STORAGE_ACCOUNT_ID string = storage.outputs.id
@description('URL of the container in that account that the app can read a policy from.')
output GALLERIST_POLICY_CONTAINER_URL string = storage.outputs.policyContainerUrl
@description('Resource id of the Event Grid system topic that the event subscription belongs to.')
output GALLERIST_SYSTEM_TOPIC_ID string = systemTopicId
