"""Places where people and programs meet a channel: translate in, translate out, decide nothing."""
