variable "subscription_scope" {
  description = "Resource id of the subscription."
  type        = string
}

variable "environment_name" {
  description = "Name of the environment."
  type        = string
}

variable "principal_id" {
  description = "Object id of the identity."
  type        = string
}

variable "tags" {
  description = "Tags of the resource group for the machines of proofs."
  type        = map(string)
  default     = {}
}

variable "parts" {
  description = "Names of the parts. Another name is refused: a misspelled part would be one without its roles."
  type        = list(string)

  validation {
    condition     = length(setsubtract(var.parts, ["verify", "promote", "references", "repoint", "retire", "strict", "retention", "notify"])) == 0
    error_message = "A part is one of verify, promote, references, repoint, retire, strict, retention and notify."
  }
}

variable "not_here" {
  description = "Parts that have nothing to do in this subscription, and get no role in it."
  type        = list(string)
  default     = []
}

variable "gallery_ids" {
  description = "Resource ids of the target galleries in this subscription."
  type        = list(string)
  default     = []
}

variable "proof_location" {
  description = "Region of the resource group for the machines of proofs. Needed for the part verify."
  type        = string
  default     = ""
}

variable "proof_resource_group" {
  description = "Name of the resource group for the machines of proofs; verify creates it. Empty means rg-<environment>-proofs."
  type        = string
  default     = ""
}

variable "proof_subnet_ids" {
  description = "Resource ids of the subnets for the machines of proofs in this subscription, separated by commas."
  type        = string
  default     = ""
}

variable "repoint_group_ids" {
  description = "Resource ids of the resource groups in this subscription whose scale sets may be re-pointed, separated by commas."
  type        = string
  default     = ""
}

variable "notify_topic_ids" {
  description = "Resource ids of the Event Grid topics for notices in this subscription, separated by commas."
  type        = string
  default     = ""
}
