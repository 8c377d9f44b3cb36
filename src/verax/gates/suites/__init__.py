"""The suites that ship with Verax, one folder each; `verax.gates.suite` loads them."""
