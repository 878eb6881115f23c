"""The chat page beside google-adk's routes, in process."""

from pathlib import Path

from fastapi.testclient import TestClient

from gcp_agent.app import create_app
from gcp_agent.settings import read_settings


def client(tmp_path: Path, page_dir: str = "") -> TestClient:
    settings = read_settings({"DATA_DIR": str(tmp_path / "data"), "PAGE_DIR": page_dir})
    return TestClient(create_app(settings), base_url="http://127.0.0.1:8080")


def test_the_page_is_served_and_shadows_no_route(tmp_path):
    page = tmp_path / "page"
    page.mkdir()
    (page / "index.html").write_text("<h1>chat</h1>")
    (page / "health").write_text("not this")
    served = client(tmp_path, str(page))
    assert served.get("/").text == "<h1>chat</h1>"
    assert served.get("/health").json() == {"status": "ok"}
    assert served.get("/list-apps").json() == ["lornu"]
    assert served.get("/nothing").status_code == 404
    assert served.get("/../settings.py").status_code == 404


def test_without_a_page_there_is_nothing_at_the_root(tmp_path):
    assert client(tmp_path).get("/").status_code == 404
