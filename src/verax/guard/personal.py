"""Personal data by exact rules: what has a form, and for children what they are asked not to tell.

* Numbers that carry a checksum are believed only where it is right: payment cards (Luhn,
  ISO/IEC 7812-1), IBANs (ISO 13616, mod 97, length by country), Chinese resident ids (GB 11643),
  French, Spanish and Italian ids. US social security and UK insurance numbers have none; their
  fixed form is asked for.
* Telephone numbers are those with a country code, with the separators of a national one, or of a
  Chinese mobile; a bare run of digits is none.
* Street addresses are found by number and street word in English, German, French and Chinese.
* For children a name, school, age or place that is told in the first person is found too, and in
  what leaves the questions that ask for one. A name without such words around it is not found.

Numbers are read after `verax.guard.normal.plain`, so full-width and look-alike signs count.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from verax.guard.detectors import Finding
from verax.guard.normal import plain

__all__ = ["PersonalData", "is_card", "is_iban"]

_MAIL = re.compile(
    r"(?<![\w.+-])[\w.+-]+(?:@|\s?[\[(]at[\])]\s?)[\w-]+(?:(?:\.|\s?[\[(]dot[\])]\s?)[\w-]+)*"
    r"(?:\.|\s?[\[(]dot[\])]\s?)[a-z]{2,24}(?![\w-])"
)
_IPV4 = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\d)")
_IPV6 = re.compile(r"(?<![\w:])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?![\w:])")
_CARD = re.compile(r"(?<![\d-])[2-6]\d(?:[ -]?\d){11,17}(?![\d-])")
_IBAN = re.compile(r"(?<![a-z0-9])[a-z]{2}\d{2}(?:[ -]?[a-z0-9]){11,30}")
_PHONE = re.compile(
    r"(?<![\w+])(?:"
    r"(?:\+|00)\d{1,3}(?:[ ./-]?\(?\d{1,5}\)?){2,6}"
    r"|\(?0\d{1,4}\)?[ ./-]\d{3,5}(?:[ ./-]?\d{2,5}){1,2}"
    r"|\(?[2-9]\d{2}\)?[ .-]?[2-9]\d{2}[.-]\d{4}"
    r"|1[3-9]\d{9}"
    r")(?![\w-])"
)
_SSN = re.compile(r"(?<![\d-])(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])")
_NINO = re.compile(r"(?<!\w)[a-ceghj-prstw-z][a-ceghj-nprstw-z](?: ?\d{2}){3} ?[a-d](?!\w)")
_CHINESE_ID = re.compile(r"(?<!\d)[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dx](?!\w)")
_FRENCH_ID = re.compile(r"(?<!\d)[12] ?\d{2} ?(?:0[1-9]|1[0-2]) ?(?:\d{2}|2[ab]) ?\d{3} ?\d{3} ?\d{2}(?!\d)")
_SPANISH_ID = re.compile(r"(?<!\w)[0-9xyz]\d{7}-?[a-z](?!\w)")
_ITALIAN_ID = re.compile(r"(?<!\w)[a-z]{6}\d{2}[abcdehlmprst]\d{2}[a-z]\d{3}[a-z](?!\w)")
_NO_STREET = "(?!(?:the|in|on|of|to|and|a|an|from|down|up|by|for|at) )"
_STREET = (
    re.compile(
        rf"(?<![\w.])\d{{1,5}}[a-z]?,? (?:{_NO_STREET}[a-z][\w'.-]* ){{1,3}}"
        r"(?:street|avenue|road|lane|boulevard|rd|ave|blvd|st\.?)(?!\w)"
    ),
    re.compile(r"(?<!\w)[a-z-]{3,}(?:strasse|str\.|weg|platz|allee|gasse) \d{1,4}[a-z]?(?!\w)"),
    re.compile(r"(?<!\w)\d{1,4},? (?:bis )?(?:rue|avenue|boulevard|chemin|impasse) (?:de |du |des |la |l')*\w+"),
    re.compile(r"[\u4e00-\u9fff]{2,8}(?:路|街|大道|胡同|巷|弄)\d{1,5}[号號]"),
)

_ME = r"(?<!\w)(?:i am|i'm|im)"
_TOLD: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "name",
        re.compile(
            rf"(?<!\w)my (?:(?:full|real|last|first|family) )?name(?:'s| is) [\w'-]+|(?:{_ME}|i get) called [\w'-]+"
            r"|我(?:的名字)?(?:叫|是叫)[\u4e00-\u9fff]{1,4}|我的名字是[\u4e00-\u9fff]{1,4}"
        ),
    ),
    (
        "school",
        re.compile(
            r"(?<!\w)(?:i go to|i attend|my school is|my school's called|i'm (?:a student )?at)(?: [\w'.-]+){1,4}"
            r" (?:school|kindergarten|academy|elementary|primary|preschool|nursery)"
            r"|(?<!\w)my school is(?: called)? [\w'-]+"
            r"|我(?:在|上)[\u4e00-\u9fff]{2,12}(?:小学|中学|幼儿园|学校)|我的学校(?:是|叫)[\u4e00-\u9fff]{2,12}"
        ),
    ),
    (
        "age",
        re.compile(
            rf"{_ME} (?:\d{{1,2}}|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
            rf"(?: years? old| and a half|(?=\s*(?:[.,!?]|\Z)))"
            r"|我(?:今年)?[\d一二两三四五六七八九十]{1,3}岁"
        ),
    ),
    (
        "place",
        re.compile(
            r"(?<!\w)(?:i live (?:in|at|on|near)|my address is|my house is (?:in|at|on))(?: [\w'-]+){1,4}"
            r"|我(?:家)?住在?[\u4e00-\u9fff\d]{2,15}|我家在[\u4e00-\u9fff\d]{2,15}"
        ),
    ),
)
_ASKED: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "name",
        re.compile(r"(?<!\w)(?:what(?:'s| is) your (?:\w+ )?name|tell me your (?:\w+ )?name)(?!\w)|你叫什么|你的名字"),
    ),
    (
        "school",
        re.compile(
            r"(?<!\w)(?:(?:what|which) school|where do you go to school|what(?:'s| is) your school)(?!\w)"
            r"|你在哪(?:个|所)学校|你上哪"
        ),
    ),
    (
        "age",
        re.compile(r"(?<!\w)(?:how old are you|what(?:'s| is) your age|when is your birthday)(?!\w)|你几岁|你多大"),
    ),
    (
        "place",
        re.compile(
            r"(?<!\w)(?:where (?:do|are) you (?:live|from)|what(?:'s| is) your address"
            r"|where is your (?:house|home))(?!\w)"
            r"|你住在?哪|你家在哪"
        ),
    ),
    (
        "place",
        re.compile(
            r"(?<!\w)(?:what do you look like|send (?:me )?(?:a|your) (?:picture|photo|selfie)|show me your face)(?!\w)"
            r"|你长什么样|发(?:一张)?(?:你的)?照片"
        ),
    ),
)

_IBAN_CHARS = {
    code[:2]: int(code[2:])
    for code in (
        "ad24 ae23 al28 at20 az28 ba20 be16 bg22 bh22 br29 by28 ch21 cr22 cy28 cz24 de22 dk18 do28 ee20 eg29 es24 fi18 "
        "fo18 fr27 gb22 ge22 gi23 gl18 gr27 gt28 hr21 hu28 ie22 il23 iq23 is26 it27 jo30 kw30 kz20 lb28 lc32 li21 lt20 "
        "lu20 lv21 mc27 md24 me22 mk19 mr27 mt31 mu30 nl18 no15 pk24 pl28 ps29 pt25 qa29 ro24 rs22 sa24 sc31 se24 si19 "
        "sk24 sm27 st25 sv28 tl23 tn24 tr26 ua29 va22 vg24 xk20"
    ).split()
}
_SPANISH_LETTERS = "trwagmyfpdxbnjzsqvhlcke"
_CHINESE_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)

# What may stand before the first sign of something personal, and how much of a text may belong to it.
_TAIL_CHARS = 160
_SIGN = re.compile(r"[\d@+]|[\[(](?:a|at|\Z)")
_LAST_WORD = re.compile(r"\S*\s?\Z")
_WORD_START = re.compile(r"\S+\s?\Z")


class PersonalData:
    """Personal data of a fixed form.

    Args:
        is_child: Whether what children tell of themselves is looked for too.
        asks: Whether questions that ask a child for it are looked for: in what leaves, not in what comes.
    """

    name = "personal_data"
    by_sentence = False

    def __init__(self, *, is_child: bool = False, asks: bool = False) -> None:
        self._spoken = (_ASKED + _TOLD if asks else _TOLD) if is_child else ()

    def find(self, text: str) -> list[Finding]:
        """Return what is personal, the first and longest where two overlap."""
        normal = plain(text)
        found = [
            Finding(*normal.span(start, end), kind)
            for kind, start, end in (*_exact(normal.text), *self._told(normal.text))
        ]
        return _apart(found)

    def held(self, text: str) -> int:
        """Hold the last word, and what follows the word before a digit or an ``@`` in the same line."""
        begin = max(text.rfind("\n") + 1, len(text) - _TAIL_CHARS)
        line = text[begin:]
        word = _LAST_WORD.search(line)
        held = 0 if word is None else len(word.group())
        sign = _SIGN.search(line)
        if sign is None:
            return held
        before = _WORD_START.search(line[: sign.start()])
        start = sign.start() if before is None else before.start()
        return max(held, len(line) - start)

    def _told(self, text: str) -> Iterator[tuple[str, int, int]]:
        for kind, pattern in self._spoken:
            for match in pattern.finditer(text):
                yield kind, match.start(), match.end()


def is_card(digits: str) -> bool:
    """Say whether 13 to 19 digits are a payment card's number: right by the Luhn formula, not all the same."""
    if not 13 <= len(digits) <= 19 or len(set(digits)) < 2:
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def is_iban(code: str) -> bool:
    """Say whether `code`, lower case without blanks, is an IBAN: its country's length, and 1 modulo 97."""
    if _IBAN_CHARS.get(code[:2]) != len(code) or not code.isascii() or not code.isalnum():
        return False
    return int("".join(str(int(c, 36)) for c in code[4:] + code[:4])) % 97 == 1


