"""Prints as JSON what there is in the account that AWS_ENDPOINT_URL points to: asked of the API, not of Terraform."""

import json

import boto3

iam = boto3.client("iam")
lambda_ = boto3.client("lambda")


def inline_policies(role):
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    return {name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names}


print(
    json.dumps(
        {
            "apis": [api["Name"] for api in boto3.client("apigatewayv2").get_apis()["Items"]],
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
