"""A module of the app with the name of one in the folder where the tests start the host."""

OWNER = "the app"
