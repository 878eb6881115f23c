"""Lornu's agent as it runs on Google Cloud: the ADK REST routes of google-adk, served by FastAPI."""
