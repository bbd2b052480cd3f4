<#
.SYNOPSIS
Azure Automation runbook (PowerShell 7): starts the migration of managed images, waits until they end, and reports.

.DESCRIPTION
The same as start_migrations.py, with the same variables of the Automation account: GalleristUrl; GalleristFunctionKey,
or GalleristAudience if Microsoft Entra is in front of the API; and GalleristTimeoutSeconds if 60 seconds are not enough
for an answer. The job fails if any image was not migrated. A test runs both against the same answers.
#>
param(
    # the resource id of a managed image, or the id of a subscription, for all of its images
    [Parameter(Mandatory)] [string] $Target,
    # with a subscription: a pattern of image names; * stands for any characters, ? for one, and upper and lower case are
    # the same
    [string] $Name = '*'
)
$ErrorActionPreference = 'Stop'

# a contract test compares these with the app's own end states
$goodEnds = 'completed', 'skipped'
$badEnds = 'blocked', 'partial', 'unverified', 'failed', 'cancelled'
# used where an answer has no Retry-After
$pollSeconds = 30
# how often a list or a start that is refused for now is asked for
$tries = 10
# Azure Automation unloads a job that has run for three hours (documented)
$deadline = (Get-Date).AddHours(2.5)
# of an answer that is no JSON, such as the HTML page of a gateway
$longestText = 200

function Get-AccountVariable($VariableName, $Default) {
    $value = Get-AutomationVariable -Name $VariableName -ErrorAction SilentlyContinue
    if ($null -ne $value) { return "$value" }
    if ($null -eq $Default) { throw "the Automation account has no variable $VariableName; create it" }
    $Default
}

# in seconds
function Get-TimeLeft { ($deadline - (Get-Date)).TotalSeconds }

# not beyond the end of the job
function Wait-Pause($Seconds) {
    Start-Sleep -Milliseconds ([Math]::Max(0, [Math]::Min($Seconds, (Get-TimeLeft))) * 1000)
}

# The content is read as bytes: PowerShell makes text only of the media types that it knows, and problem+json is none.
function ConvertTo-Answer($Response) {
    $text = [Text.Encoding]::UTF8.GetString($Response.RawContentStream.ToArray())
    # a hashtable can have members whose names differ only in their case
    try { $body = ConvertFrom-Json $text -AsHashtable -NoEnumerate } catch { $body = $null }
    if ($body -isnot [Collections.IDictionary]) {
        $line = (-split $text) -join ' '
        $body = @{ detail = $line.Substring(0, [Math]::Min($line.Length, $longestText)) }
    }
    $retryAfter = "$($Response.Headers['Retry-After'])"
    @{
        Status = [int]$Response.StatusCode
        Location = "$($Response.Headers['Location'])"
        # '' -as [int] is 0, not nothing
        Wait = $retryAfter -match '^[0-9]{1,6}$' ? [Math]::Max(1, [int]$retryAfter) : $pollSeconds
        Body = $body
    }
}

# Follows no redirect: it would send the key to another address, and make a GET of a POST.
function Send-Request($Method, $Uri, $Body) {
    $request = @{
        Method = $Method; Uri = $Uri; Headers = $headers; TimeoutSec = $timeout
        MaximumRedirection = 0; SkipHttpErrorCheck = $true; ErrorAction = 'SilentlyContinue'
        ContentType = 'application/json'
    }
    if ($Body) { $request.Body = [Text.Encoding]::UTF8.GetBytes((ConvertTo-Json $Body)) }
    try { ConvertTo-Answer (Invoke-WebRequest @request) }
    catch { @{ Status = 0; Location = ''; Wait = $pollSeconds; Body = @{ detail = $_.Exception.Message } } }
}

# the same request may succeed later
function Test-Temporary($Answer) { $Answer.Status -in 0, 408, 429 -or $Answer.Status -ge 500 }

# the same request fails again; a redirect leads to a page for people
function Test-Refusal($Answer) { $Answer.Status -ge 300 -and -not (Test-Temporary $Answer) }

# Repeats a request that is refused for now, as Retry-After says. A repeated start migrates no image twice.
function Send-RequestPatiently($Method, $Uri, $Body) {
    $answer = Send-Request $Method $Uri $Body
    for ($try = 1; $try -lt $tries -and (Test-Temporary $answer) -and (Get-TimeLeft) -gt 0; $try++) {
        Wait-Pause $answer.Wait
        $answer = Send-Request $Method $Uri $Body
    }
    $answer
}

