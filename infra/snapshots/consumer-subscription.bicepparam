// A subscription whose machines use the versions.
// evaluated in subscription 33333333-3333-4333-8333-333333333333
using '../consumer-subscription.bicep'

param environmentName = 'prod'
param principalId = '55555555-5555-4555-8555-555555555555'
param parts = 'references,repoint'
param repointGroupIds = '/subscriptions/33333333-3333-4333-8333-333333333333/resourceGroups/web'
