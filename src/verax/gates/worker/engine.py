"""The order as an evaluation of inspect-ai: its queue, its limits and its log; our questions and our reports.

* One sample of the engine is one item under one arm. Its model is the server under test, asked as arm ``preview``.
* The first error ends the run (``fail_on_error``): a gate with lost samples never passes.
* Samples that an earlier attempt finished are not asked again; the engine gets the others only.
* The engine's own log lies beside the job, for ``inspect view``. Scores are given later, by the server.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from inspect_ai import Task, eval_async
from inspect_ai import __version__ as _version
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import GenerateConfig, Model, ModelAPI, ModelOutput, get_model, modelapi
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.tool import ToolChoice, ToolInfo

from verax.gates.asking import ServerError
from verax.gates.items import Arm, Item
from verax.gates.plan import Plan, task_key
from verax.gates.planfile import plan_from
from verax.gates.running import FAILURES_THAT_COUNT
from verax.gates.worker.parent import Order, Parent

__all__ = ["ENGINE", "take_samples"]

ENGINE = f"inspect-ai {_version}"

_MOST_WAITS = 60


async def take_samples(order: Order, parent: Parent, folder: Path) -> str:
    """Take every sample of an order that is not done; returns what went wrong, empty when nothing did."""
    plan = plan_from(order.plan)
    tasks = {task_key(arm, item): (arm, item) for arm, item in plan.tasks}
    left = [Sample(id=key, input=item.question) for key, (_, item) in tasks.items() if key not in order.done]
    if not left:
        return ""
    asker = _Asker(order, parent, plan, tasks)
    task = Task(name=plan.suite.name, dataset=MemoryDataset(left), solver=_ask(asker))
    logs = await eval_async(
        task,
        model=get_model(f"verax/{plan.channel}", connections=order.connections),
        log_dir=str(folder / "log"),
        log_format="eval",
        log_model_api=False,
        max_samples=order.connections,
        fail_on_error=True,
        score=False,
    )
    log = logs[0]
    if log.status == "success":
        return ""
    return log.error.message if log.error is not None else f"the engine ended as {log.status}"


class _Asker:
    """Asks the calls of one sample, one after the other, and reports their turns."""

    def __init__(self, order: Order, parent: Parent, plan: Plan, tasks: dict[str, tuple[Arm, Item]]) -> None:
        self._order = order
        self._parent = parent
        self._plan = plan
        self._tasks = tasks

    async def sample(self, key: str, model: Model) -> list[ModelOutput]:
        """Ask every call of a sample; the turns are reported when the last one is answered."""
        arm, item = self._tasks[key]
        outputs: list[ModelOutput] = []
        turns: list[str] = []
        for _ in item.calls:
            body = self._plan.body(arm, item, [output.completion for output in outputs])
            output = await model.generate(item.question, config=GenerateConfig(extra_body=body))
            outputs.append(output)
            turns.append((output.metadata or {})["turn"])
        self._parent.tell("sample", key=key, turns=turns)
        return outputs

    async def ask(self, body: dict[str, Any]) -> ModelOutput:
        """Send one call; waits where the server says that it is busy."""
        for _ in range(_MOST_WAITS):
            try:
                reply = await asyncio.to_thread(self._parent.post, self._order.token, body)
            except ServerError as error:
                if error.code in FAILURES_THAT_COUNT and error.turn:
                    return _output(self._plan.channel, "", error.turn)
                if error.retry_after_s is None:
                    raise
                await asyncio.sleep(error.retry_after_s)
            else:
                text = reply["choices"][0]["message"].get("content") or ""
                return _output(self._plan.channel, text, reply["verax"]["id"])
        raise ServerError("busy", f"the server was busy {_MOST_WAITS} times")


_ASKERS: list[_Asker] = []
"""The engine makes its models itself, by name; this is where they find the one order of this process."""


@modelapi(name="verax")
class _Server(ModelAPI):
    """The server under test, as the engine's model."""

    def __init__(self, model_name: str, connections: int = 1, **rest: Any) -> None:
        super().__init__(model_name, **rest)
        self._connections = connections

    async def generate(
        self,
        input: list[Any],  # noqa: A002, ARG002 - the engine's names; what is asked stands in the configuration
        tools: list[ToolInfo],  # noqa: ARG002
        tool_choice: ToolChoice,  # noqa: ARG002
        config: GenerateConfig,
    ) -> ModelOutput:
        return await _ASKERS[0].ask(dict(config.extra_body or {}))

    def max_connections(self) -> int:
        return self._connections


@solver
def _ask(asker: _Asker) -> Solver:
    _ASKERS[:] = [asker]

    async def solve(state: TaskState, generate: Generate) -> TaskState:  # noqa: ARG001 - the engine's signature
        outputs = await asker.sample(str(state.sample_id), get_model())
        state.messages += [output.message for output in outputs]
        state.output = outputs[-1]
        return state

    return solve


def _output(channel: str, text: str, turn: str) -> ModelOutput:
    output = ModelOutput.from_content(channel, text)
    output.metadata = {"turn": turn}
    return output
