"""Which sentences are claims, and which of them cannot be read without what stands before them.

* A claim says that something is so. Questions, greetings, instructions, opinions, and saying that one does not know
  are not claims; nor are headings, and pieces of less than a sentence.
* "The answer is ..." claims whatever follows, were it a question. Where too little follows to be read without the
  question, it names nothing (`names_nothing`), and no passage can bear it out.
* Rules, no model: the same text has the same claims everywhere. They lean towards *claim*: what is taken for one
  by mistake is checked and found nowhere, what is missed by mistake would go unchecked.
* A claim *leans* on what stands before it where a pronoun, or "the same", "such" and the like, is one of its first two
  words, or of its first eight behind a word that opens a phrase ("In 1903, she"). Then what its pronoun stands for is
  its context: the subject of the nearest sentence that leans on nothing, where all between speak of the same *it* or
  *she*, so that what they say, which may be wrong, is not claimed again. Where no subject can be told it is that
  sentence, and where they do not, the sentences before it, at most `MAX_CONTEXT`; never over `CONTEXT_WORDS` words.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from verax.truth.claims.sentences import Sentence, Splitter
from verax.truth.exact import content_words

__all__ = [
    "CONTEXT_WORDS",
    "MAX_CONTEXT",
    "Claim",
    "ClaimFinder",
    "SentenceKind",
    "claims_of",
    "is_about",
    "kind_of",
    "leans",
    "names_nothing",
    "plain",
    "subject_of",
]

MAX_CONTEXT = 2
CONTEXT_WORDS = 60
_REACH = 8  # sentences back, in which a subject is looked for
_SUBJECT_WORDS = 8
_STEM = 5  # letters of a name that are looked for: "Bridges" is the name of a bridge
_NO_NAMES = frozenset(
    "the a an this that these those his her its their he she it they one both all some many most".split()
)
_MIN_WORDS, _MIN_HAN = 3, 4
_LEANING_WORDS = 8  # of the beginning, in which a pronoun is looked for


class SentenceKind(StrEnum):
    """What a sentence is; only a claim is checked."""

    CLAIM = "claim"
    QUESTION = "question"
    GREETING = "greeting"
    INSTRUCTION = "instruction"
    OPINION = "opinion"
    UNKNOWING = "unknowing"  # says that the speaker does not know
    FRAGMENT = "fragment"  # a heading, a single word, an address


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence to be checked: ``text[start:end]`` of the whole text.

    Attributes:
        context: What its pronoun stands for, or the sentences before it, where it leans on them; empty otherwise.
    """

    text: str
    start: int
    end: int
    context: str = ""


_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^)\s]*\)")
_MARKS = re.compile(r"(?<!\w)[*_`]+|[*_`]+(?!\w)")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+")
_CITATION = re.compile(r"\s?\[\d{1,3}(?:,\s?\d{1,3})*\]")
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")

