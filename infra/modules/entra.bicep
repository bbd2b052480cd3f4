// Requires an Entra token for the HTTP API. The app, which GALLERIST_AUTHENTICATION tells of it, then asks for no function key, and
// refuses by itself what comes through here without a principal.
param functionAppName string

@description('Application (client) id of the app registration.')
param clientId string

@description('Client ids of the applications whose tokens are accepted: those of managed identities, and of what people sign in with. Empty accepts every application.')
param allowedApplications array

@description('Object ids of the people, managed identities and service principals that may call. Empty lets everybody call who can get a token.')
param allowedPrincipals array

// left out, the platform checks only that the token is for this app
var policy = union(
  empty(allowedApplications) ? {} : { allowedApplications: allowedApplications },
  empty(allowedPrincipals) ? {} : { allowedPrincipals: { identities: allowedPrincipals } }
)

resource app 'Microsoft.Web/sites@2024-04-01' existing = {
  name: functionAppName
}

resource authentication 'Microsoft.Web/sites/config@2024-04-01' = {
  parent: app
  name: 'authsettingsV2'
  properties: {
    platform: { enabled: true }
    globalValidation: {
      requireAuthentication: true
      unauthenticatedClientAction: 'Return401'
      // Event Grid authenticates with the webhook's own key, and a health probe does not authenticate. The page holds no
      // data, and offers the sign-in. Documents spell the webhook both ways, and none says whether case matters.
      excludedPaths: [
        '/runtime/webhooks/EventGrid'
        '/runtime/webhooks/eventgrid'
        '/api/health'
        '/api/dashboard'
        '/api/dashboard/*'
      ]
    }
    httpSettings: { requireHttps: true }
    login: { tokenStore: { enabled: false } }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          clientId: clientId
          // the issuer of v2 tokens; the app registration has to ask for them, for only one issuer can stand here
          openIdIssuer: '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
        }
        validation: union(
          { allowedAudiences: [clientId, 'api://${clientId}'] },
          empty(policy) ? {} : { defaultAuthorizationPolicy: policy }
        )
      }
    }
  }
}
