// A small network of its own with one DNS zone that exists, settings that are not the defaults, and a group for the proofs.
using '../../../../infra/main.bicep'

param environmentName = 'prod'
param location = 'westeurope'
param galleryIds = '/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/images/providers/Microsoft.Compute/galleries/golden'
param privateNetworking = true
param addressPrefix = '10.8.0.64/26'
param existingPrivateDnsZoneIds = {
  blob: '/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/network/providers/Microsoft.Network/privateDnsZones/privatelink.blob.core.windows.net'
}
param entraClientId = '99999999-9999-4999-8999-999999999999'
param parts = ' Verify, repoint'
param proofResourceGroup = 'proofs'
param webhookHosts = 'hooks.contoso.com'
param armEndpoint = 'https://management.azure.com'
param armAudience = 'https://management.core.windows.net'
param sweepSchedule = '0 5 * * * *'
param recoverySchedule = '0 */5 * * * *'
param proofSweepSchedule = '0 6 * * * *'
param retentionSchedule = '0 7 4 * * *'
param policyFile = 'policies/prod.yaml'
