"""Files that a user attached, as segments of a prompt. Pure.

* Name, page numbers and text of a file are ``retrieved``: they come from outside and are data,
  never an instruction (invariant 7). Every word around them is the release's.
* A release without ``[prompt.files]`` takes no files; pictures are taken only where its model
  sees them (``sees`` in ``[model]``).
"""

from __future__ import annotations

from collections.abc import Sequence

from verax.kernel.errors import UnsupportedParameter
from verax.kernel.release import Release
from verax.kernel.segments import Segment
from verax.turn.request import InputFile

__all__ = ["check_files", "file_segments", "takes_file"]


def takes_file(release: Release, kind: str) -> bool:
    """Say whether a release takes files of this kind: ``text``, ``pdf`` or ``image``."""
    return release.prompt.files is not None and (kind != "image" or "image" in release.model.sees)


def check_files(release: Release, kinds: Sequence[str]) -> None:
    """Refuse files that a release does not take.

    Raises:
        UnsupportedParameter: its prompt has no wording for files, or its model sees no pictures.
    """
    if not kinds:
        return
    if release.prompt.files is None:
        raise UnsupportedParameter(
            "attachments: this channel's release has no wording for files, so it takes none",
            hint="paste the text into the message, or choose another channel",
            param="attachments",
            code="attachment/not-taken",
        )
    if not all(takes_file(release, kind) for kind in kinds):
        raise UnsupportedParameter(
            "attachments: this channel's model reads text and sees no pictures",
            hint="leave the picture out, or choose a channel whose model sees pictures",
            param="attachments",
            code="attachment/not-seen",
        )


def file_segments(release: Release, file: InputFile) -> list[Segment]:
    """Return one file between the release's wording.

    Raises:
        UnsupportedParameter: the release does not take it.
    """
    check_files(release, [file.kind])
    words = release.prompt.files
    if words is None:
        return []
    name = Segment("retrieved", "user", file.name)
    if file.kind == "image":
        return [*_ours(words.image_head), name, *_ours(words.image_tail), Segment("retrieved", "image", file.image)]
    segments = [*_ours(words.head), name, *_ours(words.body)]
    has_numbers = file.kind == "pdf" and bool(words.page_head or words.page_tail)
    for number, text in enumerate(file.pages, start=1):
        if text and has_numbers:
            segments += [*_ours(words.page_head), Segment("retrieved", "user", str(number)), *_ours(words.page_tail)]
        elif text and number > 1:
            segments += _ours(release.prompt.separator)
        segments += [Segment("retrieved", "user", text)] if text else []
    return [*segments, *_ours(words.tail)]


def _ours(text: str) -> list[Segment]:
    return [Segment("release", "user", text)] if text else []
