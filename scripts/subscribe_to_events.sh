#!/bin/sh
# The second step of a deployment: creates the event subscriptions that send the events of images and versions to the function.
# azd runs it after each deployment, with the outputs of infra/main.bicep in the environment. A second run changes nothing.
# subscribe_to_events.ps1 does the same on Windows.
set -eu

: "${AZURE_ENV_NAME:?is not set; set it to the environmentName that infra/main.bicep was deployed with}"
: "${AZURE_SUBSCRIPTION_ID:?is not set; set it to the id of the subscription that Gallerist was deployed to}"
: "${AZURE_LOCATION:?is not set; set it to the output of infra/main.bicep with this name}"
: "${AZURE_RESOURCE_GROUP:?is not set; set it to the output of infra/main.bicep with this name}"
: "${AZURE_FUNCTION_APP_NAME:?is not set; set it to the output of infra/main.bicep with this name}"
: "${AZURE_FUNCTION_APP_ID:?is not set; set it to the output of infra/main.bicep with this name}"
: "${GALLERIST_API_URL:?is not set; set it to the output of infra/main.bicep with this name}"
: "${GALLERIST_SYSTEM_TOPIC_ID:?is not set; set it to the output of infra/main.bicep with this name}"
# without dead letters it is empty
dead_letters=${GALLERIST_DEAD_LETTER_STORAGE_ID:-}
# what waits; it is called with a number of seconds
pause=${GALLERIST_PAUSE_COMMAND:-sleep}
output=''

app_is_healthy() {
    # the last line is the status, 000 without an answer; what comes before it says why the app is not healthy
    output=$(curl --silent --show-error --max-time 30 --write-out '\n%{http_code}' "$GALLERIST_API_URL/health" 2>&1) || true
    [ "$(printf '%s\n' "$output" | tail -n 1)" = 200 ]
}

function_is_listed() {
    output=$(az functionapp function show --only-show-errors --output none \
        --subscription "$AZURE_SUBSCRIPTION_ID" --resource-group "$AZURE_RESOURCE_GROUP" \
        --name "$AZURE_FUNCTION_APP_NAME" --function-name image_events 2>&1)
}

create_event_subscriptions() {
    # a name at the scope of a subscription is bound to the region that it was first used with
    az deployment sub create --only-show-errors --output none \
        --subscription "$AZURE_SUBSCRIPTION_ID" --location "$AZURE_LOCATION" \
        --name "gallerist-events-$AZURE_ENV_NAME-$AZURE_LOCATION" \
        --template-file "$(dirname "$0")/../infra/events.bicep" \
        --parameters environmentName="$AZURE_ENV_NAME" systemTopicId="$GALLERIST_SYSTEM_TOPIC_ID" \
        functionAppId="$AZURE_FUNCTION_APP_ID" deadLetterStorageId="$dead_letters"
}

# New role assignments take minutes to take effect, and until then the app answers with an error. From outside of a
# private network it cannot be asked; then ARM says whether the function is there.
if [ "${GALLERIST_PRIVATE_NETWORKING:-false}" = true ]; then
    ready=function_is_listed what="the function image_events of $AZURE_FUNCTION_APP_NAME is not listed"
else
    ready=app_is_healthy what="$GALLERIST_API_URL/health does not answer with 200"
fi
tries=60
until "$ready"; do
    tries=$((tries - 1))
    if [ "$tries" -eq 0 ]; then
        echo "$what after ten minutes; the last answer was:" >&2
        printf '%s\n' "$output" >&2
        echo "correct what it names, or look for an error in the function app's log stream, then run this script again" >&2
        exit 1
    fi
    "$pause" 10
done

# Event Grid asks the app once whether it wants the events, and a host that just starts can be too slow to say so
# (reported by users: "Webhook validation handshake failed")
for seconds in 15 30 60 120 0; do
    if create_event_subscriptions; then
        echo "Event Grid now sends the events of images and versions in $AZURE_SUBSCRIPTION_ID to $AZURE_FUNCTION_APP_NAME"
        exit 0
    fi
    if [ "$seconds" -ne 0 ]; then
        echo "the event subscriptions were not created; another try in $seconds seconds" >&2
        "$pause" "$seconds"
    fi
done
echo "the event subscriptions were not created in five tries; az names the cause above" >&2
exit 1
