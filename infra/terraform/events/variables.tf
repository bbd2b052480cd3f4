# The parameters of infra/events.bicep, with the same defaults.

variable "environment_name" {
  description = "Name of the environment of the first step: letters, digits and hyphens, for it is part of the names of the event subscriptions."
  type        = string
  nullable    = false
}

variable "system_topic_id" {
  description = "The output GALLERIST_SYSTEM_TOPIC_ID of the first step."
  type        = string
  nullable    = false
}

variable "function_app_id" {
  description = "The output AZURE_FUNCTION_APP_ID of the first step."
  type        = string
  nullable    = false
}

variable "dead_letter_storage_id" {
  description = "The output GALLERIST_DEAD_LETTER_STORAGE_ID of the first step. Empty keeps no events that could not be delivered."
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
