"""What judges when a text is checked: the configured judge, or the verifier that ships.

A judge serves checks of texts only. What a turn's answer is held against is part of the runtime, and no setting
moves it (invariant 2).
"""

from __future__ import annotations

from verax.config import Config
from verax.kernel.errors import ConfigError
from verax.models.plain_chat import ChatAddress
from verax.store.model_keys import ModelKeys
from verax.truth.verdicts import Verifier
from verax.truth.verifier.asked import ModelJudge

__all__ = ["open_check_judge"]


def open_check_judge(config: Config, keys: ModelKeys) -> Verifier | None:
    """Return the configured judge of checks, None where there is none.

    Raises:
        ConfigError: an address without a model.
        ModelUnavailable: no key of that name is kept.
    """
    if config.check_judge_url is None:
        return None
    if not config.check_judge_model:
        raise ConfigError("setting check_judge_model: a judge has an address and no model", hint="set both, or neither")
    key = keys.key_of(config.check_judge_key) if config.check_judge_key else ""
    return ModelJudge(ChatAddress(config.check_judge_url, config.check_judge_model, key, "check_judge_url"))
