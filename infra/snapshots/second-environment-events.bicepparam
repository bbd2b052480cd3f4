// The second step of the second environment, on the topic of the first.
using '../events.bicep'

param environmentName = 'test'
param systemTopicId = '/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg-prod/providers/Microsoft.EventGrid/systemTopics/evgt-gallerist-hdvyez3h4niju'
param functionAppId = '/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg-test/providers/Microsoft.Web/sites/func-gallerist-hdvyez3h4niju'
param deadLetterStorageId = ''
