"""A simulated Azure over HTTP: ARM compute, managed identity tokens, Event Grid delivery."""
