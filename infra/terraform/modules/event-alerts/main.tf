# Alerts on events about managed images that a system topic did not deliver. They are in the subscription of the topic.

variable "group_id" {
  description = "Resource id of the resource group."
  type        = string
}

variable "suffix" {
  description = "End of the names."
  type        = string
}

variable "tags" {
  description = "Tags of what is made."
  type        = map(string)
}

variable "system_topic_id" {
  description = "Resource id of the system topic."
  type        = string
}

variable "event_subscription_name" {
  description = "Name of the event subscription on that topic that sends the events of images."
  type        = string
}

variable "action_groups" {
  description = "Resource ids of the action groups that receive the alerts."
  type        = list(string)
}

locals {
  # A dead-lettered event was not delivered, but kept; a dropped one was not kept either. An event that fails for half an hour has had
  # six attempts (documented: the schedule of retries); a single one that a cold start fails is no alert.
  event_metrics = {
    DeadLetteredCount        = { window = "PT15M", threshold = 0 }
    DroppedEventCount        = { window = "PT15M", threshold = 0 }
    DeliveryAttemptFailCount = { window = "PT6H", threshold = 5 }
  }
}

resource "azapi_resource" "lost_events" {
  for_each = local.event_metrics

  type      = "Microsoft.Insights/metricAlerts@2018-03-01"
  parent_id = var.group_id
  name      = "alert-events-${lower(each.key)}-${var.suffix}"
  location  = "global"
  tags      = var.tags

  body = {
    properties = {
      description         = "Events about managed images were not delivered. The sweep finds their images. The table AegDeliveryFailureLogs has the reason."
      severity            = 3
      enabled             = true
      scopes              = [var.system_topic_id]
      evaluationFrequency = "PT5M"
      windowSize          = each.value.window
      criteria = {
        "odata.type" = "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria"
        allOf = [
          {
            criterionType   = "StaticThresholdCriterion"
            name            = "lost"
            metricNamespace = "Microsoft.EventGrid/systemTopics"
            metricName      = each.key
            # Not another environment's events, and not the hints about versions, whose loss harms nothing. Both spellings, for it is
            # not documented which one the metric has.
            dimensions = [
              {
                name     = "EventSubscriptionName"
                operator = "Include"
                values   = [var.event_subscription_name, upper(var.event_subscription_name)]
              },
            ]
            timeAggregation = "Total"
            operator        = "GreaterThan"
            threshold       = each.value.threshold
          },
        ]
      }
      actions = [for receiver in var.action_groups : { actionGroupId = receiver }]
    }
  }

  response_export_values = []
}
