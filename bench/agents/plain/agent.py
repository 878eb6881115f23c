"""The smallest agent that answers: what is measured is the server around it. agent.ts is its twin."""

from google.adk.agents import LlmAgent

root_agent = LlmAgent(name="plain", model="gemini-3.8-flash", instruction="Answer.")
