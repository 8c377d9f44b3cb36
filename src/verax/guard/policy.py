"""A policy is a list of rules in a release; this file reads them and decides by them.

* A rule names a category, an action, and for what a classifier tells the probability from which
  it acts. An unknown category or action is an error, never skipped.
* An empty policy refuses (invariant 10): `Policy.from_rules` raises.
* Actions, from the mildest: ``allow`` says that a category is let through; ``mark`` lets text
  through and counts; ``alert`` lets it through, counts, and tells whoever runs the installation;
  ``rewrite`` puts a fixed mask in its place; ``refuse`` stops the turn; ``crisis`` stops it and
  hands over to a crisis script.
* A category is found by its exact detector, by a classifier, or by both. Those that only a
  classifier can tell (`SCORED`) must have a score for each sentence: one that has none is
  ``unread``, and refused where the release has no rule for that.
* A surface can only narrow: `Policy.narrow` takes the stricter action of two policies, and the
  lower threshold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal, Protocol, get_args

from verax.guard.audience import Audience
from verax.guard.categories import Category
from verax.guard.detectors import Detector
from verax.guard.exact import exact_detectors
from verax.guard.sentences import Sentence, cut
from verax.kernel.errors import ReleaseError

__all__ = [
    "DEFAULT_THRESHOLD",
    "MASK",
    "SCORED",
    "STRICTNESS",
    "Action",
    "Decision",
    "Found",
    "Policy",
    "Rule",
    "RuleText",
    "Scores",
    "ScoresOf",
    "check_input",
    "has_words",
    "no_scores",
    "texts_to_score",
]

Action = Literal["allow", "mark", "alert", "rewrite", "refuse", "crisis"]
MASK = "[removed]"
DEFAULT_THRESHOLD = 0.5
_ACTIONS: tuple[Action, ...] = get_args(Action)
STRICTNESS: Mapping[str, int] = {action: place for place, action in enumerate(_ACTIONS)}
_STOPS = STRICTNESS["refuse"]
_WITHHOLDS = STRICTNESS["rewrite"]
_REMEMBERED = 1_024

SCORED = frozenset(
    {
        Category.HATE,
        Category.HARASSMENT,
        Category.SEXUAL,
        Category.SEXUAL_MINORS,
        Category.SELF_HARM,
        Category.VIOLENCE,
        Category.DANGEROUS_ACTS,
        Category.CRIME,
        Category.OFF_TOPIC,
        Category.READABILITY,
    }
)
"""Categories that exact rules cannot tell well enough: a classifier must have read the sentence.

Of readability that is so for an audience without a level alone: where there is one, its rule is exact.
"""

EXACT_ONLY = frozenset(
    {
        Category.PERSONAL_DATA,
        Category.SECRETS,
        Category.HIDDEN_TEXT,
        Category.LINKS,
        Category.PROMPT_LEAK,
        Category.UNREAD,
    }
)
"""Categories that exact rules alone decide."""

Scores = Mapping[Category, float]
ScoresOf = Callable[[str], Scores]
"""Gives the probabilities of a text that was judged already; empty where nothing could judge it."""


def no_scores(_text: str) -> Scores:
    """Return no score: where no classifier is at hand."""
    return {}


class RuleText(Protocol):
    """A rule as a release states it."""

    @property
    def detector(self) -> str:
        """Name of a category."""
        ...

    @property
    def action(self) -> str:
        """What to do about a finding."""
        ...


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule in force.

    Attributes:
        threshold: Probability from which a classifier's score is a finding, over 0 to 1.
        detector: Exact rules for the category; None where there are none.
    """

    category: Category
    action: Action
    threshold: float = DEFAULT_THRESHOLD
    detector: Detector | None = None

    @property
    def needs_score(self) -> bool:
        """Whether a sentence without a score of its category is unread."""
        is_measured = self.category is Category.READABILITY and self.detector is not None
        return self.category in SCORED and not is_measured

    @property
    def is_streamed(self) -> bool:
        """Whether what it finds is withheld as it comes, and not with its sentence."""
        withholds = STRICTNESS[self.action] >= _WITHHOLDS
        return withholds and self.detector is not None and not self.detector.by_sentence


