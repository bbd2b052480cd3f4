#!/bin/sh
# The second step of a deployment: creates the event subscriptions that send the events of images and versions to the function.
# azd runs it after each deployment, with the outputs of infra/main.bicep in the environment. A second run changes nothing.
set -eu

: "${AZURE_SUBSCRIPTION_ID:?is not set; set it to the id of the subscription that Gallerist was deployed to}"
: "${AZURE_LOCATION:?is not set; set it to the output of infra/main.bicep with this name}"
: "${AZURE_RESOURCE_GROUP:?is not set; set it to the output of infra/main.bicep with this name}"
: "${AZURE_FUNCTION_APP_NAME:?is not set; set it to the output of infra/main.bicep with this name}"
: "${AZURE_FUNCTION_APP_ID:?is not set; set it to the output of infra/main.bicep with this name}"
: "${GALLERIST_SYSTEM_TOPIC_ID:?is not set; set it to the output of infra/main.bicep with this name}"
: "${GALLERIST_DEAD_LETTER_STORAGE_ID:?is not set; set it to the output of infra/main.bicep with this name}"

# ARM lists a function some time after its package was uploaded
tries=30
until az functionapp function show --only-show-errors --output none \
    --subscription "$AZURE_SUBSCRIPTION_ID" --resource-group "$AZURE_RESOURCE_GROUP" \
    --name "$AZURE_FUNCTION_APP_NAME" --function-name image_events; do
    tries=$((tries - 1))
    if [ "$tries" -eq 0 ]; then
        echo "the function image_events of $AZURE_FUNCTION_APP_NAME did not appear within five minutes;" \
            "look for an error in the function app's log stream, then run this script again" >&2
        exit 1
    fi
    sleep 10
done

az deployment sub create --only-show-errors --output none \
    --subscription "$AZURE_SUBSCRIPTION_ID" --location "$AZURE_LOCATION" --name gallerist-events \
    --template-file "$(dirname "$0")/../infra/events.bicep" \
    --parameters systemTopicId="$GALLERIST_SYSTEM_TOPIC_ID" functionAppId="$AZURE_FUNCTION_APP_ID" \
    deadLetterStorageId="$GALLERIST_DEAD_LETTER_STORAGE_ID"
echo "Event Grid now sends the events of images and versions in $AZURE_SUBSCRIPTION_ID to $AZURE_FUNCTION_APP_NAME"
