// Lets the identity write into target galleries in another subscription than the app's, and gives the roles of the parts
// that are switched on. Deploy it to that subscription.
targetScope = 'subscription'

param environmentName string

@description('The output GALLERIST_PRINCIPAL_ID of the app\'s deployment.')
param principalId string

@description('Resource ids of the target galleries. All of them are in this subscription.')
param galleryIds array

@description('The parts that are switched on, as in the app\'s deployment. Retire has nothing to do here: it deletes images, not versions.')
param parts string = ''

@description('Name of the resource group for the machines of proofs; the part verify creates it. Empty means rg-<environment>-proofs.')
param proofResourceGroup string = ''

@description('Region of that resource group.')
param location string = deployment().location

@description('Resource ids of the subnets for the machines of proofs in this subscription, separated by commas.')
param proofSubnetIds string = ''

@description('Resource ids of the resource groups in this subscription whose scale sets may be re-pointed, separated by commas.')
param repointGroupIds string = ''

@description('Resource ids of the Event Grid topics for notices in this subscription, separated by commas.')
param notifyTopicIds string = ''

module galleryAccess 'modules/gallery-roles.bicep' = {
  name: 'gallery-roles'
  params: {
    environmentName: environmentName
    principalId: principalId
    galleryIds: galleryIds
  }
}

module partRoles 'modules/part-roles.bicep' = if (!empty(parts)) {
  name: 'part-roles-galleries'
  params: {
    environmentName: environmentName
    principalId: principalId
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