@dataclass(frozen=True, slots=True)
class Found:
    """One finding of one rule, by character offsets.

    Attributes:
        kind: Subcategory, empty where nothing finer is known.
        score: Probability, 1 for exact rules.
    """

    category: Category
    start: int
    end: int
    action: Action
    kind: str = ""
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class Decision:
    """What a policy says of a text.

    Attributes:
        action: The strictest action that any finding asks for, ``allow`` without findings.
        category: Category that asked for it, empty without findings.
        text: The text after rewriting.
        findings: Number of findings.
        by_detector: Findings of each category that found anything.
        found: Every finding, in no order.
    """

    action: Action
    category: str
    text: str
    findings: int
    by_detector: Mapping[str, int] = field(default_factory=dict)
    found: tuple[Found, ...] = ()

    @property
    def is_stop(self) -> bool:
        """Whether the turn ends here."""
        return STRICTNESS[self.action] >= _STOPS

    @property
    def alerts(self) -> tuple[str, ...]:
        """Categories that whoever runs the installation should hear of."""
        return tuple(sorted({str(item.category) for item in self.found if item.action in ("alert", "crisis")}))


@dataclass(frozen=True, slots=True)
class Policy:
    """Rules in force, each of another category."""

    rules: tuple[Rule, ...]

    @classmethod
    def from_rules(cls, rules: Sequence[RuleText], known: Mapping[str, Detector] | None = None) -> Policy:
        """Read the rules of a release.

        Args:
            known: Exact detectors by category; those for adults' input by default.

        Raises:
            ReleaseError: no rules, an unknown category or action, or a category named twice.
        """
        detectors = exact_detectors(Audience.ADULT, "input") if known is None else known
        if not rules:
            raise ReleaseError("guard: a policy without rules refuses everything", hint="name at least one category")
        read: dict[Category, Rule] = {}
        for rule in rules:
            category = _category(rule.detector)
            if category in read:
                raise ReleaseError(f"guard: category {rule.detector!r} is named twice")
            threshold = getattr(rule, "threshold", None)
            read[category] = Rule(
                category,
                _action(rule.action),
                DEFAULT_THRESHOLD if threshold is None else threshold,
                detectors.get(category),
            )
        return cls(tuple(read.values()))

    @property
    def needs_scores(self) -> bool:
        """Whether a classifier has something to say to this policy."""
        return any(rule.category not in EXACT_ONLY and rule.action != "allow" for rule in self.rules)

    @property
    def masks_sentences(self) -> bool:
        """Whether a rule puts a mask into a sentence that it must read whole first."""
        return any(rule.action == "rewrite" and not rule.is_streamed for rule in self.rules)

    def narrow(self, other: Policy) -> Policy:
        """Return the policy that is at least as strict as both."""
        merged = {rule.category: rule for rule in self.rules}
        for rule in other.rules:
            mine = merged.get(rule.category)
            if mine is None:
                merged[rule.category] = rule
                continue
            stricter = rule if STRICTNESS[rule.action] > STRICTNESS[mine.action] else mine
            merged[rule.category] = replace(stricter, threshold=min(rule.threshold, mine.threshold))
        return Policy(tuple(merged.values()))

    def only(self, categories: Collection[Category]) -> Policy:
        """Return the rules about `categories` and no others; it may have none, and then finds nothing."""
        return Policy(tuple(rule for rule in self.rules if rule.category in categories))

    def decide(self, text: str, context: str = "") -> Decision:
        """Apply the rules that need no sentence to `text`; `context` is what stood before it and has left already."""
        streamed = [rule for rule in self.rules if rule.is_streamed]
        return _decision(text, [found for rule in streamed for found in _exact(rule, text, context)])

    def read(self, sentence: Sentence, scores_of: ScoresOf = no_scores) -> Decision:
        """Apply the rules that read a whole sentence, and those that only count."""
        return _decision(sentence.text, [*self.match(sentence), *self._scored(sentence, scores_of)])

    def judge(self, text: str, scores_of: ScoresOf = no_scores) -> Decision:
        """Apply every rule to a whole text."""
        found = list(_matched_in(self, text))
        if self.needs_scores:
            for sentence in cut(text):
                found += _moved(self._scored(sentence, scores_of), sentence.start)
        return _decision(text, found)

    def ready(self, text: str) -> int:
        """Return how many leading characters of `text` no later text can change; never a part of a finding."""
        detectors = [rule.detector for rule in self.rules if rule.is_streamed and rule.detector is not None]
        cut_at = len(text) - max((detector.held(text) for detector in detectors), default=0)
        spans = [finding for detector in detectors for finding in detector.find(text)]
        while inside := [finding.start for finding in spans if finding.start < cut_at < finding.end]:
            cut_at = min(inside)
        return cut_at

    def match(self, sentence: Sentence) -> Iterable[Found]:
        """Yield what exact rules find in a sentence, without those that find as text comes."""
        for rule in self.rules:
            if rule.action != "allow" and not rule.is_streamed:
                yield from _exact(rule, sentence.text, sentence.before)

    def _scored(self, sentence: Sentence, scores_of: ScoresOf) -> Iterable[Found]:
        """Yield what a classifier found; the whole sentence is the finding."""
        rules = [rule for rule in self.rules if rule.action != "allow" and rule.category is not Category.UNREAD]
        if not self.needs_scores or not has_words(sentence.text):
            return
        scores = scores_of(sentence.read)
        size = len(sentence.text.rstrip())
        missing = False
        for rule in rules:
            score = scores.get(rule.category)
            if score is not None and score >= rule.threshold:
                yield Found(rule.category, 0, size, rule.action, score=score)
            missing = missing or (score is None and rule.needs_score)
        if missing:
            yield Found(Category.UNREAD, 0, size, self._unread, score=1.0)

    @property
    def _unread(self) -> Action:
        return next((rule.action for rule in self.rules if rule.category is Category.UNREAD), "refuse")


