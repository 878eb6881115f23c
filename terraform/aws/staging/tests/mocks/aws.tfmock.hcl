# The provider without AWS: computed attributes are made up, except where a resource or a
# reader checks their form.

mock_data "aws_caller_identity" {
  defaults = { account_id = "123456789012" }
}

# The document is a placeholder; tests read the statements it was made from.
mock_data "aws_iam_policy_document" {
  defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
}
