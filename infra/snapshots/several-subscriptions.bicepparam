// The app, for images of two more subscriptions; source-subscription and gallery-subscription are deployed to those.
using '../main.bicep'

param environmentName = 'prod'
param location = 'westeurope'
param galleryIds = '/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/images/providers/Microsoft.Compute/galleries/golden'
param subscriptions = '11111111-1111-4111-8111-111111111111,33333333-3333-4333-8333-333333333333,44444444-4444-4444-8444-444444444444'