def check_input(policy: Policy, texts: Sequence[str], scores_of: ScoresOf = no_scores) -> Decision:
    """Return the strictest decision over `texts`, with the findings of all; input is never rewritten in silence.

    A rule that would rewrite input refuses instead: what a person wrote is committed to as
    they wrote it, or not sent at all.
    """
    worst = Decision("allow", "", "", 0)
    counts: Counter[str] = Counter()
    found: list[Found] = []
    for text in texts:
        decision = policy.judge(text, scores_of)
        counts.update(decision.by_detector)
        found += decision.found
        if STRICTNESS[decision.action] > STRICTNESS[worst.action]:
            worst = replace(decision, text=text)
    action: Action = "refuse" if worst.action == "rewrite" else worst.action
    return replace(worst, action=action, findings=counts.total(), by_detector=dict(counts), found=tuple(found))


@lru_cache(maxsize=_REMEMBERED)
def _matched_in(policy: Policy, text: str) -> tuple[Found, ...]:
    """Return what exact rules find in a whole text; remembered, since a conversation is screened at every turn."""
    found: list[Found] = []
    for sentence in cut(text):
        found += _moved(policy.match(sentence), sentence.start)
    return (*found, *policy.decide(text).found)


def _moved(found: Iterable[Found], by: int) -> list[Found]:
    return [replace(item, start=item.start + by, end=item.end + by) for item in found]


def _exact(rule: Rule, text: str, context: str) -> Iterable[Found]:
    if rule.detector is None:
        return
    offset = len(context)
    for finding in rule.detector.find(context + text):
        if finding.end > offset and (finding.start >= offset or rule.detector.by_sentence):
            yield Found(rule.category, max(0, finding.start - offset), finding.end - offset, rule.action, finding.kind)


def _decision(text: str, found: Sequence[Found]) -> Decision:
    acting = [item for item in found if item.action != "allow"]
    if not acting:
        return Decision("allow", "", text, 0)
    worst = max(acting, key=lambda item: STRICTNESS[item.action])
    counts = Counter(str(item.category) for item in acting)
    masked = [item for item in acting if item.action == "rewrite"]
    return Decision(worst.action, str(worst.category), _masked(text, masked), len(acting), dict(counts), tuple(acting))


def _masked(text: str, found: Sequence[Found]) -> str:
    pieces, end = [], 0
    for item in sorted(found, key=lambda item: item.start):
        if item.start >= end:
            pieces += [text[end : item.start], MASK]
        end = max(end, item.end)
    return "".join([*pieces, text[end:]])


def _category(name: str) -> Category:
    try:
        return Category(name)
    except ValueError:
        raise ReleaseError(f"guard: unknown category {name!r}", hint=f"known: {', '.join(Category)}") from None


def _action(text: str) -> Action:
    found = [action for action in _ACTIONS if action == text]
    if not found:
        raise ReleaseError(f"guard: unknown action {text!r}", hint=f"known: {', '.join(_ACTIONS)}")
    return found[0]


def texts_to_score(policy: Policy, texts: Iterable[str]) -> list[str]:
    """Return what a classifier must have read before `policy` decides on `texts`."""
    if not policy.needs_scores:
        return []
    return [sentence.read for text in texts for sentence in cut(text) if has_words(sentence.text)]


def has_words(text: str) -> bool:
    """Say whether there is anything to read: signs, digits and pictures alone have no score."""
    return any(character.isalpha() for character in text)
