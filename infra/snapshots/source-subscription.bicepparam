// A subscription with managed images.
// evaluated in subscription 33333333-3333-4333-8333-333333333333
using '../source-subscription.bicep'

param environmentName = 'prod'
param location = 'westeurope'
param principalId = '55555555-5555-4555-8555-555555555555'
param functionAppId = '/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg-prod/providers/Microsoft.Web/sites/func-gallerist-hdvyez3h4niju'
param deadLetterStorageId = '/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg-prod/providers/Microsoft.Storage/storageAccounts/stdeadhdvyez3h4niju'
param parts = 'retire,strict'
param alertEmail = 'images@contoso.com'
