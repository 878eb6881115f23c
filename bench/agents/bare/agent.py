"""Sends the model no history: what a turn costs then is loading, appending and framing. agent.ts is its twin."""

from google.adk.agents import LlmAgent

root_agent = LlmAgent(name="bare", model="gemini-3.8-flash", instruction="Answer.", include_contents="none")
