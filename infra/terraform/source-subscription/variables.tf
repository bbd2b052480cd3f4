# The parameters of infra/source-subscription.bicep, with the same defaults.

variable "environment_name" {
  description = "Name of the environment of the app."
  type        = string
  nullable    = false
}

variable "resource_tags" {
  description = "Tags of the resource groups that are created."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "location" {
  description = "Region of the resource group for the system topic."
  type        = string
  nullable    = false
}

variable "principal_id" {
  description = "The output GALLERIST_PRINCIPAL_ID of the app's deployment."
  type        = string
  nullable    = false
}

variable "function_app_id" {
  description = "The output AZURE_FUNCTION_APP_ID of the app's deployment."
  type        = string
  nullable    = false
}

variable "dead_letter_storage_id" {
  description = "The output GALLERIST_DEAD_LETTER_STORAGE_ID of the app's deployment. Empty keeps no events that could not be delivered."
  type        = string
  default     = ""
  nullable    = false
}

variable "existing_system_topic_id" {
  description = "Resource id of the system topic of this subscription, if it has one. Empty creates one."
  type        = string
  default     = ""
  nullable    = false
}

variable "parts" {
  description = "The parts that are switched on, as in the app's deployment. Verify, retention and notify have nothing to do here."
  type        = string
  default     = ""
  nullable    = false
}

variable "repoint_group_ids" {
  description = "Resource ids of the resource groups in this subscription whose scale sets may be re-pointed, separated by commas."
  type        = string
  default     = ""
  nullable    = false
}

variable "workspace_resource_id" {
  description = "Resource id of the Log Analytics workspace for the log of failed deliveries. Empty keeps none."
  type        = string
  default     = ""
  nullable    = false
}

variable "alert_email" {
  description = "Mail address that receives the alerts on events of this subscription that were not delivered. Empty shows them only in the portal."
  type        = string
  default     = ""
  nullable    = false
}

variable "subscription_id" {
  description = "Id of the subscription. Empty means the one that the provider uses."
  type        = string
  default     = ""
  nullable    = false
}

variable "cloud" {
  description = "Cloud that everything is deployed to: public, usgovernment or china. The provider takes it as its environment."
  type        = string
  default     = "public"
  nullable    = false

  validation {
    condition     = contains(["public", "usgovernment", "china"], var.cloud)
    error_message = "cloud is one of public, usgovernment, china."
  }
}
