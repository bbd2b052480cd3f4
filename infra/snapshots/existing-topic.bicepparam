// A subscription that has its one system topic already.
using '../main.bicep'

param environmentName = 'prod'
param location = 'westeurope'
param galleryIds = '/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/images/providers/Microsoft.Compute/galleries/golden'
param existingSystemTopicId = '/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/events/providers/Microsoft.EventGrid/systemTopics/subscription'
