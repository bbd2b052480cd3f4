// The identity's permissions in a subscription with target galleries: it can read all galleries and write into the given ones.
targetScope = 'subscription'

param environmentName string
param principalId string

@description('Resource ids of the target galleries. All of them are in this subscription.')
param galleryIds array

module reader 'subscription-role.bicep' = {
  name: 'gallery-reader-${uniqueString(environmentName, deployment().location)}'
  params: {
    role: loadJsonContent('../roles/gallery-reader.json')
    environmentName: environmentName
    principalId: principalId
  }
}

module publisher 'role-definition.bicep' = {
  name: 'gallery-publisher-${uniqueString(environmentName, deployment().location)}'
  params: {
    role: loadJsonContent('../roles/gallery-publisher.json')
    environmentName: environmentName
  }
}

module assignments 'gallery-assignment.bicep' = [
  for id in galleryIds: {
    name: 'publisher-${uniqueString(environmentName, toLower(id))}'
    // the id of a gallery is /subscriptions/{2}/resourceGroups/{4}/providers/Microsoft.Compute/galleries/{8}
    scope: resourceGroup(split(id, '/')[2], split(id, '/')[4])
    params: {
      galleryName: split(id, '/')[8]
      roleDefinitionId: publisher.outputs.id
      principalId: principalId
    }
  }
]
