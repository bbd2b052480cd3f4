// Alerts on events about managed images that a system topic did not deliver. They are in the subscription of the topic.
param suffix string
param tags object
param systemTopicId string

@description('Name of the event subscription on that topic that sends the events of images.')
param eventSubscriptionName string

@description('Resource ids of the action groups that receive the alerts.')
param actionGroups array

// A dead-lettered event was not delivered, but kept; a dropped one was not kept either. An event that fails for half an hour has
// had six attempts (documented: the schedule of retries); a single one that a cold start fails is no alert.
var eventMetrics = [
  { name: 'DeadLetteredCount', window: 'PT15M', threshold: 0 }
  { name: 'DroppedEventCount', window: 'PT15M', threshold: 0 }
  { name: 'DeliveryAttemptFailCount', window: 'PT6H', threshold: 5 }
]

resource lost 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for metric in eventMetrics: {
    name: 'alert-events-${toLower(metric.name)}-${suffix}'
    location: 'global'
    tags: tags
    properties: {
      description: 'Events about managed images were not delivered. The sweep finds their images. The table AegDeliveryFailureLogs has the reason.'
      severity: 3
      enabled: true
      scopes: [systemTopicId]
      evaluationFrequency: 'PT5M'
      windowSize: metric.window
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            criterionType: 'StaticThresholdCriterion'
            name: 'lost'
            metricNamespace: 'Microsoft.EventGrid/systemTopics'
            metricName: metric.name
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
            threshold: metric.threshold
          }
        ]
      }
      actions: [for receiver in actionGroups: { actionGroupId: receiver }]
    }
  }
]
