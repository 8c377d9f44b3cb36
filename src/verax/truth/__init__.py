"""What is known and where it stands: documents first, claims and evidence later.

* `documents` says what a file is and gives its text, page by page.
* `pdf` has PDF files read by a process that can do nothing else.
"""
