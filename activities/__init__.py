"""Activity functions: glue of at most fifteen lines each, parse, call an adapter or the domain, dump."""
