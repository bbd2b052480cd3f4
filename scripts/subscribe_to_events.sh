#!/bin/sh
# The second step of a deployment: image events of the subscription go to the function. Run again, it changes nothing.
# azd runs it after each deployment, with the outputs of infra/main.bicep in the environment.
set -eu

: "${AZURE_SUBSCRIPTION_ID:?is the subscription that Gallerist was deployed to}"
: "${AZURE_LOCATION:?is an output of infra/main.bicep}"
: "${AZURE_RESOURCE_GROUP:?is an output of infra/main.bicep}"
: "${AZURE_FUNCTION_APP_NAME:?is an output of infra/main.bicep}"
: "${AZURE_FUNCTION_APP_ID:?is an output of infra/main.bicep}"
: "${GALLERIST_SYSTEM_TOPIC_ID:?is an output of infra/main.bicep}"
: "${GALLERIST_DEAD_LETTER_STORAGE_ID:?is an output of infra/main.bicep}"

# the function shows up some time after its package is there
tries=30
until az functionapp function show --only-show-errors --output none \
    --subscription "$AZURE_SUBSCRIPTION_ID" --resource-group "$AZURE_RESOURCE_GROUP" \
    --name "$AZURE_FUNCTION_APP_NAME" --function-name image_events; do
    tries=$((tries - 1))
    if [ "$tries" -eq 0 ]; then
        echo "the function image_events is not there; look at the function app's log stream, then run this again" >&2
        exit 1
    fi
    sleep 10
done

az deployment sub create --only-show-errors --output none \
    --subscription "$AZURE_SUBSCRIPTION_ID" --location "$AZURE_LOCATION" --name gallerist-events \
    --template-file "$(dirname "$0")/../infra/events.bicep" \
    --parameters systemTopicId="$GALLERIST_SYSTEM_TOPIC_ID" functionAppId="$AZURE_FUNCTION_APP_ID" \
    deadLetterStorageId="$GALLERIST_DEAD_LETTER_STORAGE_ID"
echo "image events of subscription $AZURE_SUBSCRIPTION_ID go to $AZURE_FUNCTION_APP_NAME"
