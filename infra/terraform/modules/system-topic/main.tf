# The system topic of a subscription. A subscription can have only one.

variable "name" {
  description = "Name of the topic."
  type        = string
}

variable "group_id" {
  description = "Resource id of the resource group of the topic."
  type        = string
}

variable "subscription_scope" {
  description = "Resource id of the subscription whose events the topic has."
  type        = string
}

variable "tags" {
  description = "Tags of the topic."
  type        = map(string)
}

variable "logs" {
  description = "Whether failed deliveries are logged. A workspace that is still to be made has no id yet that could say so."
  type        = bool
}

variable "workspace_id" {
  description = "Resource id of the Log Analytics workspace for the log of failed deliveries."
  type        = string
}

resource "azapi_resource" "topic" {
  type      = "Microsoft.EventGrid/systemTopics@2025-02-15"
  parent_id = var.group_id
  name      = var.name
  # a subscription is not a regional resource, so its topic is global
  location = "global"
  tags     = var.tags

  body = {
    properties = {
      source    = var.subscription_scope
      topicType = "Microsoft.Resources.Subscriptions"
    }
  }

  response_export_values = []
}

resource "azapi_resource" "logs" {
  count = var.logs ? 1 : 0

  type      = "Microsoft.Insights/diagnosticSettings@2021-05-01-preview"
  parent_id = azapi_resource.topic.id
  name      = "delivery-failures"

  body = {
    properties = {
      workspaceId = var.workspace_id
      logs        = [{ category = "DeliveryFailures", enabled = true }]
    }
  }

  response_export_values = []
}

output "id" {
  description = "Resource id of the topic."
  value       = azapi_resource.topic.id
}
