// The roles that the parts need which are switched on, in one subscription: what Gallerist does after a migration. A part
// that is not named gets no role.
targetScope = 'subscription'

param environmentName string
param principalId string

@description('Tags of the resource group for the machines of proofs.')
param tags object

@description('Names of the parts. Azure refuses another name: a misspelled part would be one without its roles.')
@allowed(['verify', 'promote', 'references', 'repoint', 'retire', 'strict', 'retention', 'notify'])
param parts array

@description('Parts that have nothing to do in this subscription, and get no role in it.')
param notHere array = []

@description('Resource ids of the target galleries in this subscription.')
param galleryIds array = []

@description('Region of the resource group for the machines of proofs.')
param proofLocation string = deployment().location

@description('Name of the resource group for the machines of proofs; verify creates it. Empty means rg-<environment>-proofs.')
param proofResourceGroup string = ''

@description('Resource ids of the subnets for the machines of proofs in this subscription, separated by commas.')
param proofSubnetIds string = ''

@description('Resource ids of the resource groups in this subscription whose scale sets may be re-pointed, separated by commas.')
param repointGroupIds string = ''

@description('Resource ids of the Event Grid topics for notices in this subscription, separated by commas.')
param notifyTopicIds string = ''

var given = filter(parts, part => !contains(notHere, part))

var subnets = filter(split(replace(proofSubnetIds, ' ', ''), ','), id => !empty(id))
var repointGroups = filter(split(replace(repointGroupIds, ' ', ''), ','), id => !empty(id))
var topics = filter(split(replace(notifyTopicIds, ' ', ''), ','), id => !empty(id))

// these only read, or nobody knows beforehand in which resource group something has to be written
var rolesOnSubscription = {
  promote: { part: 'promote', role: loadJsonContent('../roles/promote.json') }
  references: { part: 'references', role: loadJsonContent('../roles/references.json') }
  retire: { part: 'retire', role: loadJsonContent('../roles/retire.json') }
  strict: { part: 'strict', role: loadJsonContent('../roles/strict.json') }
  'verify-sizes': { part: 'verify', role: loadJsonContent('../roles/verify-sizes.json') }
  'retention-locks': { part: 'retention', role: loadJsonContent('../roles/retention-locks.json') }
}

module onSubscription 'subscription-role.bicep' = [
  for item in items(rolesOnSubscription): if (contains(given, item.value.part)) {
    name: 'part-${item.key}-${uniqueString(environmentName, deployment().location)}'
    params: {
      role: item.value.role
      environmentName: environmentName
      principalId: principalId
    }
  }
]

resource proofs 'Microsoft.Resources/resourceGroups@2024-03-01' = if (contains(given, 'verify')) {
  name: empty(proofResourceGroup) ? 'rg-${environmentName}-proofs' : proofResourceGroup
  location: proofLocation
  tags: tags
}

module verify 'role-definition.bicep' = if (contains(given, 'verify')) {
  name: 'part-verify-${uniqueString(environmentName, deployment().location)}'
  params: {
    role: loadJsonContent('../roles/verify.json')
    environmentName: environmentName
  }
}

module verifyOnGroup 'group-assignment.bicep' = if (contains(given, 'verify')) {
  name: 'part-verify-group-${environmentName}'
  scope: proofs
  params: {
    roleDefinitionId: verify.?outputs.id ?? ''
    principalId: principalId
  }
}

module verifySubnet 'role-definition.bicep' = if (contains(given, 'verify')) {
  name: 'part-verify-subnet-${uniqueString(environmentName, deployment().location)}'
  params: {
    role: loadJsonContent('../roles/verify-subnet.json')
    environmentName: environmentName
  }
}

module verifyOnSubnets 'subnet-assignment.bicep' = [
  for id in subnets: if (contains(given, 'verify')) {
    name: 'part-verify-${uniqueString(environmentName, toLower(id))}'
    // the id of a subnet is /subscriptions/{2}/resourceGroups/{4}/providers/Microsoft.Network/virtualNetworks/{8}/subnets/{10}
    scope: resourceGroup(split(id, '/')[2], split(id, '/')[4])
    params: {
      virtualNetworkName: split(id, '/')[8]
      subnetName: split(id, '/')[10]
      roleDefinitionId: verifySubnet.?outputs.id ?? ''
      principalId: principalId
    }
  }
]

module repoint 'role-definition.bicep' = if (contains(given, 'repoint')) {
  name: 'part-repoint-${uniqueString(environmentName, deployment().location)}'
  params: {
    role: loadJsonContent('../roles/repoint.json')
    environmentName: environmentName
  }
}

module repointOnGroups 'group-assignment.bicep' = [
  for id in repointGroups: if (contains(given, 'repoint')) {
    name: 'part-repoint-${uniqueString(environmentName, toLower(id))}'
    // the id of a resource group is /subscriptions/{2}/resourceGroups/{4}
    scope: resourceGroup(split(id, '/')[2], split(id, '/')[4])
    params: {
      roleDefinitionId: repoint.?outputs.id ?? ''
      principalId: principalId
    }
  }
]

module retention 'role-definition.bicep' = if (contains(given, 'retention')) {
  name: 'part-retention-${uniqueString(environmentName, deployment().location)}'
  params: {
    role: loadJsonContent('../roles/retention.json')
    environmentName: environmentName
  }
}

module retentionOnGalleries 'gallery-assignment.bicep' = [
  for id in galleryIds: if (contains(given, 'retention')) {
    name: 'part-retention-${uniqueString(environmentName, toLower(id))}'
    // the id of a gallery is /subscriptions/{2}/resourceGroups/{4}/providers/Microsoft.Compute/galleries/{8}
    scope: resourceGroup(split(id, '/')[2], split(id, '/')[4])
    params: {
      galleryName: split(id, '/')[8]
      roleDefinitionId: retention.?outputs.id ?? ''
      principalId: principalId
    }
  }
]

module notify 'role-definition.bicep' = if (contains(given, 'notify')) {
  name: 'part-notify-${uniqueString(environmentName, deployment().location)}'
  params: {
    role: loadJsonContent('../roles/notify.json')
    environmentName: environmentName
  }
}

module notifyOnTopics 'topic-assignment.bicep' = [
  for id in topics: if (contains(given, 'notify')) {
    name: 'part-notify-${uniqueString(environmentName, toLower(id))}'
    // the id of a topic is /subscriptions/{2}/resourceGroups/{4}/providers/Microsoft.EventGrid/topics/{8}
    scope: resourceGroup(split(id, '/')[2], split(id, '/')[4])
    params: {
      topicName: split(id, '/')[8]
      roleDefinitionId: notify.?outputs.id ?? ''
      principalId: principalId
    }
  }
]
