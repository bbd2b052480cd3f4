// Defines a custom role from a file in roles/ for one subscription.
targetScope = 'subscription'

@description('Content of a file in roles/: roleName, description, actions, and dataActions if it has any.')
param role object

param environmentName string

var scope = subscription().id

resource definition 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(scope, environmentName, role.roleName)
  properties: {
    // the names of custom roles must be unique in a tenant (documented)
    roleName: '${role.roleName} (${environmentName}, ${take(subscription().subscriptionId, 8)})'
    description: role.description
    type: 'CustomRole'
    permissions: [{ actions: role.actions, notActions: [], dataActions: role.?dataActions ?? [], notDataActions: [] }]
    assignableScopes: [scope]
  }
}

output id string = definition.id
