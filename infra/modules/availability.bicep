// Asks for the health of the app from several places every quarter of an hour, and alerts when it does not answer with 200.
param suffix string
param location string
param tags object
param insightsId string

@description('Address that is asked.')
param url string

@description('Resource ids of the action groups that get the alert.')
param actionGroups array

// where the tests run from: of the public cloud as in Microsoft's template "Dynamic Web Test Creation"; those of the other
// clouds are not checked, and availabilityTest=false leaves the test out
var places = {
  AzureCloud: ['emea-nl-ams-azr', 'us-va-ash-azr', 'apac-sg-sin-azr']
  AzureUSGovernment: ['usgov-va-azr', 'usgov-phx-azr', 'usgov-tx-azr']
  AzureChinaCloud: ['mc-cne-azr', 'mc-cne2-azr', 'mc-cnn-azr']
}

resource test 'Microsoft.Insights/webtests@2022-06-15' = {
  name: 'health-gallerist-${suffix}'
  location: location
  // the portal finds the test of a component by this tag (documented)
  tags: union(tags, { 'hidden-link:${insightsId}': 'Resource' })
  kind: 'standard'
  properties: {
    SyntheticMonitorId: 'health-gallerist-${suffix}'
    Name: 'Gallerist: health'
    Kind: 'standard'
    Enabled: true
    Frequency: 900
    // an app that was scaled to zero has to start first
    Timeout: 120
    RetryEnabled: true
    Locations: [for place in places[environment().name]: { Id: place }]
    Request: { RequestUrl: url, HttpVerb: 'GET', ParseDependentRequests: false }
    ValidationRules: { ExpectedHttpStatusCode: 200, SSLCheck: true, SSLCertRemainingLifetimeCheck: 7 }
  }
}

resource alert 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'alert-health-${suffix}'
  location: 'global'
  tags: tags
  properties: {
    description: 'The app does not answer its health check with 200 from two places or more: it cannot work. The answer says why.'
    severity: 1
    enabled: true
    scopes: [test.id, insightsId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT30M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria'
      webTestId: test.id
      componentId: insightsId
      failedLocationCount: 2
    }
    actions: [for group in actionGroups: { actionGroupId: group }]
  }
}
