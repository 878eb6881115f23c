"""The data from AWS's service authorization reference that the checks of the plan read."""

import unittest

from service_authorization import services, table


class ServiceAuthorization(unittest.TestCase):
    def test_every_service_that_a_policy_names_is_known(self) -> None:
        self.assertEqual({"aws"}, set(services()) - set(table()["actions"]))

    def test_the_package_knows_what_a_call_needs_beside_its_own_action(self) -> None:
        needed = table()["dependent"]["wafv2:AssociateWebACL"]
        self.assertIn("elasticloadbalancing:CreateWebACLAssociation", needed)


if __name__ == "__main__":
    unittest.main()
