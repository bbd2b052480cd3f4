// Lets the identity write into target galleries in another subscription than the app's, sends the events of their versions
// to the function, and gives the roles of the parts that are switched on. Deploy it to that subscription, after the app.
targetScope = 'subscription'

param environmentName string

@description('Tags of the resource groups that are created.')
param resourceTags object = {}

@description('The output GALLERIST_PRINCIPAL_ID of the app\'s deployment.')
param principalId string

@description('Resource ids of the target galleries. All of them are in this subscription.')
param galleryIds array

@description('The parts that are switched on, as in the app\'s deployment. Retire has nothing to do here: it deletes images, not versions.')
param parts string = ''

@description('Name of the resource group for the machines of proofs; the part verify creates it. Empty means rg-<environment>-proofs.')
param proofResourceGroup string = ''

@description('Region of that resource group, and of the one for the system topic.')
param location string = deployment().location

@description('Resource ids of the subnets for the machines of proofs in this subscription, separated by commas.')
param proofSubnetIds string = ''

@description('Resource ids of the resource groups in this subscription whose scale sets may be re-pointed, separated by commas.')
param repointGroupIds string = ''

@description('Resource ids of the Event Grid topics for notices in this subscription, separated by commas.')
param notifyTopicIds string = ''

@description('The output AZURE_FUNCTION_APP_ID of the app\'s deployment. Empty sends no events of versions; migrations then wait by their timers alone.')
param functionAppId string = ''

@description('Resource id of the system topic of this subscription, if it has one. Empty creates one, the same as source-subscription.bicep does.')
param existingSystemTopicId string = ''

var groupName = 'rg-${environmentName}-events'
var topicName = 'evgt-${environmentName}'
var tags = union(resourceTags, { 'azd-env-name': environmentName })
var createsTopic = !empty(functionAppId) && empty(existingSystemTopicId)

module galleryAccess 'modules/gallery-roles.bicep' = {
  name: 'gallery-roles-${uniqueString(environmentName, deployment().location)}'
  params: {
    environmentName: environmentName
    principalId: principalId
    galleryIds: galleryIds
  }
}

module partRoles 'modules/part-roles.bicep' = if (!empty(parts)) {
  name: 'part-roles-galleries-${uniqueString(environmentName, deployment().location)}'
  params: {
    environmentName: environmentName
    principalId: principalId
    tags: tags
    // the compiler cannot know that these are names of parts
    parts: any(filter(split(toLower(replace(parts, ' ', '')), ','), part => !empty(part)))
    notHere: ['retire']
    galleryIds: galleryIds
    proofLocation: location
    proofResourceGroup: proofResourceGroup
    proofSubnetIds: proofSubnetIds
    repointGroupIds: repointGroupIds
    notifyTopicIds: notifyTopicIds
  }
}

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = if (createsTopic) {
  name: groupName
  location: location
  tags: tags
}

module systemTopic 'modules/system-topic.bicep' = if (createsTopic) {
  name: 'system-topic-galleries'
  scope: group
  params: {
    name: topicName
    tags: tags
    workspaceId: ''
  }
}

module versions 'modules/version-event-subscription.bicep' = if (!empty(functionAppId)) {
  name: 'gallerist-versions-${environmentName}'
  scope: resourceGroup(empty(existingSystemTopicId) ? groupName : split(existingSystemTopicId, '/')[4])
  dependsOn: [systemTopic]
  params: {
    environmentName: environmentName
    systemTopicName: empty(existingSystemTopicId) ? topicName : split(existingSystemTopicId, '/')[8]
    functionAppId: functionAppId
  }
}
