"""Conversations in Firestore, shared with the service on AWS: one turn at a time over both clouds."""
