# Parameters of infra/main.bicep: events, alerts, and what follows a migration.

variable "existing_system_topic_id" {
  description = "Resource id of the Event Grid system topic of this subscription, if it has one (it can have only one). Empty creates one."
  type        = string
  default     = ""
  nullable    = false
}

variable "dead_letters" {
  description = "Whether events that could not be delivered are kept. Their storage account accepts shared keys; where a policy forbids that, the sweep alone finds their images."
  type        = bool
  default     = true
  nullable    = false
}

variable "alert_email" {
  description = "Mail address that receives the alerts. Empty shows them only in the portal."
  type        = string
  default     = ""
  nullable    = false
}

variable "availability_test" {
  description = "Whether Azure asks the app for its health every quarter of an hour. Each test has its price. Not with private_networking: the tests come from the internet."
  type        = bool
  default     = true
  nullable    = false
}

variable "stuck_after_hours" {
  description = "After how many hours a migration that has not ended counts as stuck. Must be longer than the policy's replication deadline."
  type        = number
  default     = 26
  nullable    = false
  validation {
    condition     = var.stuck_after_hours >= 1
    error_message = "stuck_after_hours is 1 or more."
  }
}

variable "parts" {
  description = "What Gallerist may do after a migration, separated by commas: verify, promote, references, repoint, retire, strict, retention, notify. Empty means nothing."
  type        = string
  default     = ""
  nullable    = false
  validation {
    condition     = length(setsubtract(compact(split(",", lower(replace(var.parts, " ", "")))), ["verify", "promote", "references", "repoint", "retire", "strict", "retention", "notify"])) == 0
    error_message = "A part is one of verify, promote, references, repoint, retire, strict, retention and notify."
  }
}

variable "proof_resource_group" {
  description = "Name of the resource group for the machines of proofs; the part verify creates it. Empty means rg-<environment>-proofs."
  type        = string
  default     = ""
  nullable    = false
}

variable "proof_subnet_ids" {
  description = "Resource ids of the subnets for the machines of proofs, separated by commas. All of them are in this subscription."
  type        = string
  default     = ""
  nullable    = false
}

variable "repoint_group_ids" {
  description = "Resource ids of the resource groups whose scale sets may be re-pointed, separated by commas. All of them are in this subscription."
  type        = string
  default     = ""
  nullable    = false
}

variable "notify_topic_ids" {
  description = "Resource ids of the Event Grid topics for notices, separated by commas. All of them are in this subscription."
  type        = string
  default     = ""
  nullable    = false
}
