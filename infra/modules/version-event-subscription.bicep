// Sends an event to the function for every image version that was written or that failed: a hint for the migration that
// waits for it. The function must already be deployed.
param systemTopicName string

@description('Resource id of the function app. It can be in another subscription of the same tenant.')
param functionAppId string

@description('Name of the function that receives the events.')
param functionName string = 'image_events'

@description('Name of the environment. A subscription has one system topic, which its environments share: each has a name of its own.')
param environmentName string

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: systemTopicName
}

resource versions 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: 'gallerist-versions-${environmentName}'
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
      includedEventTypes: ['Microsoft.Resources.ResourceWriteSuccess', 'Microsoft.Resources.ResourceWriteFailure']
      advancedFilters: [
        {
          operatorType: 'StringIn'
          key: 'data.operationName'
          values: ['Microsoft.Compute/galleries/images/versions/write']
        }
      ]
    }
    // a late hint is worth nothing, for the migration looks by its timer anyway: so it is not kept, either
    retryPolicy: {
      maxDeliveryAttempts: 5
      eventTimeToLiveInMinutes: 10
    }
  }
}
