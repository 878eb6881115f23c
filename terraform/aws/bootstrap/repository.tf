# Images outlive environments: the running one must still exist when staging is rebuilt, and the
# last good one when a deploy is rolled back.

#tfsec:ignore:aws-ecr-repository-customer-key
resource "aws_ecr_repository" "agent" {
  #checkov:skip=CKV_AWS_136:Images hold no secrets; a key of our own would tie a rollback to that key's state
  name                 = "lornu-agent"
  image_tag_mutability = "IMMUTABLE" # an approved tag must keep its image
  force_delete         = var.force_destroy

  image_scanning_configuration {
    scan_on_push = true
  }
}

# Images are pushed before anyone approves them: keep a hundred of each kind, so that builds that
# nobody deployed do not expire the running one. Only rules by tag, none for untagged images: an
# image's signatures are untagged, and without them it may not run. ECR removes them with their
# image.
resource "aws_ecr_lifecycle_policy" "agent" {
  repository = aws_ecr_repository.agent.name

  policy = jsonencode({
    rules = [
      for index, kind in ["agent", "gcp-agent"] : {
        rulePriority = index + 1
        description  = "All but the last 100 of ${kind}"
        selection    = { tagStatus = "tagged", tagPrefixList = ["${kind}-"], countType = "imageCountMoreThan", countNumber = 100 }
        action       = { type = "expire" }
      }
    ]
  })
}

data "aws_iam_policy_document" "publish" {
  #checkov:skip=CKV_AWS_356:ecr:GetAuthorizationToken knows no resource; everything else names the repository
  # A registry login belongs to no repository: the action accepts only "*".
  statement {
    sid       = "LogInToRegistry"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  statement {
    sid = "PushOwnImage"
    actions = [
      "ecr:BatchCheckLayerAvailability",
      "ecr:BatchGetImage",
      "ecr:CompleteLayerUpload",
      "ecr:DescribeImages",
      "ecr:GetDownloadUrlForLayer",
      "ecr:InitiateLayerUpload",
      "ecr:PutImage",
      "ecr:UploadLayerPart",
    ]
    resources = [aws_ecr_repository.agent.arn]
  }
}
