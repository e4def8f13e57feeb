"""Signs one GET for S3 (signature version 4) or Azure Blob (Shared Key) and prints it as a configuration for curl.

On its standard input, each ended by a NUL: `s3` or `azure`, the URL, the key's or account's name, the secret.
"""

import base64
import datetime
import hashlib
import hmac
import sys
import urllib.parse

kind, url, name, secret = sys.stdin.buffer.read().decode().split("\0")[:4]
now = datetime.datetime.now(datetime.timezone.utc)
parts = urllib.parse.urlsplit(url)


def keyed(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256)


if kind == "s3":
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    empty = hashlib.sha256(b"").hexdigest()
    scope = f"{stamp[:8]}/us-east-1/s3/aws4_request"
    signed = "host;x-amz-content-sha256;x-amz-date"
    headers = {"x-amz-content-sha256": empty, "x-amz-date": stamp}
    request = "\n".join(
        ["GET", parts.path, "", f"host:{parts.netloc}", f"x-amz-content-sha256:{empty}", f"x-amz-date:{stamp}", "", signed, empty]
    )
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(request.encode()).hexdigest()])
    key = ("AWS4" + secret).encode()
    for part in scope.split("/"):
        key = keyed(key, part).digest()
    signature = keyed(key, text).hexdigest()
    headers["authorization"] = f"AWS4-HMAC-SHA256 Credential={name}/{scope}, SignedHeaders={signed}, Signature={signature}"
else:
    date = now.strftime("%a, %d %b %Y %H:%M:%S GMT")
    headers = {"x-ms-date": date, "x-ms-version": "2021-08-06"}
    text = "GET" + "\n" * 12 + f"x-ms-date:{date}\nx-ms-version:2021-08-06\n/{name}{parts.path}"
    try:
        secret_bytes = base64.b64decode(secret, validate=True)
    except ValueError:
        sys.exit("the account key is not base64")
    headers["authorization"] = f"SharedKey {name}:" + base64.b64encode(keyed(secret_bytes, text).digest()).decode()


def quoted(value):
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


print(f"url = {quoted(url)}")
for header, value in headers.items():
    print(f"header = {quoted(header + ': ' + value)}")
