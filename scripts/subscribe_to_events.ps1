# The second step of a deployment, on Windows: the same as subscribe_to_events.sh. Run again, it changes nothing.
# Not run by the project's tests: there is no PowerShell where they run.
$ErrorActionPreference = 'Stop'

$needed = 'AZURE_SUBSCRIPTION_ID', 'AZURE_LOCATION', 'AZURE_RESOURCE_GROUP', 'AZURE_FUNCTION_APP_NAME',
    'AZURE_FUNCTION_APP_ID', 'GALLERIST_SYSTEM_TOPIC_ID', 'GALLERIST_DEAD_LETTER_STORAGE_ID'
foreach ($name in $needed) {
    if (-not [Environment]::GetEnvironmentVariable($name)) { throw "$name is not set; it is an output of infra/main.bicep" }
}

# the function shows up some time after its package is there
foreach ($try in 1..30) {
    az functionapp function show --only-show-errors --output none `
        --subscription $env:AZURE_SUBSCRIPTION_ID --resource-group $env:AZURE_RESOURCE_GROUP `
        --name $env:AZURE_FUNCTION_APP_NAME --function-name image_events
    if ($LASTEXITCODE -eq 0) { break }
    if ($try -eq 30) { throw 'the function image_events is not there; look at the log stream, then run this again' }
    Start-Sleep -Seconds 10
}

az deployment sub create --only-show-errors --output none `
    --subscription $env:AZURE_SUBSCRIPTION_ID --location $env:AZURE_LOCATION --name gallerist-events `
    --template-file "$PSScriptRoot/../infra/events.bicep" `
    --parameters systemTopicId=$env:GALLERIST_SYSTEM_TOPIC_ID functionAppId=$env:AZURE_FUNCTION_APP_ID `
    deadLetterStorageId=$env:GALLERIST_DEAD_LETTER_STORAGE_ID
if ($LASTEXITCODE -ne 0) { throw 'the event subscription was not made' }
Write-Output "image events of subscription $env:AZURE_SUBSCRIPTION_ID go to $env:AZURE_FUNCTION_APP_NAME"
