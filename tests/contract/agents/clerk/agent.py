"""An agent whose answers have a schema. agent.ts is the same agent in TypeScript."""

from google.adk.agents import LlmAgent
from pydantic import BaseModel


class Form(BaseModel):
    """What the clerk fills in."""

    city: str


root_agent = LlmAgent(
    name="clerk",
    description="Fills in a form.",
    model="gemini-3.8-flash",
    instruction="You are the clerk.",
    output_schema=Form,
    output_key="form",
)
