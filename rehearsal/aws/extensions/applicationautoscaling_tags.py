"""Tags of scalable targets: without them the second plan wants to add the default tags again.

https://docs.aws.amazon.com/autoscaling/application/APIReference/API_ListTagsForResource.html
"""

import json

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse


def tags_of(response):
    return response.applicationautoscaling_backend.__dict__.setdefault("tags_by_arn", {})


def list_tags_for_resource(self):
    return json.dumps({"Tags": tags_of(self).get(self._get_param("ResourceARN"), {})})


def tag_resource(self):
    tags_of(self).setdefault(self._get_param("ResourceARN"), {}).update(self._get_param("Tags") or {})
    return json.dumps({})


def untag_resource(self):
    kept = tags_of(self).get(self._get_param("ResourceARN"), {})
    for key in self._get_param("TagKeys") or []:
        kept.pop(key, None)
    return json.dumps({})


def apply():
    register = ApplicationAutoScalingResponse.register_scalable_target

    def register_scalable_target(self):
        answer = register(self)
        tags = self._get_param("Tags")
        if tags:
            tags_of(self)[json.loads(answer)["ScalableTargetARN"]] = tags
        return answer

    deregister = ApplicationAutoScalingResponse.deregister_scalable_target

    def deregister_scalable_target(self):
        answer = deregister(self)
        targets = self.applicationautoscaling_backend.targets.values()
        left = {target.arn for by_resource in targets for target in by_resource.values()}
        for arn in set(tags_of(self)) - left:
            del tags_of(self)[arn]
        return answer

    ApplicationAutoScalingResponse.register_scalable_target = register_scalable_target
    ApplicationAutoScalingResponse.deregister_scalable_target = deregister_scalable_target
    for operation in (list_tags_for_resource, tag_resource, untag_resource):
        setattr(ApplicationAutoScalingResponse, operation.__name__, operation)
