// A page of the portal that shows how the migrations go, and the same queries in the query explorer of Log Analytics.
param suffix string
param location string
param tags object
param workspaceId string
param functionAppName string

var queries = map(
  loadJsonContent('../workbook.json').queries,
  item => union(item, { query: replace(item.query, '{app}', functionAppName) })
)

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, suffix, 'workbook')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Gallerist'
    category: 'workbook'
    sourceId: workspaceId
    serializedData: string({
      version: 'Notebook/1.0'
      items: map(queries, item => {
        type: 3
        name: item.name
        content: {
          version: 'KqlItem/1.0'
          title: item.title
          query: item.query
          size: 0
          timeContext: { durationMs: 604800000 }
          queryType: 0
          resourceType: 'microsoft.operationalinsights/workspaces'
          crossComponentResources: [workspaceId]
          visualization: item.visualization
        }
      })
      fallbackResourceIds: [workspaceId]
    })
  }
}

resource pack 'Microsoft.OperationalInsights/queryPacks@2023-09-01' = {
  name: 'pack-gallerist-${suffix}'
  location: location
  tags: tags
  properties: {}

  resource saved 'queries' = [
    for item in queries: {
      name: guid(resourceGroup().id, suffix, item.name)
      properties: {
        displayName: 'Gallerist: ${item.title}'
        body: item.query
        related: { resourceTypes: ['microsoft.operationalinsights/workspaces'] }
      }
    }
  ]
}
