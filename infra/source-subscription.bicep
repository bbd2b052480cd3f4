// Adds a subscription with managed images: lets the identity read them, and sends their events to the function.
// Deploy it to that subscription, after the app.
targetScope = 'subscription'

param environmentName string

@description('Region of the resource group for the system topic.')
param location string

@description('The output GALLERIST_PRINCIPAL_ID of the app\'s deployment.')
param principalId string

@description('The output AZURE_FUNCTION_APP_ID of the app\'s deployment.')
param functionAppId string

@description('The output GALLERIST_DEAD_LETTER_STORAGE_ID of the app\'s deployment.')
param deadLetterStorageId string

@description('Resource id of the system topic of this subscription, if it has one. Empty creates one.')
param existingSystemTopicId string = ''

var groupName = 'rg-${environmentName}-events'
var topicName = 'evgt-${environmentName}'
var tags = { 'azd-env-name': environmentName }

module imageReader 'modules/subscription-role.bicep' = {
  name: 'image-reader'
  params: {
    role: loadJsonContent('roles/image-reader.json')
    environmentName: environmentName
    principalId: principalId
  }
}

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = if (empty(existingSystemTopicId)) {
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
    workspaceId: ''
  }
}

module images 'modules/event-subscription.bicep' = {
  name: 'gallerist-images'
  scope: resourceGroup(empty(existingSystemTopicId) ? groupName : split(existingSystemTopicId, '/')[4])
  dependsOn: [systemTopic]
  params: {
    systemTopicName: empty(existingSystemTopicId) ? topicName : split(existingSystemTopicId, '/')[8]
    functionAppId: functionAppId
    deadLetterStorageId: deadLetterStorageId
  }
}
