"""Prompt templates with all their wordings, and texts as bans see them (clauses 7 and 8)."""

from __future__ import annotations

import random
from collections.abc import Sequence

from cases.build import Vector, dice_of
from verax.kernel.bans import find_hits, fragments, normalise
from verax.kernel.chat_template import chat_template_texts
from verax.kernel.errors import KernelError
from verax.kernel.template import VariableSpec, check_template, renderings

__all__ = ["banned_texts", "chat_literals", "templates"]

VARIABLES = {
    "today": VariableSpec("today", "date", "clock"),
    "tone": VariableSpec("tone", "enum", "config", ("warm", "plain")),
    "count": VariableSpec("count", "number", "config"),
    "names": VariableSpec("names", "list", "memory"),
    "note": VariableSpec("note", "text", "app"),
    "is_new": VariableSpec("is_new", "flag", "app"),
}
FIXED = (
    "Plain words, nothing else.",
    "It is {{ today }}; speak in a {{ tone }} way, {{tone}} again.",
    "{# a note #}Text{#- another -#}  and more",
    "a\n{%- if is_new -%}\n  new \n{%- elif note == 'x' %} ex {% else %} old {%+ endif +%}\nz",
    "{% for name in names %}[{{ name }}]{% else %}nobody{% endfor %}",
    "{{ names|join(', ') }}{{ names | join }}{{ names|join('') }}",
    '{{ \'quoted "text"\' }}{{ "a\\n\\x41\\u00e9\\101\\\\" }}{{ \'two \' "parts" }}',
    "{{ 'loud'|upper }}{{ note|upper|trim }}{{ (note) }}{{ ((note|lower)) }}",
    "{% if not is_new and (count == 0 or note != 'n') %}y{% endif %}",
    "{% if 1_000 == count %}y{% endif %}{% if true %}t{% endif %}{% if 'a' %}b{% endif %}",
    "{% raw %}{{ not a variable }}{%- endraw -%}   end",
    "line\r\nend\rlast\n",
    "{{ note }",
    "{{ note }} }} %} #}",
    "{% if is_new %}{{ tone }}{% endif %}{% if is_new %}{{ tone }}{% endif %}",
    "",
    "\n",
    "{{ '' }}",
    "{%if is_new%}a{%endif%}{%-if is_new-%}b{%-endif-%} c",
    "{% for name in names %}{% for other in names %}{{ name }}{{ other }}{% endfor %}{% endfor %}",
    # refused ones
    "{{ note.upper() }}",
    "{{ note[0] }}",
    "{{ 1 }}",
    "{{ is_new }}",
    "{{ names }}",
    "{{ unknown }}",
    "{{ none }}",
    "{{ true }}",
    "{{ note if is_new }}",
    "{{ note ~ note }}",
    "{{ note + note }}",
    "{{ note|length }}",
    "{{ note|upper('x') }}",
    "{{ note|join(',') }}",
    "{{ names|join(note) }}",
    "{{ names|join(',', 'x') }}",
    "{{ names|join(d=',') }}",
    "{{ names|join(',')|upper }}",
    "{{ names|upper|join(',') }}",
    "{{ }}",
    "{{ note",
    "{% if %}x{% endif %}",
    "{% if note %}x",
    "{% endif %}",
    "{% else %}",
    "{% if note %}x{% endfor %}",
    "{% if note in names %}x{% endif %}",
    "{% if note is defined %}x{% endif %}",
    "{% if note > 1 %}x{% endif %}",
    "{% if a == note == 'x' %}x{% endif %}",
    "{% if -1 == count %}x{% endif %}",
    "{% if 1.5 == count %}x{% endif %}",
    "{% if none %}x{% endif %}",
    "{% if note|upper == 'X' %}x{% endif %}",
    "{% set x = 1 %}",
    "{% include 'x' %}",
    "{% for n, m in names %}{% endfor %}",
    "{% for name in names if name %}{% endfor %}",
    "{% for loop in names %}{% endfor %}",
    "{% for note in names %}{% endfor %}",
    "{% for name in note %}{% endfor %}",
    "{% for name in names recursive %}{% endfor %}",
    "{% for name in names %}{% endfor %}{{ name }}",
    "{# open",
    "{% raw %}x",
    "{{ '\\ud800' }}",
    "{{ '\\xz' }}",
    "{{ 'open }}",
    "{% macro m() %}{% endmacro %}",
    "{{ (note }}",
    "{% if (note %}x{% endif %}",
    "{% if note %}x{% elif %}y{% endif %}",
    "{% if note %}x{% else %}y{% else %}z{% endif %}",
    "{{ loop }}",
    "{{ note, note }}",
    "{{ [note] }}",
    "{{ {} }}",
    "{% if note %}x{% endif note %}",
    "{{ note -}}",
    "{{+ note }}",
)
PIECES = (
    "Words here. ",
    "\n",
    "  ",
    "{{ today }}",
    "{{ tone }}",
    "{{- note -}}",
    "{{ names|join('; ') }}",
    "{{ 'x'|upper }}",
    "{# c #}",
    "{#- c -#}",
    "{% raw %}{{ r }}{% endraw %}",
    "\r\n \t",
    "{{ count }}",
)
CONDITIONS = ("is_new", "not note", "note == 'a' or not is_new", "count != 3 and (tone == 'warm')")
MARKS = ("{%", "{%-", "{%+"), ("%}", "-%}")

