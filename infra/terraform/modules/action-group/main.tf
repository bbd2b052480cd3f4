# Who receives alerts, by mail.

variable "group_id" {
  description = "Resource id of the resource group."
  type        = string
}

variable "suffix" {
  description = "End of the names."
  type        = string
}

variable "tags" {
  description = "Tags of what is made."
  type        = map(string)
}

variable "email" {
  description = "Mail address that receives the alerts."
  type        = string
}

resource "azapi_resource" "mail" {
  type      = "Microsoft.Insights/actionGroups@2023-01-01"
  parent_id = var.group_id
  name      = "ag-gallerist-${var.suffix}"
  location  = "global"
  tags      = var.tags

  body = {
    properties = {
      enabled        = true
      groupShortName = "gallerist"
      emailReceivers = [{ name = "mail", emailAddress = var.email, useCommonAlertSchema = true }]
    }
  }

  response_export_values = []
}

output "id" {
  description = "Resource id of the action group."
  value       = azapi_resource.mail.id
}
