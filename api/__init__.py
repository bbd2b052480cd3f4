"""The HTTP API as types: request bodies, answers, problems, and the table of operations. No I/O."""
