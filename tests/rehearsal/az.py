"""A stand-in for the Azure CLI: it answers `az account get-access-token` as the real one does, for the simulator."""

import sys
from pathlib import Path

# documented: "az account get-access-token"; the real one (2.76) prints the same fields in this order, and asks to sign
# in with this sentence and exit code 1
_SCRIPT = """\
#!{python} -SE
import datetime, json, sys, urllib.parse, urllib.request
from pathlib import Path

arguments = sys.argv[1:]
if arguments[:2] != ["account", "get-access-token"]:
    sys.exit(f"ERROR: '{{' '.join(arguments)}}' is misspelled or not recognized by the system.")
options = dict(zip(arguments[2::2], arguments[3::2]))
if set(options) - {{"--output", "-o", "--resource", "--scope", "--tenant", "--subscription"}}:
    sys.exit("ERROR: unrecognized arguments")
if not Path({signed_in!r}).exists():
    print("ERROR: Please run 'az login' to setup account.", file=sys.stderr)
    sys.exit(1)
with Path({signed_in!r}).open("a") as used:
    used.write("token\\n")
resource = options.get("--resource") or options["--scope"].removesuffix("/.default")
query = urllib.parse.urlencode({{"api-version": "2019-08-01", "resource": resource}})
request = urllib.request.Request({endpoint!r} + "?" + query, headers={{"X-IDENTITY-HEADER": {header!r}}})
token = json.load(urllib.request.urlopen(request))
expires_on = int(token["expires_on"])
print(json.dumps({{
    "accessToken": token["access_token"],
    "expiresOn": str(datetime.datetime.fromtimestamp(expires_on)) + ".000000",
    "expires_on": expires_on,
    "subscription": "{subscription}",
    "tenant": "99999999-9999-4999-8999-999999999999",
    "tokenType": "Bearer",
}}, indent=2))
"""


class Az:
    """An `az` in a folder for the PATH. It is signed in as long as its file of tokens exists."""

    def __init__(self, folder: Path, endpoint: str, header: str, subscription: str) -> None:
        self.folder = folder
        self._tokens = folder / "signed-in"
        folder.mkdir()
        program = folder / "az"
        program.write_text(
            _SCRIPT.format(
                python=sys.executable,
                signed_in=str(self._tokens),
                endpoint=endpoint,
                header=header,
                subscription=subscription,
            ),
            encoding="utf-8",
        )
        program.chmod(0o700)

    def sign_in(self) -> None:
        self._tokens.touch()

    @property
    def tokens(self) -> int:
        """How many tokens it has given."""
        return len(self._tokens.read_text(encoding="utf-8").splitlines())
