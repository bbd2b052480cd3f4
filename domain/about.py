"""What this app is called and which version it has. The version stands here alone."""

VERSION = "0.1.0.dev0"
