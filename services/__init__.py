"""Use cases: what triggers and activities do, over adapters and domain."""
