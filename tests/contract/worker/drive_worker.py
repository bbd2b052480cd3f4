"""Drives Microsoft's own worker library without its gRPC channel: index an app, call its functions, print the answers.

A script for the worker's own virtual environment; it knows nothing of this project. Reads a JSON list of calls from
stdin (``{"function", "inputs": {parameter: {"kind", "value"}}}``) and prints one JSON object.
"""

import asyncio
import json
import os
import sys
from types import SimpleNamespace
from typing import Any

import azure_functions_runtime as worker


class Message(SimpleNamespace):
    """A message of the worker's protocol: whatever fields it is given, in place of a protobuf class."""


class TypedData(Message):
    """A value of one kind, as the protocol's union."""

    def WhichOneof(self, _union: str) -> str | None:  # noqa: N802  # protobuf's name
        """Tell which kind it is."""
        return next(iter(vars(self)), None)


class ParameterBinding(Message):
    """A named input."""

    def WhichOneof(self, _union: str) -> str:  # noqa: N802  # protobuf's name
        """Tell that it holds data."""
        return "data"


class BindingInfo(Message):
    """A binding, with the directions and data types that the worker compares with."""

    undefined, inout, out = 0, 2, 1


class StatusResult(Message):
    """How a request ended."""

    Success, Failure = "success", "failure"


PROTOCOL = SimpleNamespace(
    BindingInfo=BindingInfo,
    FunctionMetadataResponse=Message,
    InvocationResponse=Message,
    ParameterBinding=ParameterBinding,
    RpcException=Message,
    RpcFunctionMetadata=Message,
    RpcHttp=Message,
    StatusResult=StatusResult,
    TypedData=TypedData,
    WorkerInitResponse=Message,
    WorkerMetadata=Message,
)


def request(**content: Any) -> Message:
    """Wrap a request as the channel would."""
    return Message(request=Message(**content), properties={"host": "127.0.0.1", "protos": PROTOCOL})


def typed(kind: str, value: Any) -> TypedData:
    """Make an input; an HTTP request's body is text."""
    if kind == "http":
        return TypedData(http=Message(**{**value, "body": TypedData(bytes=value["body"].encode())}))
    return TypedData(**{kind: value})


def plain(answer: Message) -> dict[str, Any]:
    """Describe how a call ended."""
    if answer.result.status == StatusResult.Failure:
        return {"failure": answer.result.exception.message}
    kind, value = next(iter(vars(answer.return_value).items()))
    if kind != "http":
        return {"kind": kind, "value": value}
    body = value.body.bytes.decode()
    return {"kind": kind, "status": int(value.status_code), "headers": dict(value.headers), "body": body}


async def call(functions: dict[str, Message], wish: dict[str, Any]) -> dict[str, Any]:
    """Call one function."""
    inputs = [
        ParameterBinding(name=name, data=typed(given["kind"], given["value"]))
        for name, given in wish["inputs"].items()
    ]
    invocation = Message(
        invocation_id="1",
        function_id=functions[wish["function"]].function_id,
        input_data=inputs,
        trigger_metadata={},
        trace_context=Message(trace_parent="", trace_state="", attributes={}),
        retry_context=Message(retry_count=0, max_retry_count=0, exception=None),
    )
    return plain(await worker.invocation_request(request(invocation_request=invocation)))


async def main(folder: str) -> None:
    """Index the app and make the calls."""
    os.chdir(folder)
    sys.path.append(folder)
    worker.start_threadpool_executor()
    init = Message(capabilities={}, function_app_directory=folder)
    started = await worker.worker_init_request(request(worker_init_request=init))
    if started.result.status == StatusResult.Failure:
        sys.stdout.write(json.dumps({"failure": started.result.exception.message}))
        return
    metadata = await worker.functions_metadata_request(request())
    functions = {function.name: function for function in metadata.function_metadata_results}
    results = [await call(functions, wish) for wish in json.load(sys.stdin)]
    bindings = {name: [json.loads(raw) for raw in f.raw_bindings] for name, f in functions.items()}
    sys.stdout.write(json.dumps({"functions": bindings, "results": results}))


asyncio.run(main(sys.argv[1]))
