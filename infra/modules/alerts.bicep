// Alerts on migrations, promotions and retirements that did not complete, on stuck migrations, on an app that stopped, and on
// lost records and notices. An alert stays until its condition is over: it looks at the newest line, not at a window.
param suffix string
param location string
param tags object
param workspaceId string
param functionAppName string
@description('Resource ids of the action groups that receive the alerts.')
param actionGroups array

@description('After how many hours a migration that has not ended counts as stuck.')
param stuckAfterHours int

// the app's log lines have the form: migration <state> id=<id> image=<resource id> …
// The newest end of an image counts, so its alert ends when another migration of the image completes; after two days, the
// longest that a query may look back, in any case.
var failedQuery = '''
AppTraces
| where AppRoleName =~ '{app}'
| parse Message with 'migration ' state ' id=' id ' image=' image ' ' details
| where isnotempty(id) and state != 'started'
| summarize arg_max(TimeGenerated, state, id, details) by image
| where state in ('failed', 'blocked', 'partial', 'unverified')
'''

// … and, once an hour: gauge running=<number> oldest_hours=<number> … last_sweep_minutes=<number> …, with none for what never was.
// What a person ended does not run any more, and is not in it.
var stuckQuery = '''
AppTraces
| where AppRoleName =~ '{app}' and Message startswith 'gauge '
| parse Message with * ' oldest_hours=' oldest_hours ' ' *
| summarize arg_max(TimeGenerated, oldest_hours, Message)
| where todouble(oldest_hours) > {hours}
'''

var sweepQuery = '''
AppTraces
| where AppRoleName =~ '{app}' and Message startswith 'gauge '
| parse Message with * ' last_sweep_minutes=' last_sweep_minutes ' ' *
| summarize arg_max(TimeGenerated, last_sweep_minutes, Message)
| where todouble(last_sweep_minutes) > 180
'''

// one row if the app has logged nothing for two days, or has lines older than three hours and no gauge since
var silentQuery = '''
AppTraces
| where AppRoleName =~ '{app}'
| summarize first = min(TimeGenerated), last = maxif(TimeGenerated, Message startswith 'gauge ')
| where isnull(first) or (first < ago(3h) and (isnull(last) or last < ago(3h)))
'''

// The last run of a function that starts something failed, or one of the last hour did. Answers to callers count from 500 on.
var startsQuery = '''
AppRequests
| where AppRoleName =~ '{app}'
| where OperationName in ('image_events', 'sweep', 'recover', 'gauge', 'keep_versions', 'sweep_proofs', 'forget_history') or ResultCode startswith '5'
| summarize failures = countif(Success == false and TimeGenerated > ago(1h)), arg_max(TimeGenerated, Success) by OperationName
| where failures > 0 or Success == false
'''

// … and: promotion <event> id=<id> … state=<state> by=…, the same of retirements, and: <id> failed: <reason>, of what a dead
// worker interrupted and was given up
var stoppedQuery = '''
AppTraces
| where AppRoleName =~ '{app}'
| parse Message with kind ' ' event ' id=' id ' ' subject ' state=' state ' by=' details
| parse Message with interrupted ' failed: ' why
| where (kind in ('promotion', 'retirement') and state in ('failed', 'paused'))
    or interrupted matches regex '^(batch|notice|promotion|repoint|restore|retention|retirement)-[^ ]+$'
| extend id = iff(isempty(state), interrupted, id)
| project TimeGenerated, id, state, subject, details, why
'''

// … and: evidence <kind> of <resource id> is lost: <reason>, and the same of notices
var lostRecordsQuery = '''
AppTraces
| where AppRoleName =~ '{app}'
| where Message matches regex '^(evidence|notice) [^ ]+ of .+ is (lost|given up after [0-9]+ attempts): '
| project TimeGenerated, Message
'''

var lookBack = 'P2D'
var rules = [
  {
    name: 'migration-failed'
    title: 'a migration did not complete'
    description: 'The last migration of an image failed, was blocked, or completed in some regions only. The row has the image, the reason and the fix.'
    query: failedQuery
    severity: 2
    frequency: 'PT15M'
    window: lookBack
    dimension: 'image'
  }
  {
    name: 'part-failed'
    title: 'a promotion or a retirement stopped'
    description: 'A promotion or a retirement failed, or a promotion waits for a person. The row has its id and the reason.'
    query: stoppedQuery
    severity: 2
    frequency: 'PT15M'
    // twice the frequency, for lines come late
    window: 'PT30M'
    dimension: 'id'
  }
  {
    name: 'records-lost'
    title: 'a record or a notice was lost'
    description: 'A record could not be stored, or a notice could not be delivered for a day. The row has the reason.'
    query: lostRecordsQuery
    severity: 3
    frequency: 'PT1H'
    window: 'PT2H'
    dimension: ''
  }
  {
    name: 'migration-stuck'
    title: 'a migration is stuck'
    description: 'A migration started more than ${stuckAfterHours} hours ago and has not ended.'
    query: stuckQuery
    severity: 2
    frequency: 'PT1H'
    window: lookBack
    dimension: ''
  }
  {
    name: 'sweep-late'
    title: 'the sweep does not run'
    description: 'The last sweep is more than three hours ago, so images whose events were lost are not found.'
    query: sweepQuery
    severity: 2
    frequency: 'PT1H'
    window: lookBack
    dimension: ''
  }
  {
    name: 'app-silent'
    title: 'the app does not run'
    description: 'The app has not logged its hourly gauge for three hours.'
    query: silentQuery
    severity: 1
    frequency: 'PT30M'
    window: lookBack
    dimension: ''
  }
  {
    name: 'starts-failed'
    title: 'a function fails'
    description: 'Events, timers or calls end in an error. The row has the function; the table AppExceptions has the errors.'
    query: startsQuery
    severity: 2
    frequency: 'PT15M'
    window: lookBack
    dimension: 'OperationName'
  }
]

resource logAlerts 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for rule in rules: {
    name: 'alert-${rule.name}-${suffix}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: 'Gallerist: ${rule.title}'
      description: rule.description
      severity: rule.severity
      enabled: true
      scopes: [workspaceId]
      // in a new workspace the tables do not exist yet
      skipQueryValidation: true
      evaluationFrequency: rule.frequency
      windowSize: rule.window
      // one mail when it begins, none while it lasts
      autoMitigate: true
      criteria: {
        allOf: [
          {
            query: replace(replace(rule.query, '{app}', functionAppName), '{hours}', string(stuckAfterHours))
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            dimensions: empty(rule.dimension) ? [] : [{ name: rule.dimension, operator: 'Include', values: ['*'] }]
          }
        ]
      }
      actions: { actionGroups: actionGroups }
    }
  }
]
