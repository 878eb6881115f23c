"""Sends the model no history: what a turn costs then is loading, appending and framing. agent.ts is its twin."""

from google.adk.agents import LlmAgent

root_agent = LlmAgent(name="bare", model="gemini-2.5-flash", instruction="Answer.", include_contents="none")
