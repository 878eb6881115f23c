"""The committed table is what the pinned package says."""

import json
import unittest

from service_authorization import TABLE, table


class ServiceAuthorization(unittest.TestCase):
    def test_the_table_is_that_of_the_pinned_package(self) -> None:
        self.assertEqual(json.loads(TABLE.read_text()), table(), "Run terraform/checks/service_authorization.py.")

    def test_the_package_knows_what_a_call_needs_beside_its_own_action(self) -> None:
        needed = table()["dependent"]["wafv2:AssociateWebACL"]
        self.assertIn("elasticloadbalancing:CreateWebACLAssociation", needed)


if __name__ == "__main__":
    unittest.main()
