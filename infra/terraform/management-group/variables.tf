# The parameters of infra/mg.bicep, with the same defaults.

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

variable "management_group_id" {
  description = "Name of the management group, the last part of its resource id."
  type        = string
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
