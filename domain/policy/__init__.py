"""What the user wants: the policy file, its rules and the override tags."""
