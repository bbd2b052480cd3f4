// The second step: the event subscriptions that send the events of images and of image versions to the function. Deploy it
// after the code; deploying it again changes nothing.
targetScope = 'subscription'

@description('Name of the environment of the first step: letters, digits and hyphens, for it is part of the names of the event subscriptions.')
param environmentName string

@description('The output GALLERIST_SYSTEM_TOPIC_ID of the first step.')
param systemTopicId string

@description('The output AZURE_FUNCTION_APP_ID of the first step.')
param functionAppId string

@description('The output GALLERIST_DEAD_LETTER_STORAGE_ID of the first step. Empty keeps no events that could not be delivered.')
param deadLetterStorageId string = ''

module images 'modules/event-subscription.bicep' = {
  name: 'gallerist-images-${environmentName}'
  // the id of a topic is /subscriptions/{2}/resourceGroups/{4}/providers/Microsoft.EventGrid/systemTopics/{8}
  scope: resourceGroup(split(systemTopicId, '/')[4])
  params: {
    environmentName: environmentName
    systemTopicName: split(systemTopicId, '/')[8]
    functionAppId: functionAppId
    deadLetterStorageId: deadLetterStorageId
  }
}

module versions 'modules/version-event-subscription.bicep' = {
  name: 'gallerist-versions-${environmentName}'
  scope: resourceGroup(split(systemTopicId, '/')[4])
  params: {
    environmentName: environmentName
    systemTopicName: split(systemTopicId, '/')[8]
    functionAppId: functionAppId
  }
}
