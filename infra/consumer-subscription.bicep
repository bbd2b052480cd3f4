// Gives the roles of the parts that are switched on in a subscription that has neither images to migrate nor target
// galleries, but machines that may use them. Deploy it to that subscription, after the app.
targetScope = 'subscription'

param environmentName string

@description('The output GALLERIST_PRINCIPAL_ID of the app\'s deployment.')
param principalId string

@description('The parts that are switched on, as in the app\'s deployment. Only promote, references, repoint and strict have something to do here.')
param parts string

@description('Resource ids of the resource groups in this subscription whose scale sets may be re-pointed, separated by commas.')
param repointGroupIds string = ''

module partRoles 'modules/part-roles.bicep' = if (!empty(parts)) {
  name: 'part-roles-consumer-${uniqueString(environmentName, deployment().location)}'
  params: {
    environmentName: environmentName
    principalId: principalId
    tags: {}
    // the compiler cannot know that these are names of parts
    parts: any(filter(split(toLower(replace(parts, ' ', '')), ','), part => !empty(part)))
    notHere: ['verify', 'retire', 'retention', 'notify']
    repointGroupIds: repointGroupIds
  }
}
