# Parameters of infra/main.bicep: networks, and who may call.

variable "private_networking" {
  description = "Whether storage accepts only private endpoints, and the HTTP API only the virtual network and Event Grid."
  type        = bool
  default     = false
  nullable    = false
}

variable "address_prefix" {
  description = "Address range of the virtual network, of 26 bits or fewer."
  type        = string
  default     = "10.40.0.0/16"
  nullable    = false
}

variable "existing_subnet_id" {
  description = "Resource id of the subnet that the app sends from, delegated to Microsoft.App/environments. Belongs together with existing_endpoint_subnet_id. Empty creates a network."
  type        = string
  default     = ""
  nullable    = false
}

variable "existing_endpoint_subnet_id" {
  description = "Resource id of the subnet for the private endpoints, in the same network. Empty creates a network."
  type        = string
  default     = ""
  nullable    = false
  validation {
    condition     = (var.existing_subnet_id == "") == (var.existing_endpoint_subnet_id == "")
    error_message = "existing_subnet_id and existing_endpoint_subnet_id belong together: give both of them or none."
  }
}

variable "existing_private_dns_zone_ids" {
  description = "Resource ids of private DNS zones, with the keys blob, queue, table and sites. A zone without a key here is created."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "scheduler_addresses" {
  description = "Addresses that can reach the Durable Task Scheduler."
  type        = list(string)
  default     = ["0.0.0.0/0"]
  nullable    = false
}

variable "entra_client_id" {
  description = "Application (client) id of an Entra app registration. Callers of the HTTP API then need a token for it. Empty means function keys alone."
  type        = string
  default     = ""
  nullable    = false
}

variable "allowed_applications" {
  description = "Client ids of the applications whose tokens are accepted. Empty accepts every application of the tenant."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "allowed_principals" {
  description = "Object ids of the people, managed identities and service principals that may call. Empty lets everybody call who can get a token."
  type        = list(string)
  default     = []
  nullable    = false
}
