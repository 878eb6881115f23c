"""The promises of terraform/gcp/staging, read from the parsed files (no provider needed)."""

import re
import unittest
from pathlib import Path
from typing import Any

import hcl2

FOLDER = Path(__file__).parent.parent / "gcp" / "staging"
CODE = Path(__file__).parent.parent.parent / "backend" / "runs" / "firestore"


def parsed() -> dict[str, list[Any]]:
    """All files of the folder as one document, block type to blocks."""
    blocks: dict[str, list[Any]] = {}
    for path in sorted(FOLDER.glob("*.tf")):
        for kind, found in hcl2.loads(path.read_text()).items():
            blocks.setdefault(kind, []).extend(found)
    return blocks


def plain(value: Any) -> Any:
    """The parser wraps each argument in a list of one; nested blocks stay lists."""
    if isinstance(value, list) and len(value) == 1:
        return plain(value[0])
    return {key: plain(inner) for key, inner in value.items()} if isinstance(value, dict) else value


def resources(kind: str) -> dict[str, Any]:
    found = {}
    for block in parsed()["resource"]:
        for name, body in block.get(kind, {}).items():
            found[name] = plain(body)
    return found


class GcpStaging(unittest.TestCase):
    def test_nothing_is_made_before_its_api_answers(self) -> None:
        """In a new project, calls right after an API was enabled fail, so everything that depends on it must wait."""
        services = str(resources("google_project_service")["used"]["for_each"])
        for api in ("cloudresourcemanager", "firestore", "iam", "iamcredentials", "storage", "sts"):
            self.assertIn(f"{api}.googleapis.com", services)
        blocks = [
            (f"{prefix}{kind}.{name}", str(body))
            for block, prefix in (("resource", ""), ("data", "data."))
            for part in parsed()[block]
            for kind, named in part.items()
            for name, body in named.items()
        ]
        blocks += [(f"local.{name}", str(value)) for block in parsed()["locals"] for name, value in block.items()]
        late = {"time_sleep.apis"}
        while found := {name for name, body in blocks if name not in late and any(re.search(rf"\b{re.escape(one)}\b", body) for one in late)}:
            late |= found
        early = {name for name, _ in blocks if not name.startswith("local.")} - late
        self.assertEqual(early, {"google_project_service.used"}, "These are made while their API may still be off.")
        self.assertIn("google_project_service.used", dict(blocks)["time_sleep.apis"])

    def test_the_provider_stays_within_one_major_version(self) -> None:
        required = plain(parsed()["terraform"])
        self.assertIn("'version': '~> 7.0'", str(required))

    def test_the_database_is_named_staging_and_protected(self) -> None:
        database = resources("google_firestore_database")["staging"]
        self.assertEqual(database["name"], "staging", "Staging would write into another database.")
        self.assertEqual(database["type"], "FIRESTORE_NATIVE")
        self.assertEqual(database["concurrency_mode"], "OPTIMISTIC", "A killed task's locks would hold sessions for 60 s.")
        self.assertEqual(database["deletion_policy"], "DELETE", "ABANDON only forgets the database on destroy.")
        self.assertEqual(database["point_in_time_recovery_enablement"], "POINT_IN_TIME_RECOVERY_ENABLED")
        self.assertIn("DELETE_PROTECTION_ENABLED", database["delete_protection_state"])

    def test_what_is_kept_of_runs_and_tasks_goes_by_itself(self) -> None:
        expiry = resources("google_firestore_field")["expiry"]
        self.assertEqual((expiry["field"], expiry["ttl_config"], expiry["index_config"]), ("expireTime", {}, {}))
        named = set(re.findall(r"'(lornu_\w+)'", (CODE / "paths.ts").read_text()))
        # An operator says when maintenance is over.
        kept = {"lornu_service"}
        self.assertEqual(len(named - kept), 5)
        for collection in named - kept | {"tasks", "webhooks"}:
            self.assertIn(f"'{collection}'", str(expiry["for_each"]), "Nothing would ever delete it.")

    def test_what_is_large_is_not_indexed(self) -> None:
        unindexed = resources("google_firestore_field")["unindexed"]
        self.assertEqual(unindexed["index_config"], {})
        self.assertEqual((unindexed["collection"], unindexed["field"]), ("${each.value.collection}", "${each.value.field}"))
        exempt = {(field["collection"], field["field"]) for field in unindexed["for_each"].values()}
        self.assertLessEqual({("events", "event_data"), ("lornu_frames", "lines"), ("lornu_runs", "request")}, exempt)
        self.assertLessEqual({("memories", "content"), ("tasks", "json"), ("webhooks", "json")}, exempt)
        self.assertLessEqual({("events", "appName"), ("events", "userId")}, exempt, "Four entries an event that nobody asks by.")
        self.assertLessEqual({("app_states", "*"), ("users", "*")}, exempt, "Callers choose the keys of shared state.")
        # An array in a composite and in a single-field index: two entries for each word.
        self.assertIn(("memories", "keywords"), exempt)

    def test_every_query_has_its_index(self) -> None:
        indexes = resources("google_firestore_field")["session_app"]["index_config"]["indexes"]
        self.assertEqual([plain(index)["query_scope"] for index in indexes], ["COLLECTION", "COLLECTION_GROUP"])
        runs = resources("google_firestore_index")["runs_of_session"]
        self.assertEqual(runs["collection"], "lornu_runs")
        fields = [(plain(field)["field_path"], plain(field)["order"]) for field in runs["fields"]]
        self.assertEqual(fields, [("session", "ASCENDING"), ("startedMs", "DESCENDING")])

        memories = resources("google_firestore_index")["memories_by_word"]
        self.assertEqual(memories["collection"], "memories")
        fields = [(plain(field)["field_path"], plain(field).get("order") or plain(field)["array_config"]) for field in memories["fields"]]
        self.assertEqual(fields, [("appName", "ASCENDING"), ("userId", "ASCENDING"), ("keywords", "CONTAINS")])

    def test_indexes_are_those_of_the_staging_database(self) -> None:
        for kind in ("google_firestore_field", "google_firestore_index"):
            for name, body in resources(kind).items():
                self.assertEqual(body["database"], "${google_firestore_database.staging.name}", name)

    def test_only_the_task_role_of_the_account_may_log_in(self) -> None:
        provider = resources("google_iam_workload_identity_pool_provider")["aws"]
        self.assertEqual(provider["attribute_condition"], "attribute.aws_role == '${local.aws_role}'")
        self.assertEqual(set(provider["attribute_mapping"]), {"google.subject", "attribute.aws_role"})
        self.assertEqual(provider["aws"]["account_id"], "${var.aws_account_id}")
        constants = {key: plain(value) for block in parsed()["locals"] for key, value in block.items()}
        self.assertEqual(constants["aws_role"], "arn:aws:sts::${var.aws_account_id}:assumed-role/${var.aws_task_role_name}")
        self.assertTrue(constants["aws_principal"].endswith("/attribute.aws_role/${local.aws_role}"), "The grant would hold for every principal of the pool.")

    def test_the_pool_may_only_become_the_service_account(self) -> None:
        grants = resources("google_service_account_iam_member")
        self.assertEqual(list(grants), ["federated"])
        self.assertEqual(grants["federated"]["member"], "${local.aws_principal}")
        for role in ("roles/iam.workloadIdentityUser", "roles/iam.serviceAccountOpenIdTokenCreator"):
            self.assertIn(role, str(grants["federated"]["for_each"]))
        self.assertEqual(str(grants["federated"]["for_each"]).count("roles/"), 2)

    def test_the_agent_reaches_only_its_database_and_bucket(self) -> None:
        project_grants = resources("google_project_iam_member")
        self.assertEqual(list(project_grants), ["firestore", "traces"])
        grant = project_grants["firestore"]
        self.assertEqual(grant["role"], "roles/datastore.user")
        self.assertEqual(grant["member"], "${google_service_account.agent.member}")
        self.assertEqual(
            grant["condition"]["expression"],
            "resource.name == 'projects/${var.project_id}/databases/${google_firestore_database.staging.name}'",
            "Without the condition the agent reads and writes production's database.",
        )
        bucket_grant = resources("google_storage_bucket_iam_member")["artifacts"]
        self.assertEqual((bucket_grant["bucket"], bucket_grant["role"]), ("${google_storage_bucket.artifacts.name}", "roles/storage.objectUser"))

    def test_the_agent_writes_traces_only_where_that_is_asked_for(self) -> None:
        constants = {key: plain(value) for block in parsed()["locals"] for key, value in block.items()}
        self.assertEqual(constants["traces"], "${var.traces ? toset(['telemetry.googleapis.com']) : toset([])}")
        [asked] = [plain(block["traces"]) for block in parsed()["variable"] if "traces" in block]
        self.assertIs(asked["default"], False, "Spans would be paid for unasked.")
        self.assertEqual(resources("google_project_service")["traces"]["for_each"], "${local.traces}")
        grant = resources("google_project_iam_member")["traces"]
        self.assertEqual(grant["for_each"], "${google_project_service.traces}")
        self.assertEqual(grant["role"], "roles/telemetry.tracesWriter", "Any other role could read traces, or more.")
        self.assertEqual(grant["member"], "${google_service_account.agent.member}")

    def test_no_key_of_the_service_account_is_made(self) -> None:
        self.assertEqual(resources("google_service_account_key"), {}, "A key made here would stand in the state.")

    def test_artifacts_stay_private(self) -> None:
        bucket = resources("google_storage_bucket")["artifacts"]
        self.assertEqual(bucket["public_access_prevention"], "enforced")
        self.assertIs(bucket["uniform_bucket_level_access"], True)
        self.assertIs(bucket["versioning"]["enabled"], True)

    def test_every_variable_says_what_it_is(self) -> None:
        for block in parsed()["variable"]:
            for name, body in block.items():
                self.assertIn("description", body, name)
                self.assertIn("type", body, name)
                self.assertTrue("validation" in body or plain(body["type"]) in ("bool", "${bool}"), f"{name} has no validation")


if __name__ == "__main__":
    unittest.main()
