// The Durable Task Scheduler in place of the storage account, for thousands of images at once.
using '../main.bicep'

param environmentName = 'prod'
param location = 'westeurope'
param galleryIds = '/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/images/providers/Microsoft.Compute/galleries/golden'
param durableBackend = 'scheduler'
