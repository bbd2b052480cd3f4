// Lets the identity write into target galleries in another subscription than the app's. Deploy it to that subscription.
targetScope = 'subscription'

param environmentName string

@description('The output GALLERIST_PRINCIPAL_ID of the app\'s deployment.')
param principalId string

@description('Resource ids of the target galleries. All of them are in this subscription.')
param galleryIds array

module galleryAccess 'modules/gallery-roles.bicep' = {
  name: 'gallery-roles'
  params: {
    environmentName: environmentName
    principalId: principalId
    galleryIds: galleryIds
  }
}
