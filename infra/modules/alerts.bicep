// Alerts on migrations, promotions and retirements that did not complete, on stuck migrations, and on lost events, records
// and notices.
param suffix string
param location string
param tags object
param workspaceId string
param functionAppName string
param systemTopicId string

@description('Name of the event subscription on that topic that sends the events of images.')
param eventSubscriptionName string

@description('Mail address that receives the alerts. Empty means none.')
param email string

@description('After how many hours a migration that has not ended counts as stuck.')
param stuckAfterHours int

var receivers = empty(email) ? [] : [mail.id]

// the app's log lines have the form: migration <state> id=<id> image=<resource id> …
var failedQuery = '''
AppTraces
| where AppRoleName =~ '{app}'
| parse Message with 'migration ' state ' id=' id ' image=' image ' ' details
| where state in ('failed', 'blocked', 'partial', 'unverified')
| project TimeGenerated, state, id, image, details
'''

var stuckQuery = '''
AppTraces
| where AppRoleName =~ '{app}'
| parse Message with 'migration ' state ' id=' id ' image=' image ' ' *
| where isnotempty(id)
| summarize arg_max(TimeGenerated, state), started = maxif(TimeGenerated, state == 'started') by id, image
| where state !in ('completed', 'skipped', 'blocked', 'partial', 'unverified', 'failed', 'cancelled') and started < ago({hours}h)
'''

// … and: promotion <event> id=<id> … state=<state> by=…, the same of retirements, and: <id> failed: <reason>, of what a dead
// worker interrupted and was given up
var stoppedQuery = '''
AppTraces
| where AppRoleName =~ '{app}'
| parse Message with kind ' ' event ' id=' id ' ' subject ' state=' state ' by=' details
| parse Message with interrupted ' failed: ' why
| where (kind in ('promotion', 'retirement') and state in ('failed', 'paused'))
    or interrupted matches regex '^(batch|notice|promotion|repoint|restore|retention|retirement)-[^ ]+$'
| extend id = iff(isempty(state), interrupted, id)
| project TimeGenerated, id, state, subject, details, why
'''

// … and: evidence <kind> of <resource id> is lost: <reason>, and the same of notices
var lostRecordsQuery = '''
AppTraces
| where AppRoleName =~ '{app}'
| where Message matches regex '^(evidence|notice) [^ ]+ of .+ is (lost|given up after [0-9]+ attempts): '
| project TimeGenerated, Message
'''

resource mail 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(email)) {
  name: 'ag-gallerist-${suffix}'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'gallerist'
    emailReceivers: [{ name: 'mail', emailAddress: email, useCommonAlertSchema: true }]
  }
}

resource failed 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: 'alert-migration-failed-${suffix}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'Gallerist: a migration did not complete'
    description: 'A migration failed, was blocked, or completed in some regions only. The row has the image, the reason and the fix.'
    severity: 2
    enabled: true
    scopes: [workspaceId]
    // in a new workspace the table AppTraces does not exist yet
    skipQueryValidation: true
    evaluationFrequency: 'PT15M'
    windowSize: 'PT15M'
    criteria: {
      allOf: [
        {
          query: replace(failedQuery, '{app}', functionAppName)
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          dimensions: [{ name: 'image', operator: 'Include', values: ['*'] }]
        }
      ]
    }
    actions: { actionGroups: receivers }
  }
}

resource stopped 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: 'alert-part-failed-${suffix}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'Gallerist: a promotion or a retirement stopped'
    description: 'A promotion or a retirement failed, or a promotion waits for a person. The row has its id and the reason.'
    severity: 2
    enabled: true
    scopes: [workspaceId]
    // in a new workspace the table AppTraces does not exist yet
    skipQueryValidation: true
    evaluationFrequency: 'PT15M'
    windowSize: 'PT15M'
    criteria: {
      allOf: [
        {
          query: replace(stoppedQuery, '{app}', functionAppName)
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          dimensions: [{ name: 'id', operator: 'Include', values: ['*'] }]
        }
      ]
    }
    actions: { actionGroups: receivers }
  }
}

resource lostRecords 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: 'alert-records-lost-${suffix}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'Gallerist: a record or a notice was lost'
    description: 'A record could not be stored, or a notice could not be delivered for a day. The row has the reason.'
    severity: 3
    enabled: true
    scopes: [workspaceId]
    // in a new workspace the table AppTraces does not exist yet
    skipQueryValidation: true
    evaluationFrequency: 'PT1H'
    windowSize: 'PT1H'
    criteria: {
      allOf: [
        {
          query: replace(lostRecordsQuery, '{app}', functionAppName)
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
        }
      ]
    }
    actions: { actionGroups: receivers }
  }
}

resource stuck 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: 'alert-migration-stuck-${suffix}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'Gallerist: a migration is stuck'
    description: 'A migration started more than ${stuckAfterHours} hours ago and has not ended.'
    severity: 2
    enabled: true
    scopes: [workspaceId]
    // in a new workspace the table AppTraces does not exist yet
    skipQueryValidation: true
    evaluationFrequency: 'PT1H'
    windowSize: 'P2D'
    criteria: {
      allOf: [
        {
          query: replace(replace(stuckQuery, '{app}', functionAppName), '{hours}', string(stuckAfterHours))
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          dimensions: [{ name: 'image', operator: 'Include', values: ['*'] }]
        }
      ]
    }
    actions: { actionGroups: receivers }
  }
}

// a dead-lettered event was not delivered, but kept; a dropped one was not kept either
resource lost 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for metric in ['DeadLetteredCount', 'DroppedEventCount']: {
    name: 'alert-events-${toLower(metric)}-${suffix}'
    location: 'global'
    tags: tags
    properties: {
      description: 'Events about managed images were not delivered. The sweep finds their images. The table AegDeliveryFailureLogs has the reason.'
      severity: 3
      enabled: true
      scopes: [systemTopicId]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT15M'
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            criterionType: 'StaticThresholdCriterion'
            name: 'lost'
            metricNamespace: 'Microsoft.EventGrid/systemTopics'
            metricName: metric
            // Not another environment's events, and not the hints about versions, whose loss harms nothing. Both spellings,
            // for it is not documented which one the metric has.
            dimensions: [
              {
                name: 'EventSubscriptionName'
                operator: 'Include'
                values: [eventSubscriptionName, toUpper(eventSubscriptionName)]
              }
            ]
            timeAggregation: 'Total'
            operator: 'GreaterThan'
            threshold: 0
          }
        ]
      }
      actions: [for receiver in receivers: { actionGroupId: receiver }]
    }
  }
]
