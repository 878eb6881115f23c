import pytest

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
