// What watches the app: the alerts and who receives them, the availability test, the workbook.
param suffix string
param location string
param tags object
param workspaceId string
param insightsId string
param functionAppName string

param functionAppHost string

@description('Whether Azure asks the app for its health.')
param availabilityTest bool

param systemTopicId string

@description('Name of the event subscription on that topic that sends the events of images.')
param eventSubscriptionName string

@description('Mail address that receives the alerts. Empty means none.')
param email string

@description('After how many hours a migration that has not ended counts as stuck.')
param stuckAfterHours int

var actionGroups = empty(email) ? [] : [mail.?outputs.id ?? '']

module mail 'action-group.bicep' = if (!empty(email)) {
  name: 'action-group'
  params: {
    suffix: suffix
    tags: tags
    email: email
  }
}

module alerts 'alerts.bicep' = {
  name: 'alerts'
  params: {
    suffix: suffix
    location: location
    tags: tags
    workspaceId: workspaceId
    functionAppName: functionAppName
    actionGroups: actionGroups
    stuckAfterHours: stuckAfterHours
  }
}

module eventAlerts 'event-alerts.bicep' = {
  name: 'event-alerts'
  params: {
    suffix: suffix
    tags: tags
    systemTopicId: systemTopicId
    eventSubscriptionName: eventSubscriptionName
    actionGroups: actionGroups
  }
}

module availability 'availability.bicep' = if (availabilityTest) {
  name: 'availability'
  params: {
    suffix: suffix
    location: location
    tags: tags
    insightsId: insightsId
    url: 'https://${functionAppHost}/api/health'
    actionGroups: actionGroups
  }
}

module workbook 'workbook.bicep' = {
  name: 'workbook'
  params: {
    suffix: suffix
    location: location
    tags: tags
    workspaceId: workspaceId
    functionAppName: functionAppName
  }
}
