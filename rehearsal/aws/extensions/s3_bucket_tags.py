"""Tags in CreateBucket, where the provider sends them.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucketConfiguration.html
"""

import xmltodict
from moto.s3.responses import S3Response


def tags_in(body):
    configuration = (xmltodict.parse(body) or {}).get("CreateBucketConfiguration") or {}
    tags = (configuration.get("Tags") or {}).get("Tag") or []
    return [
        {"Key": tag["Key"], "Value": tag.get("Value") or ""} for tag in (tags if isinstance(tags, list) else [tags])
    ]


def apply():
    put = S3Response._bucket_response_put

    def bucket_response_put(self, request, bucket_name, querystring):
        answer = put(self, request, bucket_name, querystring)
        if b"CreateBucketConfiguration" in (self.body or b""):
            tags = tags_in(self.body)
            if tags:
                self.backend.tagger.tag_resource(self.backend.get_bucket(bucket_name).arn, tags)
        return answer

    S3Response._bucket_response_put = bucket_response_put
