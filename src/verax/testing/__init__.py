"""Public fakes that implement the real interfaces in memory; only tests import them."""
