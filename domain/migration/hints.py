"""Hints that Azure has finished with a version: a reason to look now, never a proof."""

# the external event that a hint is passed on with
LOOK_EVENT = "look"
