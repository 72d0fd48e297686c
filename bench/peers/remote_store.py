"""Reads a dataset from an S3 store (moto), from the same server as plain web addresses, and from a store that speaks
Google's protocol (gcp-storage-emulator), all on this machine: the same rows as from the folder, and how little is read.

    python3 bench/peers/remote_store.py

Prints one line a check and leaves with status 1 if one fails.
"""
import http.server
import json
import os
import socket
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request

import boto3
import pyarrow.parquet as pq
from moto.server import ThreadedMotoServer

http.server.HTTPServer = http.server.ThreadingHTTPServer  # Arrow keeps several reads open, the emulator serves one
from gcp_storage_emulator.server import create_server  # noqa: E402

failures = 0


def check(what, good):
    global failures
    failures += not good
    print("ok  " if good else "FAIL", what, flush=True)


def run(*words):
    return subprocess.run(["asterism", *words, "--json"], env=environment, capture_output=True, text=True)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def upload_google(file, name):
    with open(file, "rb") as content:
        address = f"{google}/upload/storage/v1/b/sky/o?uploadType=media&name={urllib.parse.quote(name, safe='')}"
        urllib.request.urlopen(urllib.request.Request(address, content.read(), {"Content-Type": "application/octet-stream"})).read()


server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
server.start()
host, port = server.get_host_and_port()
google = f"http://127.0.0.1:{free_port()}"
google_server = create_server("127.0.0.1", int(google.rsplit(":", 1)[1]), in_memory=True, default_bucket="sky")
google_server.start()
environment = {**os.environ, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
               "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true", "STORAGE_EMULATOR_HOST": google}
with tempfile.TemporaryDirectory() as folder:
    subprocess.run(["asterism", "data", "mock", "legacy", "--objects", "60", "--seed", "1", f"{folder}/mock"], check=True)
    client = boto3.client("s3", endpoint_url=environment["AWS_ENDPOINT_URL"], aws_access_key_id="a", aws_secret_access_key="b",
                          region_name="us-east-1")
    client.create_bucket(Bucket="sky")
    for place, _, names in os.walk(f"{folder}/mock"):
        for name in names:
            file = os.path.join(place, name)
            key = "data/" + os.path.relpath(file, folder)
            client.upload_file(file, "sky", key, ExtraArgs={"ACL": "public-read"})
            upload_google(file, key)
    local, web = f"{folder}/mock", f"http://127.0.0.1:{port}/sky/data/mock"
    here = json.loads(run("data", "inspect", local).stdout)
    first = pq.read_table(f"{local}/mock/dataset", columns=["object_id", "ra", "dec"]).to_pylist()[0]
    for remote in ("s3://sky/data/mock", "gs://sky/data/mock", web):
        there = json.loads(run("data", "inspect", remote).stdout or "{}")
        if here.get("rows") != there.get("rows"):
            print(run("data", "inspect", remote).stderr.strip())
        check(f"inspect counts the same {here.get('rows')} rows", bool(here) and here["rows"] == there.get("rows"))
        tables = []
        for path, out in ((local, f"{folder}/l.parquet"), (remote, f"{folder}/r.parquet")):
            done = run("data", "select", path, out, "--cone", f"{first['ra']},{first['dec']},5", "--columns", "object_id,ra,dec", "--replace")
            print(done.stdout.strip() or done.stderr.strip())
            tables.append(pq.read_table(out) if done.returncode == 0 else None)
        check("select finds the same rows", tables[0] is not None and tables[0].equals(tables[1]))
        done = run("data", "match", remote, local, f"{folder}/m.parquet", "--replace")
        check("match finds every object in its copy", done.returncode == 0 and json.loads(done.stdout)["pairs"] == here["placed"])
    for name, status in (("s3://sky/data/mockx", 2), ("s3://nobucket/x", 2), ("gs://sky/data/mockx", 2),
                         ("gs://nobucket/x", 2), (f"{web}x", 2), (f"{web}.parquet", 2),
                         ("http://127.0.0.1:1/x", 3), ("ftp://example.org/x", 2)):
        done = run("data", "inspect", name)
        check(f"{name}: exit {done.returncode}: {done.stderr.strip()[-150:]}", done.returncode == status)
server.stop()
google_server.stop()
sys.exit(1 if failures else 0)
