// A second environment in the subscription and region of the default one, whose system topic it uses.
using '../main.bicep'

param environmentName = 'test'
param location = 'westeurope'
param galleryIds = '/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/images/providers/Microsoft.Compute/galleries/golden'
param existingSystemTopicId = '/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg-prod/providers/Microsoft.EventGrid/systemTopics/evgt-gallerist-hdvyez3h4niju'
