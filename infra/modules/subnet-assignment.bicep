// Assigns a role to the identity on one subnet.
param virtualNetworkName string
param subnetName string
param roleDefinitionId string
param principalId string

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' existing = {
  name: virtualNetworkName

  resource subnet 'subnets' existing = {
    name: subnetName
  }
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(network::subnet.id, principalId, roleDefinitionId)
  scope: network::subnet
  properties: {
    roleDefinitionId: roleDefinitionId
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}
