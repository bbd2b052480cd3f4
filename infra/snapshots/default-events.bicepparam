// The second step of the default environment.
using '../events.bicep'

param environmentName = 'prod'
param systemTopicId = '/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg-prod/providers/Microsoft.EventGrid/systemTopics/evgt-gallerist-hdvyez3h4niju'
param functionAppId = '/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg-prod/providers/Microsoft.Web/sites/func-gallerist-hdvyez3h4niju'
param deadLetterStorageId = '/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg-prod/providers/Microsoft.Storage/storageAccounts/stdeadhdvyez3h4niju'