@dataclass(frozen=True, slots=True)
class _Form:
    kind: str
    pattern: re.Pattern[str]
    is_right: Callable[[str], bool]


def _exact(text: str) -> Iterator[tuple[str, int, int]]:
    for match in _IBAN.finditer(text):
        end = _iban_end(text, match.start())
        if end:
            yield "iban", match.start(), end
    for form in _FORMS:
        for match in form.pattern.finditer(text):
            if form.is_right(match.group()):
                yield form.kind, match.start(), match.end()
    for street in _STREET:
        for match in street.finditer(text):
            yield "address", match.start(), match.end()


def _iban_end(text: str, start: int) -> int:
    """Return where the IBAN that begins at `start` ends, 0 where none does."""
    wanted = _IBAN_CHARS.get(text[start : start + 2], 0)
    code = ""
    for place in range(start, len(text)):
        if len(code) == wanted:
            break
        code += text[place] if text[place] not in " -" else ""
    else:
        place = len(text)
    return place if wanted and is_iban(code) else 0


def _is_phone(text: str) -> bool:
    return 8 <= sum(c.isdigit() for c in text) <= 15


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return text.count(":") != 2 or "::" in text


def _is_chinese_id(text: str) -> bool:
    total = sum(int(digit) * weight for digit, weight in zip(text, _CHINESE_WEIGHTS, strict=False))
    return "10x98765432"[total % 11] == text[17]


