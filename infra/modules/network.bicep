// The network of a private deployment: a subnet for the app and one for private endpoints.
param name string
param location string
param tags object

@description('Address range of the network, of 26 bits or fewer. The first two blocks of 256 addresses are the subnets, in a smaller range its halves.')
param addressPrefix string

var bits = int(split(addressPrefix, '/')[1])
var subnetBits = max(24, bits + 1)

resource appRules 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: '${name}-app'
  location: location
  tags: tags
}

resource endpointRules 'Microsoft.Network/networkSecurityGroups@2024-05-01' = {
  name: '${name}-endpoints'
  location: location
  tags: tags
}

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addressPrefix] }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, subnetBits, 0)
          networkSecurityGroup: { id: appRules.id }
          // Flex Consumption requires this delegation (documented)
          delegations: [
            { name: 'flex-consumption', properties: { serviceName: 'Microsoft.App/environments' } }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, subnetBits, 1)
          networkSecurityGroup: { id: endpointRules.id }
        }
      }
    ]
  }

  resource app 'subnets' existing = {
    name: 'app'
  }

  resource endpoints 'subnets' existing = {
    name: 'endpoints'
  }
}

output virtualNetworkId string = network.id
output appSubnetId string = network::app.id
output endpointSubnetId string = network::endpoints.id
