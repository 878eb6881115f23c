"""Uses google-adk's own artifact service on a bucket: reads one JSON request per line, answers one line."""

import asyncio
import json
import sys

from google.adk.artifacts import GcsArtifactService
from google.auth.credentials import AnonymousCredentials
from google.genai import types


async def answer(service: GcsArtifactService, request: dict) -> object:
    where = {key: request[key] for key in ("app_name", "user_id", "session_id")}
    match request["do"]:
        case "save":
            return await service.save_artifact(
                **where,
                filename=request["filename"],
                artifact=types.Part.model_validate(request["artifact"]),
                custom_metadata=request.get("custom_metadata"),
            )
        case "load":
            part = await service.load_artifact(
                **where, filename=request["filename"], version=request.get("version")
            )
            return part and part.model_dump(exclude_none=True, by_alias=True, mode="json")
        case "list":
            return await service.list_artifact_keys(**where)
        case "versions":
            found = await service.list_artifact_versions(**where, filename=request["filename"])
            return [version.model_dump(exclude_none=True, by_alias=True, mode="json") for version in found]
        case "delete":
            return await service.delete_artifact(**where, filename=request["filename"])
        case unknown:
            raise ValueError(f"cannot {unknown}")


def main() -> None:
    service = GcsArtifactService(
        sys.argv[1],
        project="test",
        credentials=AnonymousCredentials(),
        client_options={"api_endpoint": sys.argv[2]},
    )
    for line in sys.stdin:
        print(json.dumps(asyncio.run(answer(service, json.loads(line)))), flush=True)


main()
