"""`gallerist doctor`: what a deployment has and lacks."""

from cli.errors import ExitCode
from cli.session import Session
from cli.verbs import single, verb
from cli.views.findings import code_of, parts
from domain.about import VERSION
from domain.fleet.findings import Finding

app = single()


@verb(app, calls=("get_health", "get_doctor"))
def doctor(session: Session) -> int:
    """Examine a deployment: is it reached, and has it the roles, the policy, the galleries and the events it needs.

    Ends with 1 if something fails, with 3 if something could not be found out, and with 4 if the app refuses the key or
    the token. A warning is good.
    """
    health = session.client.health()
    reached = Finding(name="address", verdict="passed", detail=f"{session.url} is Gallerist {health.version}")
    if session.output.for_people:
        session.output.show(parts("Gallerist", "is reached", [reached])[1])
    found = session.client.doctor()
    findings = [reached, _release(found.version), *found.findings]
    if session.output.for_people:
        for part in parts("Gallerist", found.verdict, findings[1:]):
            session.output.show(part)
    else:
        session.output.data({**found.model_dump(mode="json"), "findings": findings})
    return code_of(found.verdict, ExitCode.ERROR)


def _release(version: str) -> Finding:
    if version == VERSION:
        return Finding(
            name="release", verdict="passed", detail=f"this command and the app are both {VERSION}"
        )
    return Finding(
        name="release",
        verdict="warned",
        detail=f"this command is {VERSION}, the app is {version}",
        fix="Install the command line of the app's release.",
    )