_QUESTION = re.compile(r"[?？][\"'”’)」』]*\Z|[吗呢][。！]?\Z")
_GREETING = re.compile(
    r"(?:hi|hello|hey|greetings|good (?:morning|afternoon|evening|night|luck)|welcome|thanks|thank you|many thanks"
    r"|sorry|i apologi[sz]e|my apologies|sure|of course|certainly|absolutely|great question|good question"
    r"|you['’]re welcome|you are welcome|goodbye|bye|see you|cheers|best regards|kind regards|sincerely|yours|dear"
    r"|i hope (?:this|that) helps|i['’]m (?:happy|glad) to help|happy to help|glad to help"
    r"|let me know|feel free|have a (?:nice|great|good))\b(?![-\w])"
    r"|你好|您好|谢谢|再见|不客气|早上好|晚上好|抱歉|对不起",
    re.IGNORECASE,
)
_UNKNOWING = re.compile(
    r"\b(?:i|we) (?:do not|don['’]t|did not|didn['’]t) (?:know|have|find|see|recall|remember)\b"
    r"|\b(?:i|we)(?: am|['’]m| are|['’]re) (?:not (?:sure|certain|aware|able)|unsure|uncertain|unable|unaware)\b"
    r"|\b(?:i|we) (?:cannot|can['’]t|can not|could not|couldn['’]t|was unable to|were unable to) "
    r"(?:say|tell|verify|confirm|find|determine|answer|check|access|provide|help|recall)\b"
    r"|\b(?:i|we) have no (?:information|knowledge|idea|record|data|access|way)\b"
    r"|\bthe answer (?:to (?:this|that|the|your) question )?(?:is|was) (?:not (?:provided|given|stated|known|clear"
    r"|available|mentioned|found|in the)|unknown|unclear)\b"
    r"|\b(?:the|this|these) (?:(?:given|provided) (?:passage|text|context|information)|passage|context)s? "
    r"(?:do|does|did)(?: not|n['’]t) (?:say|tell|state|mention|provide|give|contain|include|specify|answer)\b"
    r"|\bas an ai\b|\bi['’]m just an ai\b|\bit is (?:unclear|not clear|unknown|not known) to (?:me|us)\b"
    r"|我(?:们)?(?:不知道|不清楚|不确定|无法|不能|没有(?:找到|足够))",
    re.IGNORECASE,
)
_OPINION = re.compile(
    r"\b(?:i|we) (?:think|believe|feel|guess|suppose|suspect|hope|wish|prefer|like|love|hate|recommend|doubt)\b"
    r"|\bi['’]d (?:say|argue|suggest|recommend|guess|prefer)\b"
    r"|\b(?:i|we) would (?:say|argue|suggest|recommend|prefer)\b"
    r"|\bin (?:my|our) (?:opinion|view|experience|mind)\b|\bto (?:my|our) mind\b|\bpersonally\b|\bif you ask me\b"
    r"|\b(?:you|we|one|people|everyone|everybody) (?:really |also |always |never )?(?:should|ought to|shouldn['’]t)\b"
    r"|\bit(?: is|['’]s| would be| was) (?:\w+ )?(?:best|better|wise|worth|advisable|important|good|nice|great|fun"
    r"|sad|a pity|a shame|a good idea|a bad idea)\b"
    r"|\b(?:is|are|was|were|looks?|sounds?|seems?|feels?) (?:(?:so|very|really|truly|quite|simply|absolutely|the most"
    r"|such an?|an?) )?(?:beautiful|ugly|amazing|awful|wonderful|terrible|horrible|boring|delicious|fantastic|gorgeous"
    r"|lovely|disgusting|brilliant|stupid|fascinating|breathtaking|charming|overrated|underrated)\b"
    r"|我(?:们)?(?:认为|觉得|相信|希望|建议|喜欢)|在我看来|依我看|应该",
    re.IGNORECASE,
)
_ANSWER = re.compile(
    r"(?:so|therefore|thus|hence)?,?\s*(?:the|my) (?:(?:short|correct|right|final) )?answer"
    r"(?: to (?:this|that|the|your) question)?(?: is\b|:)[:,]?(?: that\b)?\s*",
    re.IGNORECASE,
)
_MIN_NAMED = 2
_IMPERATIVES = (
    "add ask avoid choose click compare consider contact copy create delete describe do don't download enjoy ensure "
    "enter explain fill follow get give go imagine include install keep learn leave let let's listen look make note "
    "open pick please press provide put read remember remove repeat replace review save see select send stir take "
    "think try type use verify visit wait write"
).split()
# These begin a statement as often: "Set in Paris, the film won"; they need what only an order has behind it.
_DOUBTFUL = "bring build call check close complete cut find help hold move mix pay place play pull push run search set "
_DOUBTFUL += "show sign start stay stop tell test turn update watch wear"
_INSTRUCTION = re.compile(
    rf"(?:please|kindly|first,?|then,?|next,?|finally,?|now,?|also,?|always|never|just)?\s*"
    rf"(?:(?:{'|'.join(_IMPERATIVES)})\b"
    r"(?!['’-]|\s+(?:of|is|was|are|were|has|had|have|and|or|can|could|may|might|will|would|did|does)\b)"
    rf"|(?:{'|'.join(_DOUBTFUL.split())}) (?:the|a|an|your|it|this|that|these|those|them|up|off|on)\b)|请",
    re.IGNORECASE,
)
_VERBLESS_END = re.compile(r":\Z|：\Z")
_LEANING = re.compile(
    r"(?:he|she|it|they|him|her|his|hers|its|them|their|theirs|this|these|that|those|such|both|each|neither|either|one"
    r"|another|here|there|then|former|latter|same)(?:['’]\w+)?[,.]?\Z",
    re.IGNORECASE,
)
# Behind these the subject is still to come; behind any other word a pronoun mostly means that very word.
_OPENER = re.compile(
    r"(?:about|according|after|although|and|as|at|because|before|besides|but|by|despite|during|for|from|furthermore"
    r"|hence|however|if|in|instead|later|meanwhile|moreover|nevertheless|of|on|once|only|or|since|so|soon|still|then"
    r"|though|through|thus|to|today|together|until|upon|when|where|while|with|without|yet|born|\w+(?:ed|ing|ly))\Z",
    re.IGNORECASE,
)
# These point at nothing before them.
_NOT_LEANING = re.compile(
    r"\b(?:there (?:is|are|was|were|has|have|had|exists?)|it (?:is|was) (?:\w+ )?(?:that|to|for)|one of|such as"
    r"|(?:each|both|either|neither) (?:of )?the|(?:each|both|either|neither) of|this (?:year|month|week)"
    r"|one (?:hundred|thousand|million|billion|day|year|month|week|hour))\b",
    re.IGNORECASE,
)
_PRONOUNS = {
    **dict.fromkeys(("he", "him", "his"), "he"),
    **dict.fromkeys(("she", "her", "hers"), "she"),
    **dict.fromkeys(("it", "its"), "it"),
    **dict.fromkeys(("they", "them", "their", "theirs"), "they"),
}
_SUBJECT = re.compile(
    r"(?:(?P<opening>[^,]{3,40}), )?(?P<subject>[^,;:()\"“”]{2,80}?) "
    r"(?:is|are|was|were|has|have|had|will|would|can|could|may|might|must|does|do|did|became|becomes|won|led|leads"
    r"|made|makes|took|went|wrote|began|found|left|built|grew|held|met|ran|runs|stands|stood|lies|lives|works|employs"
    r"|contains|produces|offers|uses|plays|[a-z]{2,}ed)\b"
)
_LEANING_HAN = re.compile(r"\A.{0,6}(?:他|她|它|这|那|其|该|此)")


