// The identity reads the managed images of every subscription below a management group.
using '../mg.bicep'

param environmentName = 'prod'
param principalId = '55555555-5555-4555-8555-555555555555'
