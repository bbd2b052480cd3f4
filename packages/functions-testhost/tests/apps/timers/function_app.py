"""Timer functions that record their calls, and an HTTP function that returns the records."""

import json

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)

calls: dict[str, list[bool]] = {"hourly": [], "often": [], "broken": []}


@app.timer_trigger(arg_name="timer", schedule="%HOURLY%")
def hourly(timer: func.TimerRequest) -> None:
    calls["hourly"].append(timer.past_due)


@app.timer_trigger(arg_name="timer", schedule="00:10:00", run_on_startup=True)
@app.durable_client_input(client_name="client")
async def often(timer: func.TimerRequest, client: df.DurableOrchestrationClient) -> None:
    await client.get_status_all()
    calls["often"].append(timer.past_due)


@app.timer_trigger(arg_name="timer", schedule="0 30 12 * * 1-5")
def broken(timer: func.TimerRequest) -> None:
    calls["broken"].append(timer.past_due)
    raise RuntimeError("on purpose")


@app.route(route="calls")
def show(req: func.HttpRequest) -> str:
    shown = json.dumps(calls)
    if req.params.get("forget"):
        for times in calls.values():
            times.clear()
    return shown
