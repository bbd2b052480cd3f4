// A custom role from a file of roles/, defined for one subscription and given to the identity there.
targetScope = 'subscription'

@description('Content of a file of roles/: roleName, description, actions.')
param role object

param environmentName string
param principalId string

module definition 'role-definition.bicep' = {
  name: 'role-${uniqueString(environmentName, role.roleName)}'
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
