# Code that a team would write against its databases, without a word about a tunnel: pg8000, redis-py, psycopg2 (libpq).
import os

import pg8000
import psycopg2
import redis

HOST = os.environ["DB_HOST"]
PASSWORD = os.environ["DB_PASSWORD"]


def with_pg8000():
    connection = pg8000.connect(host=HOST, user="old", password=PASSWORD, database="shop", ssl=True)
    cursor = connection.cursor()
    cursor.execute("select 40 + %s", (2,))
    [total] = cursor.fetchone()
    connection.close()
    return total


def with_redis():
    cache = redis.Redis(host=HOST, port=6379)
    cache.set("meal", "cake")
    return cache.get("meal").decode()


def with_libpq():
    connection = psycopg2.connect(
        host=HOST,
        user="app",
        password=PASSWORD,
        dbname="shop",
        sslmode="verify-full",
        sslrootcert=os.environ["DB_CA"],
    )
    cursor = connection.cursor()
    cursor.execute("select version from pg_stat_ssl where pid = pg_backend_pid()")
    [version] = cursor.fetchone()
    connection.close()
    return version


WORKS = {"pg8000": with_pg8000, "redis": with_redis, "libpq": with_libpq}


def handler(event, context):
    try:
        return {"ok": WORKS[event["work"]]()}
    except Exception as error:
        return {"code": type(error).__name__, "message": str(error)}
