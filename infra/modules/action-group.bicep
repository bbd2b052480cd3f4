// Who receives alerts, by mail.
param suffix string
param tags object
param email string

resource mail 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'ag-gallerist-${suffix}'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'gallerist'
    emailReceivers: [{ name: 'mail', emailAddress: email, useCommonAlertSchema: true }]
  }
}

output id string = mail.id
