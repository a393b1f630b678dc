import botocore.session

# As boto3 does with a client made outside of the handler: found once, used for as long as the process lives.
credentials = botocore.session.get_session().get_credentials()


def handler(event, context):
    if event.get("age"):
        # As if that many seconds had passed since the variables were looked at.
        import datetime

        credentials._expiry_time -= datetime.timedelta(seconds=event["age"])
    return {"key": credentials.get_frozen_credentials().access_key}
