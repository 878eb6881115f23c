"""The right to write to a session, in the documents that docs/storage.md describes."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from google.adk.errors._stale_session_error import StaleSessionError
from google.cloud import firestore
from google.cloud.firestore_v1.async_document import AsyncDocumentReference
from google.cloud.firestore_v1.base_document import DocumentSnapshot

from gcp_agent.turns import SessionBusyError, SessionKey

LEASE = timedelta(seconds=15)
RENEW_EVERY_S = 5.0
# The service on AWS continues its own runs within seconds after a lease or the heartbeat of its process has
# expired; after this time the service is gone.
_AWS_IS_GONE_AFTER = timedelta(seconds=15)
_FORGOTTEN_AFTER = timedelta(days=1)
_ENDED_RUN_KEPT = timedelta(hours=1)
# Exact in a double, because JavaScript reads the token.
_TOKENS = 2**53


@dataclass(frozen=True)
class Lease:
    """Held until the session is given to another holder."""

    session: SessionKey
    token: int
    run_id: str


class Leases:
    """Acquires, renews and releases leases; Firestore's clock decides when one has expired."""

    def __init__(self, client: firestore.AsyncClient) -> None:
        self._client = client
        self._owner = f"gcp-agent-{uuid.uuid4()}"

    def document(self, session: SessionKey) -> AsyncDocumentReference:
        """The document of a session's lease; missing while nobody holds one."""
        path = f"{session.app_name}/{session.user_id}/{session.session_id}"
        return self._client.collection("lornu_leases").document(hashlib.sha256(path.encode()).hexdigest())

    async def take(self, session: SessionKey) -> Lease:
        """Raises SessionBusyError while another holds it."""
        document = self.document(session)
        lease = Lease(session, secrets.randbelow(_TOKENS), str(uuid.uuid4()))

        @firestore.async_transactional
        async def run(transaction: firestore.AsyncTransaction) -> None:
            held = await document.get(transaction=transaction)
            if _is_held(held) and not await self._is_process_gone(held, transaction):
                raise SessionBusyError("This session has a turn under way at another service.")
            abandoned = None
            if held.exists and held.get("canBeTakenOver"):
                abandoned = await self._run(held.get("runId")).get(transaction=transaction)
            now = held.read_time
            queued = _queued(held)
            if abandoned and abandoned.exists and abandoned.get("state") == "queued":
                # It was next and has not begun, so it stays first.
                size = len(abandoned.get("request").encode())
                queued = [{"runId": held.get("runId"), "bytes": size}, *queued]
            elif abandoned and abandoned.exists:
                ended = {
                    "state": "interrupted",
                    "endedMs": int(now.timestamp() * 1000),
                    "request": firestore.DELETE_FIELD,
                    "expireTime": now + _ENDED_RUN_KEPT,
                }
                transaction.update(abandoned.reference, ended)
            transaction.set(document, {**self._fields(lease, now), "queued": queued})

        await run(self._client.transaction())
        return lease

    async def renew(self, lease: Lease) -> bool:
        """False if another holds the lease now."""
        document = self.document(lease.session)

        @firestore.async_transactional
        async def run(transaction: firestore.AsyncTransaction) -> bool:
            held = await document.get(transaction=transaction)
            if not is_of(held, lease):
                return False
            transaction.update(document, {"until": held.read_time + LEASE})
            return True

        return await run(self._client.transaction())

    async def give_back(self, lease: Lease) -> None:
        """Releases the session, or gives it to the next queued message, unless another holds it by now."""
        document = self.document(lease.session)

        @firestore.async_transactional
        async def run(transaction: firestore.AsyncTransaction) -> None:
            held = await document.get(transaction=transaction)
            if not is_of(held, lease):
                return
            queued = _queued(held)
            if not queued:
                transaction.delete(document)
                return
            # Already expired, so that a process of the service on AWS takes it over and begins the turn.
            following = Lease(lease.session, secrets.randbelow(_TOKENS), queued[0]["runId"])
            fields = self._fields(following, held.read_time)
            free = {"owner": "", "until": held.read_time, "canBeTakenOver": True, "queued": queued[1:]}
            transaction.set(document, {**fields, **free})

        await run(self._client.transaction())

    async def _is_process_gone(self, held: DocumentSnapshot, transaction: firestore.AsyncTransaction) -> bool:
        """Whether the lease's process on AWS, and all others there, have stopped (docs/runs.md)."""
        owner = held.get("owner")
        if not owner or not held.get("canBeTakenOver"):
            return False
        process = self._client.collection("lornu_leases").document(f"process-{owner}")
        heartbeat = await process.get(transaction=transaction)
        return heartbeat.exists and heartbeat.get("until") + _AWS_IS_GONE_AFTER <= heartbeat.read_time

    def _run(self, run_id: str) -> AsyncDocumentReference:
        return self._client.collection("lornu_runs").document(run_id)

    def _fields(self, lease: Lease, now: datetime) -> dict:
        return {
            "appName": lease.session.app_name,
            "userId": lease.session.user_id,
            "sessionId": lease.session.session_id,
            "runId": lease.run_id,
            "owner": self._owner,
            "fence": lease.token,
            "until": now + LEASE,
            # A turn of google-adk ends with its process: there is nothing to continue.
            "canBeTakenOver": False,
            "cancelRequested": False,
            "expireTime": now + _FORGOTTEN_AFTER,
        }


def assert_may_write(held: DocumentSnapshot, lease: Lease | None) -> None:
    """Raises StaleSessionError if the lease is lost, SessionBusyError if another holds one."""
    if lease is None:
        if _is_held(held):
            raise SessionBusyError("This session has a turn under way; try again when it has ended.")
    elif not is_of(held, lease):
        raise StaleSessionError("The session's lease has gone to another service; reload the session.")


def is_of(held: DocumentSnapshot, lease: Lease) -> bool:
    """Whether the lease still holds the session."""
    return held.exists and held.get("fence") == lease.token


def _is_held(held: DocumentSnapshot) -> bool:
    if not held.exists:
        return False
    # Queued callers go first.
    is_for_aws = held.get("canBeTakenOver") or _queued(held)
    patience = _AWS_IS_GONE_AFTER if is_for_aws else timedelta()
    return held.get("until") + patience > held.read_time


def _queued(held: DocumentSnapshot) -> list[dict]:
    """The messages that wait for their turn on AWS, the next one first (docs/storage.md)."""
    return (held.to_dict() or {}).get("queued", []) if held.exists else []
