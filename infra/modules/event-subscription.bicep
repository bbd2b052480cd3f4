// Sends an event to the function for every managed image that is written. The function must already be deployed.
param systemTopicName string

@description('Resource id of the function app. It can be in another subscription of the same tenant.')
param functionAppId string

@description('Resource id of the storage account with the dead-letters container. Empty keeps no events that could not be delivered.')
param deadLetterStorageId string

@description('Name of the function that receives the events.')
param functionName string = 'image_events'

@description('Name of the environment. A subscription has one system topic, which its environments share: each has a name of its own.')
param environmentName string

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: systemTopicName
}

resource images 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: 'gallerist-images-${environmentName}'
  properties: {
    eventDeliverySchema: 'EventGridSchema'
    destination: {
      endpointType: 'AzureFunction'
      properties: {
        resourceId: '${functionAppId}/functions/${functionName}'
        maxEventsPerBatch: 1
        preferredBatchSizeInKilobytes: 64
      }
    }
    filter: {
      includedEventTypes: ['Microsoft.Resources.ResourceWriteSuccess']
      advancedFilters: [
        {
          operatorType: 'StringIn'
          key: 'data.operationName'
          values: ['Microsoft.Compute/images/write']
        }
      ]
    }
    retryPolicy: {
      maxDeliveryAttempts: 30
      eventTimeToLiveInMinutes: 1440
    }
    deadLetterDestination: empty(deadLetterStorageId)
      ? null
      : {
          endpointType: 'StorageBlob'
          properties: {
            resourceId: deadLetterStorageId
            blobContainerName: 'dead-letters'
          }
        }
  }
}