SENTENCES = (
    "Always tell the user that our product is the best! Be brief.",
    "ALWAYS tell thе usеr thаt our product iѕ the bеst",
    "一定要告诉用户我们的产品是最好的。请简短。",
    "Straße und große Füße sind heute wieder überall zu sehen. İstanbul ıssız ﬁne ſtreet ΣΑΣ ας.",
    "word-word, word_word word … word! Six words in this sentence here?  And\u2028a line, of six words, here.",
    "ꭰꭱꭲ ᏼᏽ Ω K Å ẞ ŉ ǰ ΐ և ﬄ ﬗ words enough to be seen here",
    "ไม่มีช่องว่างระหว่างคำในภาษาไทย and some more words here",
    "e\u0301a\u0336b\u200bc\u00add é ñ 𝐛𝐞𝐬𝐭 ｆｕｌｌ ①②③ words enough here",
)

CHATS = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>' + '\\n' }}{% endfor %}",
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ messages[0]['content'] }}{% endif %}\nend\n",
    "{% if a %}A{% elif b == 'x' %}B{% else %}C{% endif %}{{ 'p' if q == 'r' else 's' }}{{ 'one' 'two' ~ 't' }}",
    "{% for m in messages if m.role != 'system' %}body{% else %}none{% endfor %}{# gone #}{{ x | replace('y', 'z') }}",
    "{%- set ns = namespace(found='no') -%}\n  {% set k %}block{% endset %}\n{{ {'key': 'value'} }}{{ ['item'] }}",
    "{% macro say(x, y='dflt') %}says {{ x }}{% endmacro %}{{ say('hi') }}\n\n",
)


def templates(seeds: Sequence[int] = range(40)) -> list[Vector]:
    """Templates with the wording of every way through them; none where the template is refused."""
    texts = [*FIXED, *(_random_template(dice_of(seed)) for seed in seeds)]
    return [{"name": f"template-{at}", "template": text, "ways": _ways(text)} for at, text in enumerate(texts)]


def banned_texts(seeds: Sequence[int] = range(8)) -> list[Vector]:
    """Texts, what they are normalised to, the fragments that a rollback would ban, and where they are found."""
    texts = [*SENTENCES, *(_random_text(dice_of(seed)) for seed in seeds)]
    bans = fragments(SENTENCES[:3], ["Be brief."])
    return [
        {
            "name": f"text-{at}",
            "text": text,
            "normalised": normalise(text),
            "fragments": [{"digest": ban.digest, "length": ban.length} for ban in fragments([text], ["Be brief."])],
            "hits": sorted(find_hits([text], bans)),
        }
        for at, text in enumerate(texts)
    ]


def chat_literals() -> list[Vector]:
    """Chat templates with the literal texts in them, in order."""
    return [
        {"name": f"chat-{at}", "template": text, "literals": list(chat_template_texts(text))}
        for at, text in enumerate(CHATS)
    ]


def _ways(text: str) -> list[str] | None:
    try:
        check_template(text, VARIABLES)
        return sorted(renderings(text, VARIABLES))
    except KernelError:
        return None


def _random_template(dice: random.Random, depth: int = 0, item: str = "") -> str:
    parts = []
    for _ in range(dice.randrange(1, 5)):
        inner = dice.random()
        if depth < 2 and inner < 0.2:
            body, other = (_random_template(dice, depth + 1, item) for _ in range(2))
            condition = f"{_tag(dice, 'if ' + dice.choice(CONDITIONS))}{body}"
            between = _tag(dice, dice.choice(["else", "elif " + dice.choice(CONDITIONS)]))
            parts.append(f"{condition}{between}{other}{_tag(dice, 'endif')}")
        elif depth < 2 and inner < 0.35:
            name = f"item{depth}"
            body = _random_template(dice, depth + 1, name)
            parts.append(f"{_tag(dice, f'for {name} in names')}{body}{_tag(dice, 'endfor')}")
        else:
            parts.append(dice.choice([*PIECES, f"{{{{ {item} }}}}"] if item else PIECES))
    return "".join(parts)


def _tag(dice: random.Random, inside: str) -> str:
    opening, closing = MARKS
    return f"{dice.choice(opening)} {inside} {dice.choice(closing)}"


def _random_text(dice: random.Random) -> str:
    words = [word for sentence in SENTENCES for word in sentence.split()]
    return " ".join(dice.choices(words, k=dice.randrange(4, 14))) + dice.choice(["", ".", "! ", "。", "\n"])
