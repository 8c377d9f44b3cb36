"""What scorers look for in replies: each module finds one kind of thing, by rules that can be read."""
