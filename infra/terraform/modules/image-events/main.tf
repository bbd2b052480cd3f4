# Sends an event to the function for every managed image that is written, or whose tags are. The code must already be published.

variable "system_topic_id" {
  description = "Resource id of the system topic."
  type        = string
}

variable "function_app_id" {
  description = "Resource id of the function app. It can be in another subscription of the same tenant."
  type        = string
}

variable "dead_letter_storage_id" {
  description = "Resource id of the storage account with the dead-letters container. Empty keeps no events that could not be delivered."
  type        = string
}

variable "environment_name" {
  description = "Name of the environment. A subscription has one system topic, which its environments share: each has a name of its own."
  type        = string
}

resource "azapi_resource" "images" {
  type      = "Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15"
  parent_id = var.system_topic_id
  name      = "gallerist-images-${var.environment_name}"

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
        includedEventTypes = ["Microsoft.Resources.ResourceWriteSuccess"]
        advancedFilters = [
          {
            operatorType = "StringIn"
            key          = "data.operationName"
            # the portal and `az tag` write the tags of an image by themselves, as an operation of Microsoft.Resources
            values = ["Microsoft.Compute/images/write", "Microsoft.Resources/tags/write"]
          },
          {
            operatorType = "StringContains"
            key          = "subject"
            values       = ["/providers/Microsoft.Compute/images/"]
          },
        ]
      }
      retryPolicy = {
        maxDeliveryAttempts      = 30
        eventTimeToLiveInMinutes = 1440
      }
      deadLetterDestination = var.dead_letter_storage_id == "" ? null : {
        endpointType = "StorageBlob"
        properties = {
          resourceId        = var.dead_letter_storage_id
          blobContainerName = "dead-letters"
        }
      }
    }
  }

  response_export_values = []
}
