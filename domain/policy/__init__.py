"""What the user wants: the policy's rules and defaults, its templates, and the tags that override them."""
