// A custom role from a file of roles/, defined for one subscription.
targetScope = 'subscription'

@description('Content of a file of roles/: roleName, description, actions.')
param role object

param environmentName string

var scope = subscription().id

resource definition 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(scope, environmentName, role.roleName)
  properties: {
    // a tenant wants the names of its custom roles to be unique (documented)
    roleName: '${role.roleName} (${environmentName}, ${take(subscription().subscriptionId, 8)})'
    description: role.description
    type: 'CustomRole'
    permissions: [{ actions: role.actions, notActions: [], dataActions: [], notDataActions: [] }]
    assignableScopes: [scope]
  }
}

output id string = definition.id
