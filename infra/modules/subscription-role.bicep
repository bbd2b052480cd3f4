// Defines a custom role from a file in roles/ for one subscription, and assigns it to the identity there.
targetScope = 'subscription'

@description('Content of a file in roles/: roleName, description, actions.')
param role object

param environmentName string
param principalId string

module definition 'role-definition.bicep' = {
  name: 'role-${uniqueString(environmentName, deployment().location, role.roleName)}'
  params: {
    role: role
    environmentName: environmentName
  }
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(subscription().id, principalId, role.roleName)
  properties: {
    roleDefinitionId: definition.outputs.id
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}
