# Sends an event to the function for every image version that was written or that failed: a hint for the migration that waits for it.
# The code must already be published.

variable "system_topic_id" {
  description = "Resource id of the system topic."
  type        = string
}

variable "function_app_id" {
  description = "Resource id of the function app. It can be in another subscription of the same tenant."
  type        = string
}

variable "environment_name" {
  description = "Name of the environment. A subscription has one system topic, which its environments share: each has a name of its own."
  type        = string
}

resource "azapi_resource" "versions" {
  type      = "Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15"
  parent_id = var.system_topic_id
  name      = "gallerist-versions-${var.environment_name}"

  body = {
    properties = {
      eventDeliverySchema = "EventGridSchema"
      destination = {
        endpointType = "AzureFunction"
        properties = {
          resourceId                    = "${var.function_app_id}/functions/image_events"
          maxEventsPerBatch             = 1
          preferredBatchSizeInKilobytes = 64
        }
      }
      filter = {
        includedEventTypes = ["Microsoft.Resources.ResourceWriteSuccess", "Microsoft.Resources.ResourceWriteFailure"]
        advancedFilters = [
          {
            operatorType = "StringIn"
            key          = "data.operationName"
            values       = ["Microsoft.Compute/galleries/images/versions/write"]
          },
        ]
      }
      # a late hint is worth nothing, for the migration looks by its timer anyway: so it is not kept, either
      retryPolicy = {
        maxDeliveryAttempts      = 5
        eventTimeToLiveInMinutes = 10
      }
    }
  }

  response_export_values = []
}
