# Asks for the health of the app from several places every quarter of an hour, and alerts when it does not answer with 200.

locals {
  tests_health = var.availability_test && !var.private_networking
}

resource "azapi_resource" "health" {
  count = local.tests_health ? 1 : 0

  type      = "Microsoft.Insights/webtests@2022-06-15"
  parent_id = azapi_resource.group.id
  name      = "health-gallerist-${local.suffix}"
  location  = var.location
  # the portal finds the test of a component by this tag (documented)
  tags = merge(local.tags, { "hidden-link:${azapi_resource.insights.id}" = "Resource" })

  body = {
    kind = "standard"
    properties = {
      SyntheticMonitorId = "health-gallerist-${local.suffix}"
      Name               = "Gallerist: health"
      Kind               = "standard"
      Enabled            = true
      Frequency          = 900
      # an app that was scaled to zero has to start first
      Timeout         = 120
      RetryEnabled    = true
      Locations       = [for place in local.cloud.places : { Id = place }]
      Request         = { RequestUrl = "https://${local.host_name}/api/health", HttpVerb = "GET", ParseDependentRequests = false }
      ValidationRules = { ExpectedHttpStatusCode = 200, SSLCheck = true, SSLCertRemainingLifetimeCheck = 7 }
    }
  }

  response_export_values = []
}

resource "azapi_resource" "health_alert" {
  count = local.tests_health ? 1 : 0

  type      = "Microsoft.Insights/metricAlerts@2018-03-01"
  parent_id = azapi_resource.group.id
  name      = "alert-health-${local.suffix}"
  location  = "global"
  tags      = local.tags

  body = {
    properties = {
      description         = "The app does not answer its health check with 200 from two places or more: it cannot work. The answer says why."
      severity            = 1
      enabled             = true
      scopes              = [azapi_resource.health[0].id, azapi_resource.insights.id]
      evaluationFrequency = "PT5M"
      windowSize          = "PT30M"
      criteria = {
        "odata.type"        = "Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria"
        webTestId           = azapi_resource.health[0].id
        componentId         = azapi_resource.insights.id
        failedLocationCount = 2
      }
      actions = [for receiver in local.receivers : { actionGroupId = receiver }]
    }
  }

  response_export_values = []
}
