"""The smallest agent that answers, so that the server around it is measured. agent.ts is the same agent in TypeScript."""

from google.adk.agents import LlmAgent

root_agent = LlmAgent(name="plain", model="gemini-3.8-flash", instruction="Answer.")
