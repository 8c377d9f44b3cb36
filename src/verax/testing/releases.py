"""Small releases for tests: a real manifest with a given prompt.

>>> make_release("You answer briefly.").prompt.system
'You answer briefly.'
"""

from __future__ import annotations

import json

from verax.kernel.release import Release

__all__ = ["FILE_WORDING", "SMOLLM2_CHAT_TEMPLATE", "SMOLLM2_SPECIAL_TOKENS", "make_release", "manifest_toml"]

SMOLLM2_CHAT_TEMPLATE = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n' }}"
    "{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
"""The chat template that the SmolLM2-Instruct weights name."""

SMOLLM2_SPECIAL_TOKENS = ("<|im_start|>", "<|im_end|>", "<|endoftext|>")

FILE_WORDING = """
[prompt.files]
head = "The user attached the file "
body = ":\\n"
tail = "\\nEnd of the file.\\n\\n"
page_head = "\\n[Page "
page_tail = "]\\n"
image_head = "The user attached the picture "
image_tail = "."
"""
"""A section that lets a release take files; give it as part of `rest`."""

_GUARD = """
[guard]
input = [{ detector = "hidden_text", action = "mark" }]
output = [{ detector = "secrets", action = "rewrite" }]
"""


def manifest_toml(
    system: str,
    *,
    name: str = "test",
    model: str = 'backend = "scripted"\nname = "script"\ncontext_tokens = 4096',
    prompt: str = "",
    rest: str = "",
    guard: str = _GUARD,
) -> str:
    """Return a TOML manifest.

    Args:
        system: Template of the system message.
        model: Lines of ``[model]``.
        prompt: More lines of ``[prompt]``.
        rest: More sections.
        guard: The section ``[guard]``.
    """
    return (
        f'v = 1\nname = "{name}"\naudience = "adult"\n[model]\n{model}\n'
        f"[prompt]\nsystem = {json.dumps(system, ensure_ascii=False)}\n{prompt}\n{rest}\n{guard}"
    )


def make_release(system: str, *, embedded: bool = False, name: str = "test", rest: str = "") -> Release:
    """Return a release with `system` as its prompt; `embedded` gives it the SmolLM2 chat template."""
    if not embedded:
        return Release.from_toml(manifest_toml(system, name=name, rest=rest))
    model = (
        f'backend = "embedded"\nname = "smollm2-135m"\nweights = "{"ab" * 32}"\ncontext_tokens = 2048\n'
        f"chat_template = {json.dumps(SMOLLM2_CHAT_TEMPLATE)}\n"
        f"special_tokens = {json.dumps(SMOLLM2_SPECIAL_TOKENS)}"
    )
    return Release.from_toml(manifest_toml(system, name=name, model=model, rest=rest))
