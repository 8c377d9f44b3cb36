"""How well gates see a change of one line, how well scorers agree with people, how long a gate takes."""
