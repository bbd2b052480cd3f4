# The second step of a deployment, on Windows: does the same as subscribe_to_events.sh. A second run changes nothing.
$ErrorActionPreference = 'Stop'
# what az and curl return is looked at here
$PSNativeCommandUseErrorActionPreference = $false

$needed = [ordered]@{
    AZURE_ENV_NAME = 'the environmentName that infra/main.bicep was deployed with'
    AZURE_SUBSCRIPTION_ID = 'the id of the subscription that Gallerist was deployed to'
}
$outputs = 'AZURE_LOCATION', 'AZURE_RESOURCE_GROUP', 'AZURE_FUNCTION_APP_NAME', 'AZURE_FUNCTION_APP_ID',
    'GALLERIST_API_URL', 'GALLERIST_SYSTEM_TOPIC_ID'
foreach ($name in $outputs) { $needed[$name] = 'the output of infra/main.bicep with this name' }
foreach ($name in $needed.Keys) {
    if (-not [Environment]::GetEnvironmentVariable($name)) { throw "${name}: is not set; set it to $($needed[$name])" }
}
# what waits; it is called with a number of seconds
$pause = $env:GALLERIST_PAUSE_COMMAND ? $env:GALLERIST_PAUSE_COMMAND : 'Start-Sleep'

function Test-Health {
    # the last line is the status, 000 without an answer; what comes before it says why the app is not healthy
    $script:answer = @(curl --silent --show-error --max-time 30 --write-out '\n%{http_code}' "$env:GALLERIST_API_URL/health" 2>&1)
    "$($script:answer[-1])" -eq '200'
}

function Test-Function {
    $script:answer = @(az functionapp function show --only-show-errors --output none `
            --subscription $env:AZURE_SUBSCRIPTION_ID --resource-group $env:AZURE_RESOURCE_GROUP `
            --name $env:AZURE_FUNCTION_APP_NAME --function-name image_events 2>&1)
    $LASTEXITCODE -eq 0
}

function Invoke-EventDeployment {
    # a name at the scope of a subscription is bound to the region that it was first used with
    az deployment sub create --only-show-errors --output none `
        --subscription $env:AZURE_SUBSCRIPTION_ID --location $env:AZURE_LOCATION `
        --name "gallerist-events-$env:AZURE_ENV_NAME-$env:AZURE_LOCATION" `
        --template-file "$PSScriptRoot/../infra/events.bicep" `
        --parameters "environmentName=$env:AZURE_ENV_NAME" "systemTopicId=$env:GALLERIST_SYSTEM_TOPIC_ID" `
        "functionAppId=$env:AZURE_FUNCTION_APP_ID" "deadLetterStorageId=$env:GALLERIST_DEAD_LETTER_STORAGE_ID" | Out-Host
    $LASTEXITCODE -eq 0
}

# New role assignments take minutes to take effect, and until then the app answers with an error. From outside of a
# private network it cannot be asked; then ARM says whether the function is there.
if ($env:GALLERIST_PRIVATE_NETWORKING -eq 'true') {
    $ready, $what = 'Test-Function', "the function image_events of $env:AZURE_FUNCTION_APP_NAME is not listed"
}
else { $ready, $what = 'Test-Health', "$env:GALLERIST_API_URL/health does not answer with 200" }
$tries = 60
while (-not (& $ready)) {
    $tries -= 1
    if ($tries -eq 0) {
        throw (@("$what after ten minutes; the last answer was:") + $script:answer +
            "correct what it names, or look for an error in the function app's log stream, then run this script again") -join "`n"
    }
    & $pause 10
}

# Event Grid asks the app once whether it wants the events, and a host that just starts can be too slow to say so
# (reported by users: "Webhook validation handshake failed")
foreach ($seconds in 15, 30, 60, 120, 0) {
    if (Invoke-EventDeployment) {
        Write-Output "Event Grid now sends the events of images and versions in $env:AZURE_SUBSCRIPTION_ID to $env:AZURE_FUNCTION_APP_NAME"
        exit 0
    }
    if ($seconds) {
        Write-Warning "the event subscriptions were not created; another try in $seconds seconds"
        & $pause $seconds
    }
}
throw 'the event subscriptions were not created in five tries; az names the cause above'
