"""The state and the rules of the simulated service, without HTTP."""
