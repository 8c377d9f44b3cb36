"""A check as a report that can be printed, filed and handed on: one page of HTML, or a PDF.

Both are made of the object of `verax.truth.check_object`, hold everything they show, and load nothing.

* `html` fills ``report.html``; `pdf` lays the same out with PDFium, through `canvas`.
* `wording` is what both say.
"""

from verax.truth.report.html import html_report
from verax.truth.report.pdf import pdf_report
from verax.truth.report.wording import About

__all__ = ["About", "html_report", "pdf_report"]
