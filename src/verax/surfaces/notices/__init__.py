"""Notices: what happened in the governance log, told to the people who answer for the installation.

>>> notices = Notifier(parts)
>>> notices.start()
"""

__all__ = ["mail", "notice", "notifier", "webhook"]
