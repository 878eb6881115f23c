import asyncio

import pytest
from a2a.server.context import ServerCallContext
from a2a.types import Task

from gcp_agent.a2a.task_store import BoundedTaskStore
from gcp_agent.settings import SettingsError, read_settings


def test_defaults_are_those_of_cloud_run():
    settings = read_settings({})
    assert settings.port == 8080
    assert settings.host == "127.0.0.1"
    assert settings.session_service_uri.startswith("sqlite:////")


def test_an_empty_value_counts_as_not_set():
    assert read_settings({"PORT": ""}).port == 8080


def test_all_problems_are_told_together():
    with pytest.raises(SettingsError) as error:
        read_settings({"PORT": "http", "AGENTS_DIR": "/nowhere", "PAGE_DIR": "/no-page"})
    assert "PORT" in str(error.value)
    assert "/nowhere" in str(error.value)
    assert "/no-page" in str(error.value)


def test_traces_are_off_by_default_and_go_only_where_a_token_is_safe():
    project = {"GOOGLE_CLOUD_PROJECT": "lornu"}
    assert read_settings(project).tracing is None
    for url in ("https://telemetry.googleapis.com", "http://127.0.0.1:4318"):
        tracing = read_settings({**project, "LORNU_TRACE_URL": url}).tracing
        assert tracing is not None
        assert (tracing.url, tracing.project, tracing.access) == (url, "lornu", None)
    with pytest.raises(SettingsError, match="must be https://"):
        read_settings({**project, "LORNU_TRACE_URL": "http://collector.example"})
    with pytest.raises(SettingsError, match="GOOGLE_CLOUD_PROJECT"):
        read_settings({"LORNU_TRACE_URL": "https://telemetry.googleapis.com"})


@pytest.mark.parametrize(
    ("uri", "why"),
    [
        ("firestore://lornu/(default)", "production's"),
        ("firestore://lornu/%28default%29", "production's"),
        ("firestore://lornu", "firestore://project/database"),
        ("firestore://lornu/", "firestore://project/database"),
        ("firestore:///staging", "firestore://project/database"),
        ("firestore://lornu/staging/x", "firestore://project/database"),
    ],
)
def test_a_firestore_database_has_a_name_of_its_own(uri, why):
    with pytest.raises(SettingsError, match="SESSION_SERVICE_URI") as error:
        read_settings({"SESSION_SERVICE_URI": uri})
    assert why in str(error.value)


def test_the_staging_database_is_taken():
    uri = "firestore://lornu/staging"
    assert read_settings({"SESSION_SERVICE_URI": uri}).session_service_uri == uri


def test_on_aws_the_conversations_are_those_that_terraform_names():
    told = {"LORNU_SESSION_STORE": "firestore", "GOOGLE_CLOUD_PROJECT": "lornu"}
    told["FIRESTORE_DATABASE"] = "staging"
    assert read_settings(told).session_service_uri == "firestore://lornu/staging"
    for left_out in ("GOOGLE_CLOUD_PROJECT", "FIRESTORE_DATABASE"):
        with pytest.raises(SettingsError, match="firestore://project/database"):
            read_settings({**told, left_out: ""})
    with pytest.raises(SettingsError, match="production's"):
        read_settings({**told, "FIRESTORE_DATABASE": "(default)"})


def test_a_service_account_key_that_is_none_is_told_without_repeating_it():
    key = '{"private_key": "hush"}'
    told = {"SESSION_SERVICE_URI": "firestore://lornu/staging", "GCP_SERVICE_ACCOUNT_KEY": key}
    with pytest.raises(SettingsError, match="GCP_SERVICE_ACCOUNT_KEY") as error:
        read_settings(told)
    assert "hush" not in str(error.value)


def test_a_stand_in_for_firestore_is_asked_without_credentials():
    told = {"LORNU_SESSION_STORE": "firestore", "GOOGLE_CLOUD_PROJECT": "p", "FIRESTORE_DATABASE": "d"}
    told["GOOGLE_WORKLOAD_IDENTITY_AUDIENCE"] = "//iam/x"
    assert read_settings(told).google_access.audience == "//iam/x"
    assert read_settings({**told, "FIRESTORE_EMULATOR_HOST": "127.0.0.1:1"}).google_access is None


def test_a2a_is_open_on_this_machine_and_not_served_beyond_it_without_a_list_of_callers():
    assert read_settings({}).a2a.is_open
    assert read_settings({"HOST": "0.0.0.0"}).a2a is None  # noqa: S104
    served = read_settings(
        {
            "HOST": "0.0.0.0",  # noqa: S104
            "A2A_ALLOWED_EMAILS": "Staging@P.iam.gserviceaccount.com, ",
            "LORNU_PUBLIC_URL": "https://agent.example/",
        }
    ).a2a
    assert served.allowed_emails == {"staging@p.iam.gserviceaccount.com"}
    assert (served.public_url, served.audience) == ("https://agent.example", "https://agent.example")
    assert served.issuer == "https://accounts.google.com"


def test_what_a2a_lacks_or_would_send_in_the_clear_is_told():
    with pytest.raises(SettingsError) as error:
        read_settings(
            {
                "HOST": "0.0.0.0",  # noqa: S104
                "A2A_ALLOWED_EMAILS": "a@b",
                "A2A_TOKEN_ISSUER": "http://issuer.example",
                "A2A_TOKEN_JWKS_URL": "ftp://127.0.0.1/keys",
                "A2A_SIGNING_KEY": "-----BEGIN PRIVATE KEY-----secret",
            }
        )
    for name in ("TOKEN_AUDIENCE", "TOKEN_ISSUER", "TOKEN_JWKS_URL", "SIGNING_KEY"):
        assert f"A2A_{name}" in str(error.value)
    assert "LORNU_PUBLIC_URL" in str(error.value)
    assert "secret" not in str(error.value)


def test_a_store_of_tasks_forgets_the_oldest():
    async def fill() -> list[str]:
        store = BoundedTaskStore(most=2)
        context = ServerCallContext()
        for name in ("a", "b", "a", "c"):
            await store.save(Task(id=name), context)
        return [name for name in ("a", "b", "c") if await store.get(name, context)]

    assert asyncio.run(fill()) == ["b", "c"]


def test_a_rehearsal_has_a_load_balancer_in_front_of_its_loopback_address() -> None:
    assert read_settings({"HOST": "127.77.0.1"}).this_machine_only
    assert not read_settings({"HOST": "127.77.0.1", "LORNU_REHEARSAL": "1"}).this_machine_only
    assert not read_settings({"HOST": "0.0.0.0"}).this_machine_only  # noqa: S104 - not bound here
