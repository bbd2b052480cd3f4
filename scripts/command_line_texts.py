"""What docs/command-line.md says before its generated part."""

INTRODUCTION = """\
# The command line

`gallerist` does from a terminal, or from a script, what the [HTTP API](api.md) can do.

```console
$ pipx install .
$ make cli
```

The first is enough for an app that is deployed, or that somebody else runs.
The second installs it in `build/cli`, with the app and the two packages: `gallerist up`, `snapshot` and `rehearse` need them.
`gallerist --install-completion` lets the shell complete commands and options.

## Which Gallerist, and as whom

| what | how |
| --- | --- |
| the address of the API | `--url`, or the variable `GALLERIST_URL`. Without both, the host that `make serve` or `gallerist up` runs on this machine. |
| a function key | `--key-file FILE`, or the variable `GALLERIST_KEY`. It is never printed, and it is no option, so that it is in no history. |
| or Microsoft Entra | `--scope api://CLIENT_ID/.default`, or the variable `GALLERIST_SCOPE`. The token is that of `az login`, of a managed identity, or of the variables that azure-identity reads. No key is needed, and `GALLERIST_KEY` is not sent; `--key-file` is, for an app that still wants both ([security](security.md#callers)). |

`gallerist doctor` says whether it works, and what the deployment lacks.

## Names

An image is a name, `resource group/name`, or a resource id.
A definition is `gallery/definition`, a version `gallery/definition/1.0.0`, or either its resource id.
A migration can be named by its image.
A name that several resources have is refused, with their ids.

## Output

Data goes to stdout, everything else to stderr.
`-o table` (the default) is for people; `-o json`, `yaml` and `tsv` are for programs, and have ids in full.
`--query` selects a part of the data with a [JMESPath](https://jmespath.org) expression.
Without a terminal there are no bars, no spinners and no questions: `--yes` answers them.
`--no-input` asks nothing on a terminal, either.
`NO_COLOR` turns colours off.

## Exit codes

| code | meaning |
| --- | --- |
| 0 | done |
| 1 | an error, also of what was typed; the error says what, why, the fix, and a command that works |
| 2 | changes, or cancelled. `plan --detailed-exitcode`: something would change. `diff`, `check`, `why`, `references`: it is not as it should be. `watch --exit-status`, `wait`: it was cancelled, aborted, superseded or kept. A command that asks: nobody said yes, so nothing was done. |
| 3 | partial: some of many were refused, or something could not be read. `watch --exit-status`, `wait`: a part of it succeeded. |
| 4 | not signed in: the app refuses the key or the token, or there is none |
| 130 | Ctrl+C |

## Many at once

`migrate`, `cancel`, `retry`, `add-regions`, `approve`, `reject` and `retire` take names, or the filters of the list that shows the same things, or `--all`.
What filters find is shown and asked about first.
Each item is done or refused by itself, and the outcome of each is a row of the output.

## What deletes

`approve` and `retention apply` show what would happen, every obligation among it, and want the name typed.
Scripts give `--yes`.
`freeze on` stops every deletion at once.

## When something fails

An error is never a traceback.
If `gallerist` itself fails, set `GALLERIST_TRACEBACK=1`, repeat the command, and report what it prints.
"""
