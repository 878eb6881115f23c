"""A budget's subscribers, tags and update, which moto lacks.

https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_DescribeSubscribersForNotification.html
https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_ListTagsForResource.html
https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_UpdateBudget.html
"""

import json

from moto.budgets.exceptions import NotFoundException
from moto.budgets.responses import BudgetsResponse


def tags_of(response):
    return response.backend.__dict__.setdefault("tags_by_arn", {})


def arn_of(response, name):
    return f"arn:{response.partition}:budgets::{response.current_account}:budget/{name}"


def describe_subscribers_for_notification(self):
    budget = self.backend.budgets[self._get_param("AccountId")].get(self._get_param("BudgetName"))
    asked = self._get_param("Notification")
    for notification in budget.notifications if budget else []:
        # AWS adds NotificationState, so only the requested members are compared.
        if all(notification.details.get(name) == value for name, value in asked.items()):
            return json.dumps({"Subscribers": notification.subscribers})
    raise NotFoundException("Unable to get subscribers - the notification doesn't exist.")


def update_budget(self):
    changed = self._get_param("NewBudget")
    budget = self.backend.budgets[self._get_param("AccountId")].get(changed["BudgetName"])
    if budget is None:
        raise NotFoundException(f"Unable to update budget: {changed['BudgetName']} - the budget doesn't exist.")
    budget.budget.update(changed)
    return json.dumps({})


def list_tags_for_resource(self):
    tags = tags_of(self).get(self._get_param("ResourceARN"), {})
    return json.dumps({"ResourceTags": [{"Key": key, "Value": value} for key, value in tags.items()]})


def tag_resource(self):
    tags = tags_of(self).setdefault(self._get_param("ResourceARN"), {})
    tags.update({tag["Key"]: tag["Value"] for tag in self._get_param("ResourceTags") or []})
    return json.dumps({})


def untag_resource(self):
    tags = tags_of(self).get(self._get_param("ResourceARN"), {})
    for key in self._get_param("ResourceTagKeys") or []:
        tags.pop(key, None)
    return json.dumps({})


def apply():
    create, delete = BudgetsResponse.create_budget, BudgetsResponse.delete_budget

    def create_budget(self):
        answer = create(self)
        tags = {tag["Key"]: tag["Value"] for tag in self._get_param("ResourceTags") or []}
        tags_of(self)[arn_of(self, self._get_param("Budget")["BudgetName"])] = tags
        return answer

    def delete_budget(self):
        answer = delete(self)
        tags_of(self).pop(arn_of(self, self._get_param("BudgetName")), None)
        return answer

    BudgetsResponse.create_budget = create_budget
    BudgetsResponse.delete_budget = delete_budget
    for operation in (
        describe_subscribers_for_notification,
        update_budget,
        list_tags_for_resource,
        tag_resource,
        untag_resource,
    ):
        setattr(BudgetsResponse, operation.__name__, operation)
