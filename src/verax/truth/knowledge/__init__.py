"""Collections of documents: what they hold, as text that can be pointed at, and how it is found.

* `formats` says what a file is, `convert` gives its text, `passages` cuts it.
* `words` makes text and questions comparable for full text search.
* `encoder` makes vectors of text, `nearest` compares them, `meaning` keeps them up to date; `fusion` makes one
  ranking of several.
* `library` puts documents into collections and finds passages in them.
"""