def plain(text: str) -> str:
    """Return a sentence as it reads: without marks of emphasis and links, its blanks made one."""
    shown = _CITATION.sub("", _LINK.sub(r"\1", text))
    return " ".join(_MARKS.sub("", shown).split())


def kind_of(sentence: Sentence) -> SentenceKind:
    """Return what a sentence is."""
    text = plain(sentence.text)
    told = _ADDRESS.sub("", text)
    if sentence.block == "heading":
        return SentenceKind.FRAGMENT
    if _ANSWER.match(text) and not _UNKNOWING.search(text):
        return SentenceKind.CLAIM
    if _is_fragment(told):
        return SentenceKind.GREETING if _GREETING.match(text) else SentenceKind.FRAGMENT
    if _QUESTION.search(text):
        return SentenceKind.QUESTION
    if _UNKNOWING.search(text):
        return SentenceKind.UNKNOWING
    if _GREETING.match(text):
        return SentenceKind.GREETING
    if _OPINION.search(text):
        return SentenceKind.OPINION
    if _INSTRUCTION.match(text):
        return SentenceKind.INSTRUCTION
    return SentenceKind.CLAIM


def leans(text: str) -> bool:
    """Say whether a claim cannot be read without what stands before it."""
    if _HAN.search(text):
        return _LEANING_HAN.match(text) is not None
    words = _NOT_LEANING.sub(" ", " ".join(text.split()[:_LEANING_WORDS])).split()
    reach = len(words) if words and _OPENER.match(words[0].rstrip(",")) else 2
    return any(_LEANING.match(word) for word in words[:reach])


