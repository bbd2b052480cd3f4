# The parameters of infra/gallery-subscription.bicep, with the same defaults.

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

variable "principal_id" {
  description = "The output GALLERIST_PRINCIPAL_ID of the app's deployment."
  type        = string
  nullable    = false
}

variable "gallery_ids" {
  description = "Resource ids of the target galleries. All of them are in this subscription."
  type        = list(string)
  nullable    = false
}

variable "parts" {
  description = "The parts that are switched on, as in the app's deployment. Retire has nothing to do here: it deletes images, not versions."
  type        = string
  default     = ""
  nullable    = false
}

variable "proof_resource_group" {
  description = "Name of the resource group for the machines of proofs; the part verify creates it. Empty means rg-<environment>-proofs."
  type        = string
  default     = ""
  nullable    = false
}

variable "location" {
  description = "Region of that resource group, and of the one for the system topic. There is no region of a deployment that could stand for it."
  type        = string
  nullable    = false
}

variable "proof_subnet_ids" {
  description = "Resource ids of the subnets for the machines of proofs in this subscription, separated by commas."
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

variable "notify_topic_ids" {
  description = "Resource ids of the Event Grid topics for notices in this subscription, separated by commas."
  type        = string
  default     = ""
  nullable    = false
}

variable "function_app_id" {
  description = "The output AZURE_FUNCTION_APP_ID of the app's deployment. Empty sends no events of versions; migrations then wait by their timers alone."
  type        = string
  default     = ""
  nullable    = false
}

variable "existing_system_topic_id" {
  description = "Resource id of the system topic of this subscription, if it has one. Empty creates one, the same as source-subscription.bicep does."
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
