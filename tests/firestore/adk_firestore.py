"""Uses google-adk's own services on a Firestore database: reads one JSON request per line, answers one line."""

import asyncio
import json
import sys

from google.adk.events.event import Event
from google.adk.integrations.firestore.firestore_memory_service import FirestoreMemoryService
from google.adk.integrations.firestore.firestore_session_service import FirestoreSessionService
from google.adk.sessions.base_session_service import GetSessionConfig
from google.adk.sessions.session import Session
from google.cloud import firestore


def told(session: Session) -> dict:
    return session.model_dump(exclude_none=True, by_alias=True, mode="json")


class Services:
    """google-adk's services, and the sessions that were read and are kept, as a turn keeps its own."""

    def __init__(self, project: str, database: str) -> None:
        client = firestore.AsyncClient(project=project, database=database)
        self.sessions = FirestoreSessionService(client=client)
        self.memory = FirestoreMemoryService(client=client)
        self.held: dict[str, Session] = {}

    async def answer(self, request: dict) -> object:
        where = {key: request[key] for key in ("app_name", "user_id", "session_id") if key in request}
        match request["do"]:
            case "create":
                return told(await self.sessions.create_session(**where, state=request.get("state")))
            case "get" | "hold":
                config = GetSessionConfig(**request["config"]) if "config" in request else None
                session = await self.sessions.get_session(**where, config=config)
                if session and request["do"] == "hold":
                    self.held[request["as"]] = session
                return session and told(session)
            case "append":
                session = self.held.get(request.get("as", "")) or await self.sessions.get_session(**where)
                for event in request["events"]:
                    await self.sessions.append_event(session, Event.model_validate(event))
                return len(request["events"])
            case "list":
                found = await self.sessions.list_sessions(app_name=request["app_name"], user_id=request.get("user_id"))
                return [told(session) for session in found.sessions]
            case "delete":
                return await self.sessions.delete_session(**where)
            case "remember":
                return await self.memory.add_session_to_memory(await self.sessions.get_session(**where))
            case "recall":
                found = await self.memory.search_memory(
                    app_name=request["app_name"], user_id=request["user_id"], query=request["query"]
                )
                return [m.model_dump(exclude_none=True, by_alias=True, mode="json") for m in found.memories]
            case unknown:
                raise ValueError(f"cannot {unknown}")


async def main() -> None:
    services = Services(sys.argv[1], sys.argv[2])
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        try:
            result = {"value": await services.answer(json.loads(line))}
        except Exception as error:  # sent to the test by its name
            result = {"error": type(error).__name__, "message": str(error)}
        print(json.dumps(result), flush=True)


asyncio.run(main())
