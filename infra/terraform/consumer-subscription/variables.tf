# The parameters of infra/consumer-subscription.bicep, with the same defaults.

variable "environment_name" {
  description = "Name of the environment of the app."
  type        = string
  nullable    = false
}

variable "principal_id" {
  description = "The output GALLERIST_PRINCIPAL_ID of the app's deployment."
  type        = string
  nullable    = false
}

variable "parts" {
  description = "The parts that are switched on, as in the app's deployment. Only promote, references, repoint and strict have something to do here."
  type        = string
  nullable    = false
}

variable "repoint_group_ids" {
  description = "Resource ids of the resource groups in this subscription whose scale sets may be re-pointed, separated by commas."
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
