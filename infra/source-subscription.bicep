// One more subscription with managed images: the identity may read them, and their events go to the function.
// Deployed to that subscription, after the app.
targetScope = 'subscription'

param environmentName string

@description('Region of the resource group that is made for the system topic.')
param location string

@description('GALLERIST_PRINCIPAL_ID of the app\'s deployment.')
param principalId string

@description('AZURE_FUNCTION_APP_ID of the app\'s deployment.')
param functionAppId string

@description('GALLERIST_DEAD_LETTER_STORAGE_ID of the app\'s deployment.')
param deadLetterStorageId string

@description('Resource id of the system topic that this subscription has already; empty makes one.')
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
