"""Takes secrets out of texts that others wrote: what ARM, a library or a resource says may repeat what it was given."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

HIDDEN = "***"
# the parameters of a URL that name what is asked for; the value of any other may be a key or a signature
_PUBLIC = r"api-version|\$?(?:filter|expand|top|skip|select)|p|monitor|snapshot|versionid|restype|comp|prefix"
_VALUE = r"(?:[^&#;:\s\"'<>)\]}]|:(?!\s))+"
_PARAMETER = re.compile(rf"([?&;])(?!(?:{_PUBLIC})=)([\w$%.~-]{{1,64}})={_VALUE}", re.IGNORECASE)
# a token: three parts in base64, the first of which is a JSON object
_TOKEN = re.compile(r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?")
_SCHEME = re.compile(r"\b(Bearer|SharedAccessSignature|SharedKey(?:Lite)?)\s+[^\s\"',;}]{8,}", re.IGNORECASE)
# what connection strings, headers and bodies call their secrets
_NAMED = re.compile(
    r"((?:account|shared[ _-]?access|instrumentation|ingestion|master|function|system|api|access|primary)[ _-]?key"
    r"|x-functions-key|x-identity-header|aeg-sas-(?:key|token)|(?:admin)?password|pwd|passphrase|client[ _-]?secret"
    r"|(?:access|refresh|id)[ _-]?token|connection[ _-]?string)"
    r"([\"']?\s*[=:]\s*[\"']?)[^\s\"',;&}]{4,}",
    re.IGNORECASE,
)
# each pattern, what replaces a match, and words of which a text that matches contains at least one (in lower case)
_SECRETS = (
    (_PARAMETER, rf"\1\2={HIDDEN}", ("=",)),
    (_TOKEN, HIDDEN, ("eyj",)),
    (_SCHEME, rf"\1 {HIDDEN}", ("bearer", "shared")),
    (_NAMED, rf"\1\2{HIDDEN}", ("key", "token", "header", "pass", "pwd", "secret", "string")),
)
_QUERY_PUBLIC = re.compile(r"(?:snapshot|versionid)=[^&#]*", re.IGNORECASE)
_DIGEST_DIGITS = 12


def without_secrets(text: str) -> str:
    """The text with secrets replaced: keys and signatures in URLs, tokens, and what is called a password or a key."""
    folded = text.casefold()
    for pattern, replacement, hints in _SECRETS:
        # most texts have no secret, and a pattern takes a hundred times as long as a look for a word
        if any(hint in folded for hint in hints):
            text = pattern.sub(replacement, text)
    return text


@contextmanager
def no_secrets_in_errors() -> Iterator[None]:
    """Takes secrets out of the texts of an error that passes, and of those behind it: the host keeps them."""
    try:
        yield
    except Exception as error:
        _clear(error)
        raise


def _clear(error: BaseException) -> None:
    behind: BaseException | None = error
    cleared: set[int] = set()
    while behind is not None and id(behind) not in cleared:
        cleared.add(id(behind))
        behind.args = tuple(without_secrets(one) if isinstance(one, str) else one for one in behind.args)
        behind = behind.__cause__ or behind.__context__


def blob_address(url: str) -> str:
    """The address of a blob: which one it is, and at most its snapshot or version; a signature is no part of it."""
    base, _, query = url.partition("#")[0].partition("?")
    kept = _QUERY_PUBLIC.findall(query)
    return f"{base}?{'&'.join(kept)}" if kept else base


def webhook_address(url: str) -> str:
    """The address of a webhook: its query, in which services put keys, becomes a digest that tells it from others."""
    base, _, query = url.partition("#")[0].partition("?")
    return f"{base}#{sha256(url.encode()).hexdigest()[:_DIGEST_DIGITS]}" if query else url
