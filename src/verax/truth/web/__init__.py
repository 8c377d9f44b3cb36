"""Pages of the web, fetched so that a server's own network stays out of reach.

* `addresses` says which addresses may be asked, `bodies` unpacks what comes within bounds, `fetch`
  does both and follows redirects.
* `engines` asks search engines, `owners` keeps the owner's name out of queries, `search` reads what
  engines name, for one request.
"""
