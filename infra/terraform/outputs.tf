# The outputs of infra/main.bicep under the same names, so that the scripts which follow a deployment find them.

output "GALLERIST_API_URL" {
  description = "Address of the HTTP API."
  value       = "https://${local.host_name}/api"
}

output "AZURE_FUNCTION_APP_NAME" {
  description = "Name of the function app that the code is published to."
  value       = azapi_resource.app.name
}

output "AZURE_FUNCTION_APP_ID" {
  description = "Resource id of the function app. Other source subscriptions send their events to it."
  value       = azapi_resource.app.id
}

output "AZURE_RESOURCE_GROUP" {
  description = "Name of the resource group."
  value       = azapi_resource.group.name
}

output "AZURE_LOCATION" {
  description = "Region of the function app and its storage."
  value       = var.location
}

output "AZURE_TENANT_ID" {
  description = "Id of the tenant."
  value       = data.azapi_client_config.current.tenant_id
}

output "GALLERIST_PRINCIPAL_ID" {
  description = "Object id of the identity. Other subscriptions assign their roles to it."
  value       = local.principal_id
}

output "GALLERIST_DEAD_LETTER_STORAGE_ID" {
  description = "Resource id of the storage account that keeps undelivered events. Empty without dead_letters."
  value       = var.dead_letters ? azapi_resource.dead_letters[0].id : ""
}

output "GALLERIST_WORKSPACE_ID" {
  description = "Resource id of the Log Analytics workspace. The topics of other subscriptions can log to it."
  value       = local.workspace_id
}

output "GALLERIST_STORAGE_ACCOUNT_ID" {
  description = "Resource id of the app's own storage account."
  value       = azapi_resource.storage.id
}

output "GALLERIST_POLICY_CONTAINER_URL" {
  description = "URL of the container in that account that the app can read a policy from."
  value       = local.policy_container_url
}

output "GALLERIST_SYSTEM_TOPIC_ID" {
  description = "Resource id of the Event Grid system topic that the event subscription belongs to."
  value       = local.system_topic_id
}
