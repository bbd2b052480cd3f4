// Adds a subscription with managed images: lets the identity read them, sends their events to the function, and gives the
// roles of the parts that are switched on.
// Deploy it to that subscription, after the app.
targetScope = 'subscription'

param environmentName string

@description('Tags of the resource groups that are created.')
param resourceTags object = {}

@description('Region of the resource group for the system topic.')
param location string

@description('The output GALLERIST_PRINCIPAL_ID of the app\'s deployment.')
param principalId string

@description('The output AZURE_FUNCTION_APP_ID of the app\'s deployment.')
param functionAppId string

@description('The output GALLERIST_DEAD_LETTER_STORAGE_ID of the app\'s deployment. Empty keeps no events that could not be delivered.')
param deadLetterStorageId string = ''

@description('Resource id of the system topic of this subscription, if it has one. Empty creates one.')
param existingSystemTopicId string = ''

@description('The parts that are switched on, as in the app\'s deployment. Verify, retention and notify have nothing to do here.')
param parts string = ''

@description('Resource ids of the resource groups in this subscription whose scale sets may be re-pointed, separated by commas.')
param repointGroupIds string = ''

@description('Resource id of the Log Analytics workspace for the log of failed deliveries. Empty keeps none.')
param workspaceResourceId string = ''

@description('Mail address that receives the alerts on events of this subscription that were not delivered. Empty shows them only in the portal.')
param alertEmail string = ''

var suffix = toLower(uniqueString(subscription().id, environmentName, location))
var groupName = 'rg-${environmentName}-events'
var topicName = 'evgt-${environmentName}'
var tags = union(resourceTags, { 'azd-env-name': environmentName })

module imageReader 'modules/subscription-role.bicep' = {
  name: 'image-reader-${uniqueString(environmentName, deployment().location)}'
  params: {
    role: loadJsonContent('roles/image-reader.json')
    environmentName: environmentName
    principalId: principalId
  }
}

module partRoles 'modules/part-roles.bicep' = if (!empty(parts)) {
  name: 'part-roles-source-${uniqueString(environmentName, deployment().location)}'
  params: {
    environmentName: environmentName
    principalId: principalId
    tags: tags
    // the compiler cannot know that these are names of parts
    parts: any(filter(split(toLower(replace(parts, ' ', '')), ','), part => !empty(part)))
    notHere: ['verify', 'retention', 'notify']
    repointGroupIds: repointGroupIds
  }
}

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: groupName
  location: location
  tags: tags
}

module systemTopic 'modules/system-topic.bicep' = if (empty(existingSystemTopicId)) {
  name: 'system-topic'
  scope: group
  params: {
    name: topicName
    tags: tags
    workspaceId: workspaceResourceId
  }
}

module images 'modules/event-subscription.bicep' = {
  name: 'gallerist-images-${environmentName}'
  scope: resourceGroup(empty(existingSystemTopicId) ? groupName : split(existingSystemTopicId, '/')[4])
  dependsOn: [systemTopic]
  params: {
    environmentName: environmentName
    systemTopicName: empty(existingSystemTopicId) ? topicName : split(existingSystemTopicId, '/')[8]
    functionAppId: functionAppId
    deadLetterStorageId: deadLetterStorageId
  }
}

module mail 'modules/action-group.bicep' = if (!empty(alertEmail)) {
  name: 'action-group'
  scope: group
  params: {
    suffix: suffix
    tags: tags
    email: alertEmail
  }
}

module eventAlerts 'modules/event-alerts.bicep' = {
  name: 'event-alerts'
  scope: group
  params: {
    suffix: suffix
    tags: tags
    systemTopicId: empty(existingSystemTopicId) ? systemTopic.?outputs.id ?? '' : existingSystemTopicId
    eventSubscriptionName: 'gallerist-images-${environmentName}'
    actionGroups: empty(alertEmail) ? [] : [mail.?outputs.id ?? '']
  }
}
