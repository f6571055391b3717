"""Reads the message in a file and prints what Python's email package sees in it, as JSON."""

import email
import email.policy
import json
import sys


def described(part):
    content = part.get_content() if not part.is_multipart() else None
    return {
        "type": part.get_content_type(),
        "headers": [[name.lower(), str(value)] for name, value in part.items()],
        "text": content if isinstance(content, str) else None,
        "size": len(content) if isinstance(content, bytes) else None,
        "parts": [described(p) for p in part.iter_parts()] if part.is_multipart() else [],
        "defects": [str(d) for d in part.defects] + [str(d) for v in part.values() for d in getattr(v, "defects", ())],
    }


with open(sys.argv[1], "rb") as file:
    print(json.dumps(described(email.message_from_binary_file(file, policy=email.policy.default))), flush=True)
