"""Kindnesses of a host that the Durable extension does not have, each as a change of the embedded host's source.

An app that relies on one works here and fails in Azure. `test_kindnesses.py` puts each back, and the tests must notice.
"""

from dataclasses import dataclass

from local.edits import Change


@dataclass(frozen=True)
class Kindness:
    """What the host would do, the changes that make it do so, and the tests that must fail then.

    `behaviours` are names in observing.py, `deployments` in deploying.py, `tests` those of functions in
    test_embedded.py.
    """

    name: str
    changes: tuple[Change, ...]
    behaviours: tuple[str, ...] = ()
    deployments: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()


KINDNESSES = (
    # what an orchestrator is sent
    Kindness(
        "it speaks the protocol of an older extension",
        (Change("sdk.py", '"upperSchemaVersionNew": 3,', '"upperSchemaVersionNew": 2,'),),
        ("what an orchestrator is sent", "what an orchestrator is sent first"),
    ),
    Kindness(
        "it sends no source instance",
        (Change("sdk.py", '        "sourceInstanceId": None,\n', ""),),
        ("what an orchestrator is sent",),
    ),
    Kindness(
        "it knows no version of an activity",
        (Change("history.py", '        Version="",\n', "        Version=None,\n"),),
        ("the history of an activity",),
    ),
    Kindness(
        "it ignores the hub's default version in a start",
        (
            Change(
                "durable_api.py",
                'request.query.get("version", self._settings.versioning.default)',
                'request.query.get("version")',
            ),
        ),
        ("the history of an activity",),
    ),
    Kindness(
        "it ignores the hub's default version in a child",
        (
            Change(
                "effects.py",
                "replace(decision, version=self._default_version)",
                "replace(decision, version=None)",
            ),
        ),
        ("the history of a child orchestration",),
    ),
    Kindness(
        "it leaves out what the SDK does not read of a start",
        (Change("history.py", "        GenerateNewTrace=False,\n", ""),),
        ("the history of an activity",),
    ),
    Kindness(
        "it knows no generation of a top instance",
        (Change("history.py", "Generation=0 if parent is None else None", "Generation=None"),),
        ("the history of an activity",),
    ),
    Kindness(
        "it leaves out what the SDK does not read of a timer",
        (Change("history.py", "TimerId=task_id, FireAt=fire_at", "TimerId=task_id"),),
        ("the history of a timer",),
    ),
    Kindness(
        "it leaves out what the SDK does not read of an event",
        (Change("history.py", "Input=input_text, ParentTraceContext=None", "Input=input_text"),),
        ("the history of an event",),
    ),
    Kindness(
        "it sends short requests to entities",
        (Change("replay.py", '            "$type": f"{EXTENSION}.RequestMessage, {EXTENSION}",\n', ""),),
        ("the history of an entity call",),
    ),
    Kindness(
        "it marks as played whatever is stored",
        (
            Change(
                "task_hub.py",
                "EpisodeInput(instance, self.history(instance_id), _events(messages), now)",
                "EpisodeInput(instance, [history.played(event) for event in self.history(instance_id)], "
                "_events(messages), now)",
            ),
        ),
        (
            "which events are marked as played",
            "which events of a fan-out are marked as played",
            "which events are marked as played after a rewind",
            "a worker that dies in a later episode",
        ),
    ),
    Kindness(
        "it begins a continued execution like a new instance",
        (
            Change(
                "episodes.py",
                """            Message(
                instance.instance_id, history.orchestrator_completed(episode.now), episode.now, execution_id
            ),
""",
                "",
            ),
        ),
        (
            "which events of a continued execution are marked as played",
            "which events of a continued execution that waits are marked as played",
        ),
    ),
    # failures
    Kindness(
        "it tidies the text of a failure",
        (
            Change(
                "activities.py",
                'f" {type(failure).__name__}: {failure}"',
                'f"{type(failure).__name__}: {failure}"',
            ),
        ),
        ("the history of a failed activity", "the error of a failed activity"),
    ),
    Kindness(
        "it spares people the JSON of the .NET exception",
        (
            Change(
                "activities.py",
                "_failed(call, now(), message, activity_error_details(failure))",
                '_failed(call, now(), message, "")',
            ),
        ),
        ("the history of a failed activity", "the error of a failed activity"),
    ),
    Kindness(
        "it says what an orchestrator without a yield raised",
        (
            Change(
                "sdk.py",
                "raise OrchestratorCrashError(worker_failure(failure)) from failure",
                "return OrchestratorAnswer([], True, None, None, str(failure))",
            ),
        ),
        ("an orchestrator without a yield that raises",),
    ),
    # the management API
    Kindness(
        "it keeps stack traces to itself",
        (Change("responses.py", '        "StackTrace": HTTP_API_STACK,\n', ""),),
        ("starts with bodies that are not JSON", "events with bodies that are not JSON", "instance ids"),
    ),
    Kindness(
        "it takes an event of any content type",
        (Change("durable_api.py", 'if request.content_type != "application/json":', "if False:"),),
        ("an event as plain text",),
    ),
    Kindness(
        "it blames the caller for every body that is not JSON",
        (Change("responses.py", "ends_early = failure.pos >= len(text)", "ends_early = not text"),),
        ("starts with bodies that are not JSON",),
    ),
    Kindness(
        "it refuses an orchestrator that does not exist",
        (
            Change(
                "durable_api.py",
                '        name = request.match_info["name"]\n',
                '        name = request.match_info["name"]\n'
                '        if name == "nobody":\n'
                '            return message_response(400, "There is no such orchestrator.")\n',
            ),
        ),
        ("an unknown orchestrator is accepted and fails",),
    ),
    Kindness(
        "it refuses instance ids that Azure documents as invalid",
        (Change("durable_api.py", 'if "/" in instance_id:', 'if set("/#?@") & set(instance_id):'),),
        ("instance ids",),
    ),
    Kindness(
        "it answers operations on what has ended as if it ran",
        (Change("durable_api.py", "web.Response(status=410)", "web.Response(status=202)"),),
        ("operations on an instance that has ended",),
    ),
    Kindness(
        "it accepts one of the starts of one id at one moment",
        (
            Change(
                "durable_api.py",
                "        await self._write_start(start_request)\n",
                "        with self._engine.invocation():\n"
                "            self._hub.start(start_request, self._clock.now())\n",
            ),
        ),
        ("starts at the same moment",),
    ),
    Kindness(
        "it answers a list in one page",
        (
            Change(
                "switches.py",
                "min(limit, self.list_segments[page % len(self.list_segments)])",
                "limit",
            ),
        ),
        tests=("test_a_list_is_answered_in_short_and_in_empty_pages",),
    ),
    # names
    Kindness(
        "it fails a call of a function that does not exist",
        (
            Change(
                "replay.py",
                "return call(action) if reason is None else self._never_made(reason)",
                "return call(action)",
            ),
        ),
        (
            "a call of an unknown activity never ends",
            "a call with retry of an unknown activity never ends",
            "a call of an unknown child never ends",
            "a call of an unknown activity takes the result of the next call",
        ),
    ),
    Kindness(
        "it keeps a running instance whose id a child takes",
        (
            Change(
                "task_hub.py",
                "            create_instance(connection, start, now)\n            self.written",
                "            if self.running(start.instance_id) is None:\n"
                "                create_instance(connection, start, now)\n            self.written",
            ),
        ),
        ("a child under the id of a running instance replaces it",),
    ),
    Kindness(
        "it prefers the packages of the current folder, as a program that is started there does",
        (
            Change("__main__.py", "        del sys.path[0]\n", "        pass\n"),
            Change(
                "import_path.py",
                "[entry, *(other for other in sys.path if other != entry)]",
                "[*(other for other in sys.path if other != entry), entry]",
            ),
        ),
        ("the app's own modules win",),
    ),
    # a worker that dies or hangs
    Kindness(
        "it runs an activity again whose worker died",
        (
            Change(
                "activities.py",
                "return _failed(call, now(), str(lost), lost_call_details(lost.dotnet_type, str(lost)))",
                "return await run_activity(call, activities, invoker, now)",
            ),
        ),
        (
            "a worker that dies before the effects of an activity",
            "a worker that dies after the effects of an activity",
        ),
    ),
    Kindness(
        "it undoes the effects of an activity whose worker died",
        (Change("worker.py", "if fault.after_effects:", "if False:"),),
        ("a worker that dies after the effects of an activity",),
    ),
    Kindness(
        "it lets an activity finish before its worker dies",
        (Change("worker.py", "if fault.after_effects:", "if True:"),),
        ("a worker that dies before the effects of an activity",),
    ),
    Kindness(
        "it runs an episode again whose worker died",
        (Change("engine.py", "return lose_episode(episode, lost)", "return await self._outcome(episode)"),),
        (
            "a worker that dies in the first episode",
            "a worker that dies in a later episode",
            "a worker that dies in an episode of a child",
        ),
    ),
    Kindness(
        "it says why a later episode failed",
        (
            Change(
                "episodes.py",
                """            [*episode.history, *arrived]
        )
    except""",
                """            []
        )
    except""",
            ),
        ),
        ("a worker that dies in a later episode",),
    ),
    Kindness(
        "it lets a call hang for ever that a fault stops",
        (
            Change(
                "worker.py",
                "None if self._timeout is None else self._clock.now() + self._timeout",
                "None",
            ),
        ),
        tests=(
            "test_an_activity_that_hangs_fails_at_the_timeout",
            "test_an_episode_that_hangs_fails_at_the_timeout",
        ),
    ),
    Kindness(
        "it lets code run for ever",
        (
            Change(
                "worker.py",
                "seconds = None if self._timeout is None else self._timeout.total_seconds()",
                "seconds = None",
            ),
        ),
        tests=("test_an_activity_that_runs_too_long_fails_at_the_timeout",),
    ),
    # versions
    Kindness(
        "it runs every version",
        (Change("versions.py", "        match self.match:", "        match MatchStrategy.NONE:"),),
        ("which versions run", "an instance that waits for a newer version"),
    ),
    Kindness(
        "it takes 1.0 and 1.0.0 for the same version",
        (Change("versions.py", 'version.split("."))', 'version.removesuffix(".0.0").split("."))'),),
        ("which versions run",),
    ),
    Kindness(
        "it shows a child that has not begun",
        (Change("task_hub.py", "return None if is_hidden else instance", "return instance"),),
        ("a child of another version",),
    ),
    Kindness(
        "it keeps the events of an instance that waits and has not begun",
        (
            Change(
                "engine.py",
                "await self._stored(self._hub.discard, episode, consumed)",
                "await self._stored(self._hub.put_back, episode, consumed)",
            ),
        ),
        deployments=("an update to a newer version",),
    ),
    Kindness(
        "it gives a child the version of its parent",
        (
            Change(
                "effects.py",
                "replace(decision, version=self._default_version)",
                "replace(decision, version=self._instance.version)",
            ),
        ),
        deployments=("an update to a newer version",),
    ),
    # rewind
    Kindness(
        "its rewind removes the timers of a call with retry",
        (
            Change(
                "rewind.py",
                "event_type in FAILURES or event_type is EventType.EXECUTION_COMPLETED",
                "event_type in FAILURES | {EventType.EXECUTION_COMPLETED, EventType.TIMER_CREATED}",
            ),
        ),
        ("a rewind past a call with retry fails",),
    ),
    Kindness(
        "its rewind leaves the children of a parent alone",
        (Change("task_hub.py", "children = failed_children(events)", "children: list[str] = []"),),
        ("a rewind of a parent repeats the failed call of its child",),
    ),
    Kindness(
        "its rewind begins from the start",
        (
            Change(
                "task_hub.py",
                "append_history(connection, instance_id, 0, rewound(events))",
                "append_history(connection, instance_id, 0, events[:2])",
            ),
        ),
        ("a rewind repeats the failed call",),
    ),
)
