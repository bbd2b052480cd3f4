// A subscription with target galleries.
// evaluated in subscription 44444444-4444-4444-8444-444444444444
using '../gallery-subscription.bicep'

param environmentName = 'prod'
param principalId = '55555555-5555-4555-8555-555555555555'
param galleryIds = ['/subscriptions/44444444-4444-4444-8444-444444444444/resourceGroups/images/providers/Microsoft.Compute/galleries/golden']
param functionAppId = '/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg-prod/providers/Microsoft.Web/sites/func-gallerist-hdvyez3h4niju'
param parts = 'promote,retention'
