"""The rollout of a head: a plan of steps, and the monitor that may take them back."""
