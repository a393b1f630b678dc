"""Prints as JSON how the account that AWS_ENDPOINT_URL points to invokes each function: asked of the APIs, not of Terraform."""

import json

import boto3

api = boto3.client("apigatewayv2")
dynamodb = boto3.client("dynamodb")
events = boto3.client("events")
lambda_ = boto3.client("lambda")
s3 = boto3.client("s3")
sns = boto3.client("sns")
sqs = boto3.client("sqs")


def http(api_id):
    integrations = {one["IntegrationId"]: one["IntegrationUri"] for one in api.get_integrations(ApiId=api_id)["Items"]}
    routes = api.get_routes(ApiId=api_id)["Items"]
    return {route["RouteKey"]: integrations[route["Target"].removeprefix("integrations/")] for route in routes}


def authorization(api_id):
    """By route: its authorization type, and of a JWT issuer, audience and scopes."""
    return {route["RouteKey"]: one_authorization(api_id, route) for route in api.get_routes(ApiId=api_id)["Items"]}


def one_authorization(api_id, route):
    if not route.get("AuthorizerId"):
        return [route["AuthorizationType"]]
    jwt = api.get_authorizer(ApiId=api_id, AuthorizerId=route["AuthorizerId"])["JwtConfiguration"]
    return [route["AuthorizationType"], jwt["Issuer"], jwt["Audience"], route["AuthorizationScopes"]]


def throttle(api_id):
    """Rate and burst: of the stage, and of the routes with others."""
    settings = [(stage["DefaultRouteSettings"], stage.get("RouteSettings", {})) for stage in api.get_stages(ApiId=api_id)["Items"]]
    limits = lambda one: [one["ThrottlingRateLimit"], one["ThrottlingBurstLimit"]]
    return [[limits(default), {key: limits(one) for key, one in routes.items()}] for default, routes in settings]


def rules(bus):
    return {
        rule["Name"]: {
            "bus": bus,
            "pattern": json.loads(rule["EventPattern"]) if rule.get("EventPattern") else None,
            "schedule": rule.get("ScheduleExpression") or None,
            "targets": [
                [target["Arn"], target.get("Input")]
                for target in events.list_targets_by_rule(Rule=rule["Name"], EventBusName=bus)["Targets"]
            ],
        }
        for rule in events.list_rules(EventBusName=bus)["Rules"]
    }


def notifications(bucket):
    return [
        {
            "function": one["LambdaFunctionArn"],
            "events": one["Events"],
            "filter": {rule["Name"].lower(): rule["Value"] for rule in one.get("Filter", {}).get("Key", {}).get("FilterRules", [])},
        }
        for one in s3.get_bucket_notification_configuration(Bucket=bucket).get("LambdaFunctionConfigurations", [])
    ]


def queue(url):
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return {
        "visibility_timeout": int(attributes["VisibilityTimeout"]),
        "redrive": json.loads(attributes["RedrivePolicy"]) if "RedrivePolicy" in attributes else None,
    }


def mapping(one):
    fields = ["BatchSize", "MaximumBatchingWindowInSeconds", "StartingPosition", "FunctionResponseTypes"]
    return {"function": one["FunctionArn"], **{field: one[field] for field in fields if one.get(field)}}


def statements(function):
    """A statement of CloudFormation's has another shape in this emulator; each is given as action, principal and condition."""
    policy = json.loads(lambda_.get_policy(FunctionName=function)["Policy"])
    return [
        [one["Action"], one["Principal"].get("Service") if isinstance(one["Principal"], dict) else one["Principal"], one.get("Condition")]
        for one in policy["Statement"]
    ]


def function_url(function):
    try:
        found = lambda_.get_function_url_config(FunctionName=function)
    except lambda_.exceptions.ResourceNotFoundException:
        return None
    return [found["AuthType"], found["InvokeMode"]]


functions = [function["FunctionName"] for function in lambda_.list_functions()["Functions"]]
http_apis = [one for one in api.get_apis()["Items"] if one["ProtocolType"] == "HTTP"]
buses = [bus["Name"] for bus in events.list_event_buses()["EventBuses"]]

print(
    json.dumps(
        {
            "routes": {one["Name"]: http(one["ApiId"]) for one in http_apis},
            "authorization": {one["Name"]: authorization(one["ApiId"]) for one in http_apis},
            "throttle": {one["Name"]: throttle(one["ApiId"]) for one in http_apis},
            "function_urls": {name: function_url(name) for name in functions},
            "statements": {name: statements(name) for name in functions},
            "subscriptions": [
                [one["TopicArn"], one["Endpoint"], sns.get_subscription_attributes(SubscriptionArn=one["SubscriptionArn"])["Attributes"].get("FilterPolicy")]
                for one in sns.list_subscriptions()["Subscriptions"]
            ],
            "rules": {name: rule for bus in buses for name, rule in rules(bus).items()},
            "notifications": {bucket["Name"]: notifications(bucket["Name"]) for bucket in s3.list_buckets()["Buckets"]},
            "queues": {url.split("/")[-1]: queue(url) for url in sqs.list_queues().get("QueueUrls", [])},
            "mappings": {one["EventSourceArn"]: mapping(one) for one in lambda_.list_event_source_mappings()["EventSourceMappings"]},
        }
    )
)
