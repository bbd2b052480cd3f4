# Requires an Entra token for the HTTP API: a caller needs one for the app registration in addition to the function key.

locals {
  # left out, the platform checks only that the token is for this app
  authorization_policy = merge(
    { for clients in [var.allowed_applications] : "allowedApplications" => clients if length(clients) > 0 },
    { for callers in [var.allowed_principals] : "allowedPrincipals" => { identities = callers } if length(callers) > 0 },
  )
}

# Sent whole, as Bicep does: an update would merge it with what is there, and keep a caller that was taken out.
resource "azapi_resource_action" "authentication" {
  count = var.entra_client_id == "" ? 0 : 1

  type        = "Microsoft.Web/sites/config@2024-04-01"
  resource_id = "${azapi_resource.app.id}/config/authsettingsV2"
  method      = "PUT"

  body = {
    properties = {
      platform = { enabled = true }
      globalValidation = {
        requireAuthentication       = true
        unauthenticatedClientAction = "Return401"
        # Event Grid authenticates with the webhook's own key, and a health probe does not authenticate. The page holds no data, and
        # offers the sign-in. Documents spell the webhook both ways, and none says whether case matters.
        excludedPaths = [
          "/runtime/webhooks/EventGrid",
          "/runtime/webhooks/eventgrid",
          "/api/health",
          "/api/dashboard",
          "/api/dashboard/*",
        ]
      }
      httpSettings = { requireHttps = true }
      login        = { tokenStore = { enabled = false } }
      identityProviders = {
        azureActiveDirectory = {
          enabled = true
          registration = {
            clientId = var.entra_client_id
            # the issuer of v2 tokens; the app registration has to ask for them, for only one issuer can stand here
            openIdIssuer = "${local.cloud.login}${data.azapi_client_config.current.tenant_id}/v2.0"
          }
          validation = merge(
            { allowedAudiences = [var.entra_client_id, "api://${var.entra_client_id}"] },
            { for policy in [local.authorization_policy] : "defaultAuthorizationPolicy" => policy if length(policy) > 0 },
          )
        }
      }
    }
  }

  response_export_values = []
  # both write the configuration of one site
  depends_on = [azapi_resource_action.settings]
}
