"""Drives Microsoft's worker library without its gRPC channel: indexes an app, calls its functions, prints the results.

A script for the worker's own virtual environment; it imports nothing of this project. It reads a JSON list of calls
(`{"function", "inputs": {parameter: {"kind", "value"}}}`) from stdin and prints one JSON object.
"""

import asyncio
import json
import os
import sys
from types import SimpleNamespace
from typing import Any

import azure_functions_runtime as worker


class Message(SimpleNamespace):
    """A message of the worker's protocol, with any fields, in place of a protobuf class."""


class TypedData(Message):
    """A value of one kind: the protocol's union."""

    def WhichOneof(self, _union: str) -> str | None:  # noqa: N802  # protobuf's name
        """Returns the kind of the value."""
        return next(iter(vars(self)), None)


class ParameterBinding(Message):
    """A named input."""

    def WhichOneof(self, _union: str) -> str:  # noqa: N802  # protobuf's name
        """Returns that it holds data."""
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
    """Wraps a request as the channel does."""
    return Message(request=Message(**content), properties={"host": "127.0.0.1", "protos": PROTOCOL})


def typed(kind: str, value: Any) -> TypedData:
    """Builds an input; the body of an HTTP request is text."""
    if kind == "http":
        return TypedData(http=Message(**{**value, "body": TypedData(bytes=value["body"].encode())}))
    return TypedData(**{kind: value})


def describe(answer: Message) -> dict[str, Any]:
    """Describes how a call ended, as JSON data."""
    if answer.result.status == StatusResult.Failure:
        return {"failure": answer.result.exception.message}
    kind, value = next(iter(vars(answer.return_value).items()))
    if kind != "http":
        return {"kind": kind, "value": value}
    body = value.body.bytes.decode()
    return {"kind": kind, "status": int(value.status_code), "headers": dict(value.headers), "body": body}


async def call(functions: dict[str, Message], wanted: dict[str, Any]) -> dict[str, Any]:
    """Calls one function."""
    inputs = [
        ParameterBinding(name=name, data=typed(given["kind"], given["value"]))
        for name, given in wanted["inputs"].items()
    ]
    invocation = Message(
        invocation_id="1",
        function_id=functions[wanted["function"]].function_id,
        input_data=inputs,
        trigger_metadata={},
        trace_context=Message(trace_parent="", trace_state="", attributes={}),
        retry_context=Message(retry_count=0, max_retry_count=0, exception=None),
    )
    return describe(await worker.invocation_request(request(invocation_request=invocation)))


async def main(folder: str) -> None:
    """Indexes the app and makes the calls."""
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
    results = [await call(functions, wanted) for wanted in json.load(sys.stdin)]
    bindings = {name: [json.loads(raw) for raw in f.raw_bindings] for name, f in functions.items()}
    sys.stdout.write(json.dumps({"functions": bindings, "results": results}))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
