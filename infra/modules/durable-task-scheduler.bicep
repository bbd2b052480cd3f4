// The Durable backend for thousands of images: a Durable Task Scheduler with one task hub. The app uses it with its identity.
param name string
param location string
param tags object
param principalId string

@description('Addresses that can reach the scheduler. An empty list would block every address.')
param allowedAddresses array

@description('Days after which the history of an ended orchestration is deleted; 90 is the most that the scheduler keeps (documented). The tags of the image versions still record what it did.')
@minValue(1)
@maxValue(90)
param keepDays int

@description('Resource id of the Log Analytics workspace for the log of the scheduler.')
param workspaceId string

var taskHubName = 'gallerist'
var durableTaskDataContributor = '0ad04412-c4d5-4796-b79c-f76d14c8d402'

resource scheduler 'Microsoft.DurableTask/schedulers@2025-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    sku: { name: 'Consumption' }
    ipAllowlist: allowedAddresses
  }

  resource taskHub 'taskHubs' = {
    name: taskHubName
  }

  resource retention 'retentionPolicies' = {
    name: 'default'
    properties: { retentionPolicies: [{ retentionPeriodInDays: keepDays }] }
  }
}

// The type has one category of logs (documented: "Supported logs for Microsoft.DurableTask/schedulers"), of which only the
// displayed name is known: the group has it, whatever it is called.
resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'scheduler'
  scope: scheduler
  properties: {
    workspaceId: workspaceId
    logAnalyticsDestinationType: 'Dedicated'
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
  }
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(scheduler.id, principalId, durableTaskDataContributor)
  scope: scheduler
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', durableTaskDataContributor)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

output endpoint string = scheduler.properties.endpoint
