"""Letters and digits that look alike, mapped to one of them (protocol clause 8).

A small table of our own: what someone would type to slip a known sentence past a reader.
It covers Cyrillic, Greek, Armenian, Cherokee and Latin look-alikes and digits that stand for
letters. Full-width and mathematical letters are NFKC's work, accents are stripped before
the table applies. Keys are casefolded single characters; where a capital and a small letter
look like different Latin letters, the table follows the capital.

`i`, `l` and `1` fall together, as do `o` and `0`: sentences stay distinct, spellings do not.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["CONFUSABLES"]

_LOOK_ALIKES: Mapping[str, str] = {
    "a": "4аαɑᴀᎪꭺ",
    "b": "8вβьъɓʙƅᏼᏴ",
    "c": "сϲᴄсᏟꮯ",
    "d": "ԁđɖɗᴅꓓᎠꭰ",
    "e": "3еεєɛɘəᴇҽᎬꭼ",
    "f": "ƒꜰϝ",
    "g": "9ɡցɢԍᏀᏳ",
    "h": "нһηɦʜհҥᎻꮋ",
    "j": "јϳɉᴊյᎫꭻ",
    "k": "кκҝқᴋĸᏦꮶ",
    "l": "1iіιıłӏїɩɪļǀΙᏞꮮꮖ",
    "m": "мμᴍᎷꮇ",
    "n": "пոռɴπ",
    "o": "0оοøσօᴏөѳჿ",
    "p": "рρƿᴘᏢꮲ",
    "q": "ԛզ",
    "r": "гяᴦʀᎡꭱ",
    "s": "5ѕꜱʂᏚꮪ",
    "t": "7тτŧᴛᎢꭲ",
    "u": "цυսᴜʊ",
    "v": "νѵᴠᏙꮩ",
    "w": "ωшщԝᴡաᎳꮃ",
    "x": "хχҳ",
    "y": "уүγʏყ",
    "z": "2зζᴢʐᏃꮓ",
}

CONFUSABLES: Mapping[int, str] = {
    ord(form): letter
    for letter, look_alikes in _LOOK_ALIKES.items()
    for look_alike in look_alikes
    for form in {look_alike, look_alike.casefold()}
    if len(form) == 1
}
"""Code point to letter, in the form that `str.translate` takes."""
