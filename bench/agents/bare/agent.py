"""Sends the model no history: a turn then costs loading, appending and framing. agent.ts is the same agent in
TypeScript."""

from google.adk.agents import LlmAgent

root_agent = LlmAgent(name="bare", model="gemini-3.8-flash", instruction="Answer.", include_contents="none")
