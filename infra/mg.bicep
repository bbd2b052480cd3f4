// Lets the identity read the managed images of every subscription below a management group, instead of one deployment for each.
// Deploy it to that management group, after the app. It sends no events: the sweep finds the images, or source-subscription.bicep
// sends the events of a subscription that has to start at once.
targetScope = 'managementGroup'

@description('Name of the environment of the app.')
param environmentName string

@description('The output GALLERIST_PRINCIPAL_ID of the app\'s deployment.')
param principalId string

var role = loadJsonContent('roles/image-reader.json')
var scope = managementGroup().id

resource definition 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(scope, environmentName, role.roleName)
  properties: {
    // the names of custom roles must be unique in a tenant (documented)
    roleName: '${role.roleName} (${environmentName}, ${managementGroup().name})'
    description: role.description
    type: 'CustomRole'
    permissions: [{ actions: role.actions, notActions: [], dataActions: [], notDataActions: [] }]
    // a role with data actions could not be assigned on a management group (documented); this one has none
    assignableScopes: [scope]
  }
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(scope, principalId, role.roleName)
  properties: {
    roleDefinitionId: definition.id
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}
