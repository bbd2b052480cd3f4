# The parameters of infra/main.bicep, with the same defaults; the cloud is the one more that Terraform cannot ask Azure for.

variable "environment_name" {
  description = "Name of the environment. It is part of the names of all resources."
  type        = string
  nullable    = false
  validation {
    condition     = length(var.environment_name) >= 1 && length(var.environment_name) <= 32
    error_message = "environment_name has 1 to 32 letters."
  }
}

variable "location" {
  description = "Region of the function app and its storage. It must offer Flex Consumption."
  type        = string
  nullable    = false
}

variable "python_version" {
  description = "Python version of the function app."
  type        = string
  default     = "3.12"
  nullable    = false
  validation {
    condition     = contains(["3.11", "3.12", "3.13"], var.python_version)
    error_message = "python_version is one of 3.11, 3.12, 3.13."
  }
}

variable "instance_memory_mb" {
  description = "Memory of each instance of the function app, in MB."
  type        = number
  default     = 2048
  nullable    = false
  validation {
    condition     = contains([512, 2048, 4096], var.instance_memory_mb)
    error_message = "instance_memory_mb is one of 512, 2048, 4096."
  }
}

variable "maximum_instance_count" {
  description = "Maximum number of instances of the function app. Flex Consumption took no less than 40 for long."
  type        = number
  default     = 40
  nullable    = false
  validation {
    condition     = var.maximum_instance_count >= 40 && var.maximum_instance_count <= 1000
    error_message = "maximum_instance_count is 40 to 1000."
  }
}

variable "durable_backend" {
  description = "Where Durable Functions stores its state: in the storage account, or in a Durable Task Scheduler (for thousands of images at once)."
  type        = string
  default     = "storage"
  nullable    = false
  validation {
    condition     = contains(["storage", "scheduler"], var.durable_backend)
    error_message = "durable_backend is one of storage, scheduler."
  }
}

variable "storage_sku" {
  description = "Redundancy of the app's storage. Choose Standard_LRS in a region without zone-redundant storage."
  type        = string
  default     = "Standard_ZRS"
  nullable    = false
  validation {
    condition     = contains(["Standard_ZRS", "Standard_LRS", "Standard_GRS", "Standard_GZRS"], var.storage_sku)
    error_message = "storage_sku is one of Standard_ZRS, Standard_LRS, Standard_GRS, Standard_GZRS."
  }
}

variable "gallery_ids" {
  description = "Resource ids of the target galleries in this subscription, separated by commas. Gallerist can write only into these."
  type        = string
  nullable    = false
  validation {
    condition     = length(var.gallery_ids) >= 1
    error_message = "gallery_ids has 1 letter or more."
  }
}

variable "subscriptions" {
  description = "Ids of the subscriptions that the sweep checks and whose images and galleries the API lists, separated by commas. Empty means this subscription."
  type        = string
  default     = ""
  nullable    = false
}

variable "policy_file" {
  description = "Path of the policy inside the package."
  type        = string
  default     = "policy.yaml"
  nullable    = false
}

variable "policy_blob" {
  description = "URL of a blob with the policy that the app can read. Empty means the file in the package."
  type        = string
  default     = ""
  nullable    = false
}

variable "resource_tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "resource_group_name" {
  description = "Name of the resource group. One that exists has to be imported first. One environment for each group. Empty means rg-<environment>."
  type        = string
  default     = ""
  nullable    = false
}

variable "workspace_resource_id" {
  description = "Resource id of a Log Analytics workspace for logs and traces. Empty creates one."
  type        = string
  default     = ""
  nullable    = false
}

variable "always_ready_instances" {
  description = "How many instances are always ready. Each has its price."
  type        = number
  default     = 0
  nullable    = false
  validation {
    condition     = var.always_ready_instances >= 0 && var.always_ready_instances <= 20
    error_message = "always_ready_instances is 0 to 20."
  }
}

variable "sweep_schedule" {
  description = "When the sweep runs, which finds images whose events were lost. NCRONTAB with six fields."
  type        = string
  default     = "0 17 * * * *"
  nullable    = false
}

variable "recovery_schedule" {
  description = "How often migrations and batches are continued that a dead worker interrupted. NCRONTAB with six fields."
  type        = string
  default     = "0 */2 * * * *"
  nullable    = false
}

variable "proof_sweep_schedule" {
  description = "When machines are looked for that proofs left behind. NCRONTAB with six fields."
  type        = string
  default     = "0 47 * * * *"
  nullable    = false
}

variable "retention_schedule" {
  description = "When the retention of versions starts. NCRONTAB with six fields."
  type        = string
  default     = "0 12 4 * * *"
  nullable    = false
}

variable "keep_days" {
  description = "How many days the history of ended migrations and batches is kept. 0 keeps it for ever."
  type        = number
  default     = 90
  nullable    = false
  validation {
    condition     = var.keep_days >= 0
    error_message = "keep_days is 0 or more."
  }
}

variable "webhook_hosts" {
  description = "Hosts that notices may be sent to, as in the policy's webhooks, separated by commas."
  type        = string
  default     = ""
  nullable    = false
}

variable "allow_keys_to_approve" {
  description = "Whether callers with a function key alone may approve, promote, re-point and freeze. A key names nobody."
  type        = bool
  default     = false
  nullable    = false
}

variable "arm_endpoint" {
  description = "ARM endpoint. Empty means that of the cloud of the deployment."
  type        = string
  default     = ""
  nullable    = false
}

variable "arm_audience" {
  description = "Audience of the tokens for that endpoint. Empty means that of the cloud."
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
