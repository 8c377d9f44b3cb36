"""What a process of ours gives up before it touches what it must not be believed about.

* `seccomp` takes system calls away, `landlock` files; a process puts both on itself, needs no
  privilege for it, and can never take them off.

Imported by processes that read hostile bytes or run foreign code; nothing else belongs here.
"""
