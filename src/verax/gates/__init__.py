"""What a change must pass before it is admitted, and what watches it afterwards."""
