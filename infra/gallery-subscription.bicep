// Target galleries in another subscription than the app's: the identity may write into them. Deployed to that subscription.
targetScope = 'subscription'

param environmentName string

@description('GALLERIST_PRINCIPAL_ID of the app\'s deployment.')
param principalId string

@description('Resource ids of the target galleries; all of them in this subscription.')
param galleryIds array

module galleryAccess 'modules/gallery-roles.bicep' = {
  name: 'gallery-roles'
  params: {
    environmentName: environmentName
    principalId: principalId
    galleryIds: galleryIds
  }
}
