<#
.SYNOPSIS
Azure Automation runbook (PowerShell 7): starts the migration of managed images, waits until they end, and reports.

.DESCRIPTION
The same as start_migrations.py, with the same variables of the Automation account: GalleristUrl, GalleristFunctionKey, and
GalleristAudience if the API demands an Entra token. The job fails if any image was not migrated.

The project's tests do not run it: they have no PowerShell.
#>
param(
    # the resource id of a managed image, or the id of a subscription, for all of its images
    [Parameter(Mandatory)] [string] $Target,
    # with a subscription: a pattern of image names
    [string] $Name = '*'
)
$ErrorActionPreference = 'Stop'
$url = (Get-AutomationVariable -Name GalleristUrl).TrimEnd('/')

$headers = @{ }
$key = Get-AutomationVariable -Name GalleristFunctionKey -ErrorAction SilentlyContinue
if ($key) { $headers['x-functions-key'] = $key }
$audience = Get-AutomationVariable -Name GalleristAudience -ErrorAction SilentlyContinue
if ($audience) {
    Connect-AzAccount -Identity | Out-Null
    $token = (Get-AzAccessToken -ResourceUrl $audience -AsSecureString).Token | ConvertFrom-SecureString -AsPlainText
    $headers['Authorization'] = "Bearer $token"
}

function Send-Request($Method, $Uri, $Body) {
    $request = @{ Method = $Method; Uri = $Uri; Headers = $headers; SkipHttpErrorCheck = $true }
    if ($Body) { $request += @{ Body = ($Body | ConvertTo-Json); ContentType = 'application/json' } }
    $response = Invoke-WebRequest @request
    [pscustomobject]@{
        Status = $response.StatusCode
        Location = "$($response.Headers['Location'])"
        Wait = [int]("$($response.Headers['Retry-After'])" -as [int] ?? 30)
        Body = $response.Content | ConvertFrom-Json
    }
}

$images = @($Target)
if (-not $Target.StartsWith('/')) {
    $answer = Send-Request GET "$url/images?subscription=$Target"
    if ($answer.Status -ne 200) { throw "the images of $Target cannot be listed: HTTP $($answer.Status) $($answer.Body.detail)" }
    $images = @($answer.Body.images | Where-Object name -Like $Name | ForEach-Object id)
}

$problems = [ordered]@{ }
$running = [ordered]@{ }
foreach ($image in $images) {
    $answer = Send-Request POST "$url/migrations" @{ image = $image }
    # 202: started, 409: already running; both have its address
    if ($answer.Status -in 202, 409) { $running[$image] = $answer.Location }
    else { $problems[$image] = "HTTP $($answer.Status): $($answer.Body.detail)" }
}

# a contract test compares these with the app's own end states
$goodEnds = 'completed', 'skipped'
$badEnds = 'blocked', 'partial', 'unverified', 'failed', 'cancelled'
# Azure Automation unloads a job that has run for three hours (documented)
$deadline = (Get-Date).AddHours(2.5)
while ($running.Count -and (Get-Date) -lt $deadline) {
    $wait = 0
    foreach ($image in @($running.Keys)) {
        $answer = Send-Request GET $running[$image]
        $state = $answer.Body.state
        if ($state -in $goodEnds) { $running.Remove($image); Write-Output "${image}: $state" }
        elseif ($state -in $badEnds) {
            $running.Remove($image); $problems[$image] = "${state}: $($answer.Body.reason) $($answer.Body.fix)"
        }
        elseif ($answer.Status -ge 400 -and $answer.Status -lt 429) {
            $running.Remove($image); $problems[$image] = "HTTP $($answer.Status): $($answer.Body.detail)"
        }
        else { $wait = [Math]::Max($wait, $answer.Wait) }
    }
    if ($running.Count) { Start-Sleep -Seconds $wait }
}
foreach ($image in $running.Keys) { $problems[$image] = 'still running; run this runbook again to go on waiting' }

Write-Output "$($images.Count - $problems.Count) of $($images.Count) managed images are migrated"
if ($problems.Count) { throw (@('not migrated:') + ($problems.Keys | ForEach-Object { "${_}: $($problems[$_])" }) -join "`n") }