def subject_of(sentence: str) -> str:
    """Return what an English sentence speaks of, ended with a full stop; empty where no rule can tell.

    >>> subject_of("In 1903, Marie Curie won the Nobel Prize.")
    'Marie Curie.'
    """
    found = _SUBJECT.match(sentence)
    if found is None or (found["opening"] and not _OPENER.match(found["opening"].split()[0])):
        return ""
    words = found["subject"].split()
    is_told = len(words) <= _SUBJECT_WORDS and not _OPENER.match(words[0]) and not leans(" ".join(words))
    return f"{' '.join(words)}." if is_told else ""


def is_about(context: str, text: str) -> bool:
    """Say whether a text has a name of the subject that a context is, by its first letters.

    A subject without a name may be spoken of anywhere; a heading or whole sentences name other things, too.

    >>> is_about("Albert Einstein.", "Marie Curie won two Nobel Prizes."), is_about("The tower.", "It is tall.")
    (False, True)
    """
    if subject_of(f"{context.removesuffix('.')} is") != context:
        return True
    names = [word for word in _WORD.findall(context) if word[0].isupper() and word.lower() not in _NO_NAMES]
    told = text.lower()
    return not names or any(name.lower()[:_STEM] in told for name in names)


def _pronoun(text: str) -> str:
    """Return which of *he*, *she*, *it* and *they* is the first word; empty for others."""
    first = text.partition(" ")[0]
    return _PRONOUNS.get(re.sub(r"['’]\w+\Z", "", first).lower(), "")


def names_nothing(claim: str) -> bool:
    """Say whether a claim only says what the answer is, in too few words to be read without the question."""
    text = plain(claim)
    answer = _ANSWER.match(text)
    if answer is None:
        return False
    said = text[answer.end() :]
    return _QUESTION.search(said) is not None or len(content_words(said)) < _MIN_NAMED


class ClaimFinder:
    """Finds the claims of a text while it comes."""

    def __init__(self) -> None:
        self._splitter = Splitter()
        self._before: deque[str] = deque(maxlen=_REACH)

    def feed(self, text: str) -> list[Claim]:
        """Take more text; return the claims that are whole now."""
        return list(self._claims(self._splitter.feed(text)))

    def finish(self) -> list[Claim]:
        """Say that nothing follows; return what is left."""
        return list(self._claims(self._splitter.finish()))

    def _claims(self, sentences: list[Sentence]) -> Iterator[Claim]:
        for sentence in sentences:
            kind = kind_of(sentence)
            shown = plain(sentence.text)
            if kind is SentenceKind.CLAIM:
                context = self._context(shown) if leans(shown) else ""
                yield Claim(sentence.text, sentence.start, sentence.end, context)
            if kind in (SentenceKind.CLAIM, SentenceKind.OPINION) or sentence.block == "heading":
                self._before.append(shown)

    def _context(self, claim: str) -> str:
        anchor = self._anchor(claim)
        if anchor:
            return subject_of(anchor) or (anchor if len(anchor.split()) <= CONTEXT_WORDS else "")
        kept: list[str] = []
        room = CONTEXT_WORDS
        for shown in list(self._before)[: -MAX_CONTEXT - 1 : -1]:
            room -= len(shown.split())
            if room < 0:
                break
            kept.insert(0, shown)
        return " ".join(kept)

    def _anchor(self, claim: str) -> str:
        """Return the nearest sentence that leans on nothing, where all between begin with the claim's own pronoun and
        no heading stands between."""
        pronoun = _pronoun(claim)
        for shown in reversed(self._before):
            if not pronoun or not shown.endswith((".", "!", "?")):
                break
            if not leans(shown):
                return shown
            if _pronoun(shown) != pronoun:
                break
        return ""


def claims_of(text: str) -> list[Claim]:
    """Return the claims of a whole text."""
    finder = ClaimFinder()
    return [*finder.feed(text), *finder.finish()]


def _is_fragment(text: str) -> bool:
    han = len(_HAN.findall(text))
    if han:
        return han < _MIN_HAN or _VERBLESS_END.search(text) is not None
    words = _WORD.findall(text)
    return len(words) < _MIN_WORDS or _VERBLESS_END.search(text) is not None or not any(w[0].islower() for w in words)
