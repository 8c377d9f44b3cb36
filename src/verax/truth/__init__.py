"""What is known and where it stands: documents first, claims and evidence later.

* `documents` says what a file is and gives its text, page by page.
* `pdf` has PDF files read by a process that can do nothing else; `process` starts such processes,
  `worker` is their life, `jobs` what they can be asked.
* `knowledge` keeps collections of documents and finds passages in them.
"""
