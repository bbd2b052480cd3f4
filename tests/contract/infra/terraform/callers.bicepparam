// Who may call, who gets the alerts, a policy in a blob, and a scheduler that shall keep its history for ever.
using '../../../../infra/main.bicep'

param environmentName = 'prod'
param location = 'westeurope'
param galleryIds = '/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/images/providers/Microsoft.Compute/galleries/golden, /subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/images/providers/Microsoft.Compute/galleries/silver'
param entraClientId = '99999999-9999-4999-8999-999999999999'
param allowedApplications = ['aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa']
param allowedPrincipals = ['bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb', 'cccccccc-cccc-4ccc-8ccc-cccccccccccc']
param alertEmail = 'images@contoso.com'
param stuckAfterHours = 30
param policyBlob = 'https://policies.blob.core.windows.net/policy/policy.yaml'
param durableBackend = 'scheduler'
param keepDays = 0
param schedulerAddresses = ['192.0.2.0/24']
param pythonVersion = '3.13'
param instanceMemoryMB = 4096
param maximumInstanceCount = 100
param allowKeysToApprove = true
