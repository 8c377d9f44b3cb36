"""The one path of a turn: one step a module, data flows one way."""
