"""Ready-made policies, one file an audience; data, reviewed like code (`verax.guard.ready`)."""
