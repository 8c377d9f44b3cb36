"""The lab: where Verax's own models are trained and measured. It may import `verax`; `verax` never imports it."""
