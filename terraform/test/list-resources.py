"""Prints as JSON what there is in the account that AWS_ENDPOINT_URL points to: asked of the API, not of Terraform."""

import json

import boto3

events = boto3.client("events")
iam = boto3.client("iam")
lambda_ = boto3.client("lambda")


def inline_policies(role):
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    return {name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names}


print(
    json.dumps(
        {
            "apis": [api["Name"] for api in boto3.client("apigatewayv2").get_apis()["Items"]],
            "buckets": [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]],
            "buses": [bus["Name"] for bus in events.list_event_buses()["EventBuses"] if bus["Name"] != "default"],
            "mappings": [mapping["EventSourceArn"] for mapping in lambda_.list_event_source_mappings()["EventSourceMappings"]],
            "queues": boto3.client("sqs").list_queues().get("QueueUrls", []),
            "rules": [rule["Name"] for rule in events.list_rules()["Rules"]],
            "stacks": [stack["StackName"] for stack in boto3.client("cloudformation").describe_stacks()["Stacks"]],
            "streams": boto3.client("kinesis").list_streams()["StreamNames"],
            "topics": [topic["TopicArn"] for topic in boto3.client("sns").list_topics()["Topics"]],
            "tables": boto3.client("dynamodb").list_tables()["TableNames"],
            "functions": {
                function["FunctionName"]: {
                    "handler": function["Handler"],
                    "runtime": function["Runtime"],
                    "timeout": function["Timeout"],
                    "environment": function.get("Environment", {}).get("Variables", {}),
                }
                for function in lambda_.list_functions()["Functions"]
            },
            "attached": {
                function["FunctionName"]: function["VpcConfig"]["SubnetIds"]
                for function in lambda_.list_functions()["Functions"]
                if function.get("VpcConfig", {}).get("SubnetIds")
            },
            "log_groups": [group["logGroupName"] for group in boto3.client("logs").describe_log_groups()["logGroups"]],
            "policies": [policy["PolicyName"] for policy in iam.list_policies(Scope="Local")["Policies"]],
            "roles": {role["RoleName"]: inline_policies(role["RoleName"]) for role in iam.list_roles()["Roles"]},
        }
    )
)
