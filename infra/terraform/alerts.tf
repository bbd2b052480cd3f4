# Alerts on migrations, promotions and retirements that did not complete, on stuck migrations, on an app that stopped, and on lost
# events, records and notices. An alert stays until its condition is over: it looks at the newest line, not at a window.
# infra/modules/alerts.bicep says what each query looks for.

locals {
  receivers = module.mail[*].id
  look_back = "P2D"

  rules = {
    "migration-failed" = {
      title       = "a migration did not complete"
      description = "The last migration of an image failed, was blocked, or completed in some regions only. The row has the image, the reason and the fix."
      severity    = 2
      frequency   = "PT15M"
      window      = local.look_back
      dimensions  = ["image"]
      query       = <<-EOT
        AppTraces
        | where AppRoleName =~ '${azapi_resource.app.name}'
        | parse Message with 'migration ' state ' id=' id ' image=' image ' ' details
        | where isnotempty(id) and state != 'started'
        | summarize arg_max(TimeGenerated, state, id, details) by image
        | where state in ('failed', 'blocked', 'partial', 'unverified')
      EOT
    }
    "part-failed" = {
      title       = "a promotion or a retirement stopped"
      description = "A promotion or a retirement failed, or a promotion waits for a person. The row has its id and the reason."
      severity    = 2
      frequency   = "PT15M"
      # twice the frequency, for lines come late
      window     = "PT30M"
      dimensions = ["id"]
      query      = <<-EOT
        AppTraces
        | where AppRoleName =~ '${azapi_resource.app.name}'
        | parse Message with kind ' ' event ' id=' id ' ' subject ' state=' state ' by=' details
        | parse Message with interrupted ' failed: ' why
        | where (kind in ('promotion', 'retirement') and state in ('failed', 'paused'))
            or interrupted matches regex '^(batch|notice|promotion|repoint|restore|retention|retirement)-[^ ]+$'
        | extend id = iff(isempty(state), interrupted, id)
        | project TimeGenerated, id, state, subject, details, why
      EOT
    }
    "records-lost" = {
      title       = "a record or a notice was lost"
      description = "A record could not be stored, or a notice could not be delivered for a day. The row has the reason."
      severity    = 3
      frequency   = "PT1H"
      window      = "PT2H"
      dimensions  = []
      query       = <<-EOT
        AppTraces
        | where AppRoleName =~ '${azapi_resource.app.name}'
        | where Message matches regex '^(evidence|notice) [^ ]+ of .+ is (lost|given up after [0-9]+ attempts): '
        | project TimeGenerated, Message
      EOT
    }
    "migration-stuck" = {
      title       = "a migration is stuck"
      description = "A migration started more than ${var.stuck_after_hours} hours ago and has not ended."
      severity    = 2
      frequency   = "PT1H"
      window      = local.look_back
      dimensions  = []
      query       = <<-EOT
        AppTraces
        | where AppRoleName =~ '${azapi_resource.app.name}' and Message startswith 'gauge '
        | parse Message with * ' oldest_hours=' oldest_hours ' ' *
        | summarize arg_max(TimeGenerated, oldest_hours, Message)
        | where todouble(oldest_hours) > ${var.stuck_after_hours}
      EOT
    }
    "sweep-late" = {
      title       = "the sweep does not run"
      description = "The last sweep is more than three hours ago, so images whose events were lost are not found."
      severity    = 2
      frequency   = "PT1H"
      window      = local.look_back
      dimensions  = []
      query       = <<-EOT
        AppTraces
        | where AppRoleName =~ '${azapi_resource.app.name}' and Message startswith 'gauge '
        | parse Message with * ' last_sweep_minutes=' last_sweep_minutes ' ' *
        | summarize arg_max(TimeGenerated, last_sweep_minutes, Message)
        | where todouble(last_sweep_minutes) > 180
      EOT
    }
    "app-silent" = {
      title       = "the app does not run"
      description = "The app has not logged its hourly gauge for three hours."
      severity    = 1
      frequency   = "PT30M"
      window      = local.look_back
      dimensions  = []
      query       = <<-EOT
        AppTraces
        | where AppRoleName =~ '${azapi_resource.app.name}'
        | summarize first = min(TimeGenerated), last = maxif(TimeGenerated, Message startswith 'gauge ')
        | where isnull(first) or (first < ago(3h) and (isnull(last) or last < ago(3h)))
      EOT
    }
    "starts-failed" = {
      title       = "a function fails"
      description = "Events, timers or calls end in an error. The row has the function; the table AppExceptions has the errors."
      severity    = 2
      frequency   = "PT15M"
      window      = local.look_back
      dimensions  = ["OperationName"]
      query       = <<-EOT
        AppRequests
        | where AppRoleName =~ '${azapi_resource.app.name}'
        | where OperationName in ('image_events', 'sweep', 'recover', 'gauge', 'keep_versions', 'sweep_proofs', 'forget_history') or ResultCode startswith '5'
        | summarize failures = countif(Success == false and TimeGenerated > ago(1h)), arg_max(TimeGenerated, Success) by OperationName
        | where failures > 0 or Success == false
      EOT
    }
  }
}

module "mail" {
  source = "./modules/action-group"
  count  = var.alert_email == "" ? 0 : 1

  group_id = azapi_resource.group.id
  suffix   = local.suffix
  tags     = local.tags
  email    = var.alert_email
}

resource "azapi_resource" "log_alerts" {
  for_each = local.rules

  type      = "Microsoft.Insights/scheduledQueryRules@2023-12-01"
  parent_id = azapi_resource.group.id
  name      = "alert-${each.key}-${local.suffix}"
  location  = var.location
  tags      = local.tags

  body = {
    kind = "LogAlert"
    properties = {
      displayName = "Gallerist: ${each.value.title}"
      description = each.value.description
      severity    = each.value.severity
      enabled     = true
      scopes      = [local.workspace_id]
      # in a new workspace the tables do not exist yet
      skipQueryValidation = true
      evaluationFrequency = each.value.frequency
      windowSize          = each.value.window
      # one mail when it begins, none while it lasts
      autoMitigate = true
      criteria = {
        allOf = [
          {
            query           = each.value.query
            timeAggregation = "Count"
            operator        = "GreaterThan"
            threshold       = 0
            dimensions      = [for name in each.value.dimensions : { name = name, operator = "Include", values = ["*"] }]
          },
        ]
      }
      actions = { actionGroups = local.receivers }
    }
  }

  response_export_values = []
}

module "event_alerts" {
  source = "./modules/event-alerts"

  group_id                = azapi_resource.group.id
  suffix                  = local.suffix
  tags                    = local.tags
  system_topic_id         = local.system_topic_id
  event_subscription_name = "gallerist-images-${var.environment_name}"
  action_groups           = local.receivers
}
