"""What judges when a text is checked: the configured judge, or the verifier that ships.

A judge serves checks of texts only. What a turn's answer is held against is part of the runtime, and no setting
moves it (invariant 2).
"""

from __future__ import annotations

import sys
from pathlib import Path

from verax.config import Config
from verax.kernel.errors import ConfigError
from verax.models.plain_chat import ChatAddress
from verax.store.model_keys import ModelKeys
from verax.truth.verifier.asked import ModelJudge
from verax.truth.verifier.named import JudgeKind, NamedJudge, NamedSettings

__all__ = ["open_check_judge"]


def open_check_judge(config: Config, keys: ModelKeys) -> ModelJudge | NamedJudge | None:
    """Return the configured judge of checks, None where there is none.

    Raises:
        ConfigError: an address without a model, a judge by name without its folder or environment.
        ModelUnavailable: no key of that name is kept.
    """
    if config.check_judge_kind != "openai":
        return NamedJudge(_named(config, config.check_judge_kind))
    if config.check_judge_url is None:
        return None
    if not config.check_judge_model:
        raise ConfigError("setting check_judge_model: a judge has an address and no model", hint="set both, or neither")
    key = keys.key_of(config.check_judge_key) if config.check_judge_key else ""
    return ModelJudge(ChatAddress(config.check_judge_url, config.check_judge_model, key, "check_judge_url"))


def _named(config: Config, kind: JudgeKind) -> NamedSettings:
    folder = config.check_judge_folder
    environment = config.check_judge_environment or Path(sys.prefix).parent / ".venv-judges"
    python = environment / "bin" / "python"
    if folder is None or not folder.is_dir():
        raise ConfigError(
            f"setting check_judge_folder: {kind} needs the folder of its files",
            hint="put them there as they were published; nothing is downloaded",
        )
    if not python.exists():
        raise ConfigError(
            f"setting check_judge_environment: no interpreter at {python}",
            hint='"make judges" makes the environment, or name one that has the extra "judges"',
        )
    return NamedSettings(kind, folder, python)
