"""How the extension writes exceptions into histories and failure texts: JSON of the .NET exception, one to four KB.

Recorded (extension 3.19.0), apart from the names of the Functions host's own exceptions (source). Apps see this text:
the SDK appends a failure's details to its reason.
"""

import json
import traceback
from typing import Any

EMPTY_DATA = {"$type": "System.Collections.ListDictionaryInternal, System.Private.CoreLib"}
CALL_STACK = (
    "   at Microsoft.Azure.WebJobs.Script.Description.WorkerFunctionInvoker.InvokeCore(Object[] parameters,"
    " FunctionInvocationContext context) in"
    " /_/src/WebJobs.Script/Description/Workers/WorkerFunctionInvoker.cs:line 101\n"
    "   at Microsoft.Azure.WebJobs.Host.Executors.FunctionInvoker`2.InvokeAsync(Object instance, Object[] arguments) in"
    " /_/src/Microsoft.Azure.WebJobs.Host/Executors/FunctionInvoker.cs:line 53\n"
    "   at Microsoft.Azure.WebJobs.Host.Executors.FunctionExecutor.ExecuteWithWatchersAsync(IFunctionInstanceEx"
    " instance, ParameterHelper parameterHelper, ILogger logger, CancellationTokenSource"
    " functionCancellationTokenSource) in /_/src/Microsoft.Azure.WebJobs.Host/Executors/FunctionExecutor.cs:line 532"
)
SHIM_STACK = (
    "   at Microsoft.Azure.WebJobs.Extensions.DurableTask.TaskOrchestrationShim.InvokeUserCodeAndHandleResults("
    "RegisteredFunctionInfo orchestratorInfo, OrchestrationContext innerContext) in"
    " /_/src/WebJobs.Extensions.DurableTask/Listener/TaskOrchestrationShim.cs:line 148"
)
THROWN_BY_A_TASK = (
    "   at System.Threading.Tasks.Task.ThrowIfExceptional(Boolean includeTaskCanceledExceptions)\n"
)
HTTP_API_STACK = (
    "   at Microsoft.Azure.WebJobs.Extensions.DurableTask.HttpApiHandler.HandleRequestAsync(HttpRequestMessage request,"
    " CancellationToken cancellationToken) in /_/src/WebJobs.Extensions.DurableTask/HttpApiHandler.cs:line 421"
)


def worker_failure(error: BaseException) -> str:
    """Returns the message of the exception with which the Functions host reports that user code raised."""
    stack = "".join(traceback.format_exception(error))
    return f"Result: Failure\nException: {type(error).__name__}: {error}\nStack: {stack}"


def activity_error_details(error: BaseException) -> str:
    """Returns the details of an activity that raised."""
    inner = _exception(
        "Microsoft.Azure.WebJobs.Script.Workers.Rpc.RpcException, Microsoft.Azure.WebJobs.Script",
        worker_failure(error),
    )
    return _json(_serialised("System.Exception", f" {type(error).__name__}: {error}", inner))


def lost_call_details(type_name: str, message: str) -> str:
    """Returns the details of an activity whose call was lost."""
    return _json(_exception(type_name, message))


def lost_orchestrator_details(type_name: str, message: str) -> str:
    """Returns the details of a sub-orchestration whose call was lost before it had a history."""
    inner = _exception(type_name, message)
    outer = _serialised("System.AggregateException", "One or more errors occurred.", inner)
    outer["StackTraceString"] = THROWN_BY_A_TASK + SHIM_STACK
    return _json({**outer, "InnerExceptions": [inner]})


def orchestrator_error_details(message: str) -> str:
    """Returns the details of a sub-orchestration whose code raised."""
    got_result = "   at System.Threading.Tasks.Task`1.GetResultCore(Boolean waitCompletionNotification)\n"
    return f"Message: {message}, StackTrace: {THROWN_BY_A_TASK}{got_result}{SHIM_STACK}"


def non_determinism_details(message: str) -> str:
    """Returns the details of a sub-orchestration whose calls differ from its history."""
    stack = (
        "   at DurableTask.Core.TaskOrchestrationExecutor.ExecuteCore(IEnumerable`1 pastEvents,"
        " IEnumerable`1 newEvents) in /_/src/DurableTask.Core/TaskOrchestrationExecutor.cs:line 169"
    )
    exception = "DurableTask.Core.Exceptions.NonDeterministicOrchestrationException"
    return f"Unhandled exception while executing orchestration: {exception}: {message}\n{stack}\n\t{stack}"


def _exception(type_name: str, message: str) -> dict[str, Any]:
    """Describes an exception of the Functions host, property by property."""
    return {
        "$type": type_name,
        "Message": message,
        "Data": EMPTY_DATA,
        "InnerException": None,
        "HelpLink": None,
        "Source": "Microsoft.Azure.WebJobs.Script",
        "HResult": -2146233088,
        "StackTrace": CALL_STACK,
    }


def _serialised(class_name: str, message: str, inner: dict[str, Any]) -> dict[str, Any]:
    """Describes an exception of the .NET runtime, which serialises itself and has other fields."""
    return {
        "$type": f"{class_name}, System.Private.CoreLib",
        "ClassName": class_name,
        "Message": message,
        "Data": None,
        "InnerException": inner,
        "HelpURL": None,
        "StackTraceString": None,
        "RemoteStackTraceString": None,
        "RemoteStackIndex": 0,
        "ExceptionMethod": None,
        "HResult": -2146233088,
        "Source": None,
        "WatsonBuckets": None,
    }


def _json(exception: dict[str, Any]) -> str:
    return json.dumps(exception, separators=(",", ":"), ensure_ascii=False)
