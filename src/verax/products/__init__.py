"""Products: each in a folder of its own, with its releases, prompts, suites, and the code that only it needs."""