function Format-Problem($Answer) {
    $detail = $Answer.Body['detail'] ? $Answer.Body['detail'] : 'no reason given'
    $Answer.Status ? "HTTP $($Answer.Status): $detail" : "no answer: $detail"
}

# An answer with only a part of the images is asked for again until all are read.
function Read-ImageList($Subscription) {
    while ($true) {
        $answer = Send-RequestPatiently GET "$url/images?subscription=$([uri]::EscapeDataString($Subscription))"
        if ($answer.Status -ne 200 -or -not $answer.Body.Contains('images')) {
            throw "the images of $Subscription cannot be listed: $(Format-Problem $answer)"
        }
        $unread = $answer.Body['unread']
        if (-not $unread) { return $answer.Body }
        if ((Get-TimeLeft) -le 0) { throw "the images of $Subscription cannot all be read: $($unread['reason'])" }
        Wait-Pause $answer.Wait
    }
}

if ($Name -notmatch '^[A-Za-z0-9._*?-]+\z') {
    throw "the pattern $Name matches no image: use letters, digits, '.', '_', '-', and the wildcards * and ?"
}
$url = (Get-AccountVariable GalleristUrl).TrimEnd('/')
if ($url -cnotmatch '^https?://') { throw "the variable GalleristUrl is $url; it must begin with https://" }
$timeout = [int](Get-AccountVariable GalleristTimeoutSeconds 60)
$headers = @{ }
$key = Get-AccountVariable GalleristFunctionKey ''
if ($key) { $headers['x-functions-key'] = $key }
$audience = Get-AccountVariable GalleristAudience ''
if ($audience) {
    Connect-AzAccount -Identity | Out-Null
    $token = (Get-AzAccessToken -ResourceUrl $audience -AsSecureString).Token | ConvertFrom-SecureString -AsPlainText
    $headers['Authorization'] = "Bearer $token"
}

$images = @($Target)
$gaps = @()
if (-not $Target.StartsWith('/')) {
    $listed = Read-ImageList $Target
    $images = @($listed['images'] | Where-Object { $_['name'] -like $Name } | ForEach-Object { $_['id'] })
    $gaps = @($listed['unreadable'] | Where-Object { $_ })
}

$problems = [ordered]@{ }
$running = [ordered]@{ }
foreach ($image in $images) {
    if ((Get-TimeLeft) -le 0) { $problems[$image] = 'not started in time; run this runbook again'; continue }
    $answer = Send-RequestPatiently POST "$url/migrations" @{ image = $image }
    # 202: started, 409: already running; both have its address
    if ($answer.Location -and $answer.Status -in 202, 409) {
        Write-Output "${image}: $($answer.Status -eq 202 ? 'started' : 'already running')"
        $running[$image] = $answer.Location
    }
    else { $problems[$image] = Format-Problem $answer }
}

while ($running.Count -and (Get-TimeLeft) -gt 0) {
    $wait = 0
    foreach ($image in @($running.Keys)) {
        $answer = Send-Request GET $running[$image]
        $state = $answer.Body['state']
        if (Test-Refusal $answer) { $state = $problems[$image] = Format-Problem $answer }
        elseif ($state -cin $badEnds) {
            $problems[$image] = ($state, $answer.Body['reason'], $answer.Body['fix'] | Where-Object { $_ }) -join ': '
        }
        elseif ($state -cnotin $goodEnds) { $wait = [Math]::Max($wait, $answer.Wait); continue }
        $running.Remove($image)
        Write-Output "${image}: $state"
    }
    if ($running.Count) { Wait-Pause $wait }
}
foreach ($image in $running.Keys) { $problems[$image] = 'still running; run this runbook again to go on waiting' }

Write-Output "$($images.Count - $problems.Count) of $($images.Count) managed images are migrated"
$lines = @($gaps | ForEach-Object { "$($_['id']): cannot be read: $($_['reason']): $($_['fix'])" })
$lines += @($problems.Keys | ForEach-Object { "${_}: $($problems[$_])" })
if ($lines) { throw (@('not migrated:') + $lines) -join "`n" }
