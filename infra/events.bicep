// The second step: image events of the subscription go to the function. Deployed after the code, again and again without harm.
targetScope = 'subscription'

@description('GALLERIST_SYSTEM_TOPIC_ID of the first step.')
param systemTopicId string

@description('AZURE_FUNCTION_APP_ID of the first step.')
param functionAppId string

@description('GALLERIST_DEAD_LETTER_STORAGE_ID of the first step.')
param deadLetterStorageId string

module images 'modules/event-subscription.bicep' = {
  name: 'gallerist-images'
  // a topic's id: /subscriptions/{2}/resourceGroups/{4}/providers/Microsoft.EventGrid/systemTopics/{8}
  scope: resourceGroup(split(systemTopicId, '/')[4])
  params: {
    systemTopicName: split(systemTopicId, '/')[8]
    functionAppId: functionAppId
    deadLetterStorageId: deadLetterStorageId
  }
}
