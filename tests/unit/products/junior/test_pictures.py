"""Pictures are plain shapes with words beside them."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from verax.kernel.errors import UnknownObject
from verax.products.junior.pictures import draw, list_pictures

SHAPES = {"circle", "ellipse", "rect", "polygon", "line"}


@pytest.mark.parametrize("name", list_pictures())
def test_a_picture_is_shapes_and_nothing_else(name: str) -> None:
    picture = draw(name)
    root = ElementTree.fromstring(picture.svg)
    assert {element.tag.partition("}")[2] for element in root} <= SHAPES
    assert len(root) >= 1
    assert 3 <= len(picture.alt) <= 40
    assert len(picture.svg) < 2_000


def test_a_picture_that_is_not_there_is_refused() -> None:
    with pytest.raises(UnknownObject):
        draw("../../secret")
