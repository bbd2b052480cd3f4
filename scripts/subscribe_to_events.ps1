# The second step of a deployment, on Windows: does the same as subscribe_to_events.sh. A second run changes nothing.
# No test runs it: there is no PowerShell where the tests run.
$ErrorActionPreference = 'Stop'

$needed = 'AZURE_SUBSCRIPTION_ID', 'AZURE_LOCATION', 'AZURE_RESOURCE_GROUP', 'AZURE_FUNCTION_APP_NAME',
    'AZURE_FUNCTION_APP_ID', 'GALLERIST_SYSTEM_TOPIC_ID', 'GALLERIST_DEAD_LETTER_STORAGE_ID'
foreach ($name in $needed) {
    if (-not [Environment]::GetEnvironmentVariable($name)) { throw "$name is not set; set it to the output of infra/main.bicep with this name" }
}

# ARM lists a function some time after its package was uploaded
foreach ($try in 1..30) {
    az functionapp function show --only-show-errors --output none `
        --subscription $env:AZURE_SUBSCRIPTION_ID --resource-group $env:AZURE_RESOURCE_GROUP `
        --name $env:AZURE_FUNCTION_APP_NAME --function-name image_events
    if ($LASTEXITCODE -eq 0) { break }
    if ($try -eq 30) {
        throw "the function image_events of $env:AZURE_FUNCTION_APP_NAME did not appear within five minutes; " +
            "look for an error in the function app's log stream, then run this script again"
    }
    Start-Sleep -Seconds 10
}

az deployment sub create --only-show-errors --output none `
    --subscription $env:AZURE_SUBSCRIPTION_ID --location $env:AZURE_LOCATION --name gallerist-events `
    --template-file "$PSScriptRoot/../infra/events.bicep" `
    --parameters systemTopicId=$env:GALLERIST_SYSTEM_TOPIC_ID functionAppId=$env:AZURE_FUNCTION_APP_ID `
    deadLetterStorageId=$env:GALLERIST_DEAD_LETTER_STORAGE_ID
if ($LASTEXITCODE -ne 0) { throw 'the event subscriptions were not created; az names the cause above' }
Write-Output "Event Grid now sends the events of images and versions in subscription $env:AZURE_SUBSCRIPTION_ID to $env:AZURE_FUNCTION_APP_NAME"