def _is_french_id(text: str) -> bool:
    digits = text.replace(" ", "").replace("2a", "19").replace("2b", "18")
    return int(digits[-2:]) == 97 - int(digits[:-2]) % 97


def _is_spanish_id(text: str) -> bool:
    number = text.replace("-", "")
    digits = number[:-1].replace("x", "0").replace("y", "1").replace("z", "2")
    return _SPANISH_LETTERS[int(digits) % 23] == number[-1]


def _always(_text: str) -> bool:
    return True


_FORMS = (
    _Form("email", _MAIL, _always),
    _Form("ip", _IPV4, _is_address),
    _Form("ip", _IPV6, _is_address),
    _Form("card", _CARD, lambda text: is_card("".join(c for c in text if c.isdigit()))),
    _Form("national_id", _SSN, _always),
    _Form("national_id", _NINO, _always),
    _Form("national_id", _CHINESE_ID, _is_chinese_id),
    _Form("national_id", _FRENCH_ID, _is_french_id),
    _Form("national_id", _SPANISH_ID, _is_spanish_id),
    _Form("national_id", _ITALIAN_ID, _always),
    _Form("phone", _PHONE, _is_phone),
)


def _apart(found: list[Finding]) -> list[Finding]:
    """Return findings in order without overlaps: the earlier one stays, of two at one place the longer."""
    kept: list[Finding] = []
    for finding in sorted(found, key=lambda item: (item.start, -item.end)):
        if not kept or finding.start >= kept[-1].end:
            kept.append(finding)
    return kept
