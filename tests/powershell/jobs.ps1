# Runs jobs of the PowerShell runbook as Azure Automation does, on a clock that only their pauses move: functions of these
# names come before the cmdlets. Takes the jobs as JSON from a file, and writes what each did as JSON to another.
param([string] $Runbook, [string] $Jobs, [string] $Results)

function Get-AutomationVariable {
    [CmdletBinding()] param([string] $Name)
    if (-not $variables.ContainsKey($Name)) { Write-Error "the variable $Name was not found"; return }
    $variables[$Name]
}

function Start-Sleep([int] $Milliseconds) { $slept.Add($Milliseconds) }

function Get-Date { [datetime]::Now.AddMilliseconds(($slept | Measure-Object -Sum).Sum) }

function Connect-AzAccount([switch] $Identity) { if (-not $Identity) { throw 'a job has no other account' } }

function Get-AzAccessToken($ResourceUrl, [switch] $AsSecureString) {
    if (-not $AsSecureString) { throw 'the token must not be plain text' }
    $token = [securestring]::new()
    "token for $ResourceUrl".ToCharArray() | ForEach-Object { $token.AppendChar($_) }
    @{ Token = $token }
}

$done = foreach ($job in Get-Content -Raw $Jobs | ConvertFrom-Json -AsHashtable) {
    $variables = $job.variables
    $slept = [Collections.Generic.List[int]]::new()
    $arguments = $job.arguments
    $output = [Collections.Generic.List[string]]::new()
    $failure = ''
    try { & $Runbook @arguments | ForEach-Object { $output.Add($_) } } catch { $failure = $_.Exception.Message }
    @{
        output = $output
        failure = @($failure -split "`n" | Where-Object { $_ })
        slept = @($slept | ForEach-Object { [Math]::Round($_ / 1000) })
    }
}
ConvertTo-Json @($done) -Depth 5 | Set-Content $Results
