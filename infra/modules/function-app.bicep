// The function app on Flex Consumption: its plan, its settings, and which networks can call it.
param name string
param planName string
param location string
param tags object
param pythonVersion string
param instanceMemoryMB int
param maximumInstanceCount int

@description('How many instances are always ready for orchestrators, activities and entities.')
param alwaysReadyInstances int

param identityId string
param identityClientId string

@description('Endpoints of the app\'s storage, with the keys blob, queue and table.')
param storage object

@description('URL of the blob container for the package.')
param packageContainerUrl string

param applicationInsightsConnectionString string

@description('Endpoint of a Durable Task Scheduler. Empty means that Durable Functions stores its state in the storage account.')
param schedulerEndpoint string

@description('Subnet that the app sends from. Empty means none. With a subnet, only Event Grid can reach the HTTP API from the internet.')
param subnetId string

@description('The settings that adapters/settings.py reads.')
param galleristSettings object

var hasNetwork = !empty(subnetId)

var platformSettings = {
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  AzureWebJobsStorage__blobServiceUri: storage.blob
  AzureWebJobsStorage__queueServiceUri: storage.queue
  AzureWebJobsStorage__tableServiceUri: storage.table
  APPLICATIONINSIGHTS_CONNECTION_STRING: applicationInsightsConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
  AZURE_CLIENT_ID: identityClientId
  AZURE_TOKEN_CREDENTIALS: 'ManagedIdentityCredential'
}

// Event Grid delivers from the internet and cannot use a private endpoint (documented)
var eventGrid = {
  name: 'event-grid'
  action: 'Allow'
  priority: 100
  tag: 'ServiceTag'
  ipAddress: 'AzureEventGrid'
}

// host.json names this setting when the package was made for the scheduler. The backend itself stands in host.json alone: what
// scales the app reads that file and no settings (azure-functions-durable-extension #2622, #2803).
var schedulerSettings = {
  DURABLE_TASK_SCHEDULER_CONNECTION_STRING: 'Endpoint=${schedulerEndpoint};Authentication=ManagedIdentity;ClientID=${identityClientId}'
  // the task hub is the one that host.json names
}

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { tier: 'FlexConsumption', name: 'FC1' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'gallerist' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    // Left out, a private endpoint would close the app to everything else: to Event Grid and to azd. The rules below decide.
    publicNetworkAccess: 'Enabled'
    virtualNetworkSubnetId: hasNetwork ? subnetId : null
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packageContainerUrl
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: { name: 'python', version: pythonVersion }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReadyInstances == 0 ? [] : [{ name: 'durable', instanceCount: alwaysReadyInstances }]
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      http20Enabled: true
      ftpsState: 'Disabled'
      ipSecurityRestrictionsDefaultAction: hasNetwork ? 'Deny' : 'Allow'
      ipSecurityRestrictions: hasNetwork ? [eventGrid] : []
      // azd deploys the package from outside the network, with an Entra token
      scmIpSecurityRestrictionsDefaultAction: 'Allow'
      scmIpSecurityRestrictionsUseMain: false
    }
  }

  resource settings 'config' = {
    name: 'appsettings'
    properties: union(platformSettings, galleristSettings, empty(schedulerEndpoint) ? {} : schedulerSettings)
  }

  resource ftpByPassword 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource deploymentByPassword 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }
}

output id string = app.id
output name string = app.name
output hostName string = app.properties.defaultHostName
