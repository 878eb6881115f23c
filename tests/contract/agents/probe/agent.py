"""An agent that triggers each form of the wire contract on demand. agent.ts is the same agent in TypeScript."""

from datetime import UTC, datetime
from typing import Any

from google.adk.agents import LlmAgent
from google.adk.tools import FunctionTool, LongRunningFunctionTool, ToolContext
from google.genai import types


def set_state(key: str, value: str, tool_context: ToolContext) -> dict[str, Any]:
    """Writes one key of the state.

    Args:
        key: With its prefix: none, user:, app: or temp:.
        value: What to write.
    """
    tool_context.state[key] = value
    return {"key": key, "value": value}


def read_state(key: str, tool_context: ToolContext) -> dict[str, Any]:
    """Reads one key of the state.

    Args:
        key: With its prefix.
    """
    return {"key": key, "value": tool_context.state.get(key)}


def snake_and_camel(payload: dict[str, Any]) -> dict[str, Any]:
    """Returns what it was given: keys of people's own data keep their spelling.

    Args:
        payload: Any object.
    """
    return {"snake_key": payload, "camelKey": [payload, None, 1.5, True]}


def fail() -> dict[str, Any]:
    """Fails."""
    raise ValueError("The tool failed on purpose.")


async def save_file(name: str, text: str, tool_context: ToolContext) -> dict[str, Any]:
    """Saves a file in the session.

    Args:
        name: Its name.
        text: What is in it.
    """
    return {"version": await tool_context.save_artifact(name, types.Part(text=text))}


def finish_here(tool_context: ToolContext) -> dict[str, Any]:
    """Its result is the answer: the model is not asked again."""
    tool_context.actions.skip_summarization = True
    return {"done": True}


def ask_approval(reason: str) -> dict[str, Any]:
    """Starts an approval that somebody gives later.

    Args:
        reason: Why it is needed.
    """
    return {"status": "pending", "reason": reason}


def erase(what: str) -> dict[str, Any]:
    """Erases something, once a person has confirmed it.

    Args:
        what: What to erase.
    """
    return {"erased": what}


def give_odd() -> dict[str, Any]:
    """Returns values that JSON has no form for."""
    return {
        "date": datetime.fromtimestamp(0, UTC),
        "map": {"a": 1},
        "set": {1, 2},
        "error": OSError("no disk"),
        "bytes": bytes([1, 2, 3]),
        "long": 9007199254740993,
    }


helper = LlmAgent(
    name="helper",
    description="Helps with things that the root agent hands over.",
    model="gemini-3.8-flash",
    instruction="You are the helper.",
)

root_agent = LlmAgent(
    name="probe",
    description="Does each thing the wire contract has a form for.",
    model="gemini-3.8-flash",
    instruction="You are the probe.",
    output_key="last_answer",
    sub_agents=[helper],
    tools=[
        set_state,
        read_state,
        snake_and_camel,
        fail,
        save_file,
        finish_here,
        LongRunningFunctionTool(ask_approval),
        FunctionTool(erase, require_confirmation=True),
        give_odd,
    ],
)
