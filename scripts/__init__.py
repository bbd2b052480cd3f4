"""Commands of the project's makers; nothing here is shipped."""
