"""Drills: an insider with the whole machine tries to change an assistant unseen, on an installation made for it."""
