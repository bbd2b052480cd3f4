"""What the commands have in common that go to Azure themselves: the sign-in with `az`, and its errors."""

from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager

from cli.errors import CliError, NotSignedInError
from domain.arm_errors import IDENTITY_UNAVAILABLE, diagnose
from domain.errors import ArmError, SettingError
from domain.resources.ids import check_subscription_id

CREDENTIALS = "AZURE_TOKEN_CREDENTIALS"
AZ = "AzureCliCredential"


def use_az(environ: MutableMapping[str, str]) -> str:
    """Chooses the credential of `az login`, unless the environment chooses another; returns its name.

    Without a choice the identity library would try every credential that it finds, one after the other.
    """
    return environ.setdefault(CREDENTIALS, AZ)


def checked_subscription(text: str) -> str:
    """Returns the subscription id unchanged.

    Raises:
        CliError: the text is none.
    """
    try:
        return check_subscription_id(text)
    except ValueError as error:
        raise CliError(
            str(error),
            fix="Give the id, not the name.",
            command="az account list --query '[].{name: name, id: id}' -o table",
        ) from error


@contextmanager
def azure_errors(credential: str) -> Iterator[None]:
    """Shows what Azure or the settings refuse as an error of the command line."""
    try:
        yield
    except SettingError as error:
        raise CliError(f"a setting cannot be used: {error}", fix="Correct the variable.") from error
    except ArmError as error:
        if error.code == IDENTITY_UNAVAILABLE:
            raise _no_token(error, credential) from error
        diagnosis = diagnose(error)
        raise CliError(f"Azure refuses: {error}", why=diagnosis.cause, fix=diagnosis.fix) from error


def _no_token(error: ArmError, credential: str) -> NotSignedInError:
    reason = " ".join(error.message.split())
    if credential.lower() != AZ.lower():
        return NotSignedInError(
            f"the credential '{credential}' gets no token for Azure",
            why=reason,
            fix=f"Correct it, or unset {CREDENTIALS} to use that of `az login`.",
        )
    if "not found on path" in reason.lower():
        return NotSignedInError(
            "the Azure CLI is not installed",
            why=reason,
            fix="Install it (https://aka.ms/azure-cli), and sign in.",
            command="az login",
        )
    return NotSignedInError(
        "az is not signed in", why=reason, fix="Sign in, and repeat the command.", command="az login"
    )
