// Microsoft Entra in front of the app: callers need a token, and no function key.
using '../main.bicep'

param environmentName = 'prod'
param location = 'westeurope'
param galleryIds = '/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/images/providers/Microsoft.Compute/galleries/golden'
param entraClientId = '0f8fad5b-d9cb-469f-a165-70867728950e'
param allowedApplications = ['04b07795-8ddb-461a-bbee-02f9e1bf7b46', '0f8fad5b-d9cb-469f-a165-70867728950e']
param allowedPrincipals = ['3f0c9a5e-0000-4000-8000-00000000a111']
