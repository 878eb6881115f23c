"""The agent over A2A, 1.0 and 0.3 on one address: card, callers, turns, and limits."""
