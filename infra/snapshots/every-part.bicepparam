// Everything that Gallerist may do after a migration.
using '../main.bicep'

param environmentName = 'prod'
param location = 'westeurope'
param galleryIds = '/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/images/providers/Microsoft.Compute/galleries/golden'
param parts = 'verify,promote,references,repoint,retire,strict,retention,notify'
param proofSubnetIds = '/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/network/providers/Microsoft.Network/virtualNetworks/hub/subnets/proofs'
param repointGroupIds = '/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/web'
param notifyTopicIds = '/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/events/providers/Microsoft.EventGrid/topics/notices'
