"""Checks recorded requests against AWS's own API models, which botocore carries.

Standard input: one request a line, as JSON: operation (`ec2:CreateVpc`), method, url, headers (pairs), body (hexadecimal).
Standard output: JSON with `checked` (operation -> count), `faults` (texts) and `skipped_patterns`.

A request is parsed back into members by the protocol of its model; what no member takes is a fault, and every member is
checked against its shape: required, type, enum, length, range, pattern.
"""

import base64
import datetime
import json
import re
import struct
import sys
import urllib.parse
import xml.etree.ElementTree as ElementTree

import botocore.session
from botocore.model import ServiceModel

SERVICES = {"elasticfilesystem": "efs", "elasticloadbalancing": "elbv2", "servicequotas": "service-quotas"}
# What every request may carry and no shape names.
QUERY_FIELDS = {"Action", "Version"}

loader = botocore.session.get_session().get_component("data_loader")
models = {}
patterns = {}
skipped = set()


def model_of(prefix):
    name = SERVICES.get(prefix, prefix)
    if name not in models:
        models[name] = ServiceModel(loader.load_service_model(name, "service-2"))
    return models[name]


class Fault(Exception):
    pass


# The shapes.


def check(shape, value, path, faults):
    """Checks a parsed value; `faults` collects texts."""
    say = lambda text: faults.append(f"{path}: {text}")
    kind = shape.type_name
    if kind == "structure":
        if getattr(shape, "is_document_type", False):
            return
        if not isinstance(value, dict):
            return say(f"{value!r} is no structure")
        for name in shape.required_members:
            if name not in value:
                say(f"`{name}` is missing")
        for name, member in value.items():
            if name not in shape.members:
                say(f"`{name}` is not a member")
            else:
                check(shape.members[name], member, f"{path}.{name}", faults)
        if getattr(shape, "is_tagged_union", False) and len(value) != 1:
            say(f"one member of a union, not {len(value)}")
    elif kind == "list":
        if not isinstance(value, list):
            return say(f"{value!r} is no list")
        size(shape, len(value), say)
        for index, item in enumerate(value):
            check(shape.member, item, f"{path}[{index}]", faults)
    elif kind == "map":
        if not isinstance(value, dict):
            return say(f"{value!r} is no map")
        size(shape, len(value), say)
        for name, item in value.items():
            check(shape.key, name, f"{path} key", faults)
            check(shape.value, item, f"{path}[{name}]", faults)
    elif kind in ("string", "character"):
        if not isinstance(value, str):
            return say(f"{value!r} is no string")
        size(shape, len(value), say)
        if shape.enum and value not in shape.enum:
            say(f"{value!r} is none of {', '.join(shape.enum[:12])}")
        pattern = shape.metadata.get("pattern")
        if pattern:
            matches(pattern, value, say)
    elif kind in ("integer", "long"):
        if isinstance(value, bool) or not isinstance(value, int):
            return say(f"{value!r} is no {kind}")
        size(shape, value, say)
    elif kind in ("float", "double"):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return say(f"{value!r} is no {kind}")
        size(shape, value, say)
    elif kind == "boolean":
        if not isinstance(value, bool):
            say(f"{value!r} is no boolean")
    elif kind == "timestamp":
        if not isinstance(value, (datetime.datetime, int, float)):
            say(f"{value!r} is no time")
    elif kind == "blob":
        if not isinstance(value, bytes):
            return say(f"{value!r} is no blob")
        size(shape, len(value), say)


def size(shape, number, say):
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and number < low:
        say(f"{number} is less than {low}")
    if high is not None and number > high:
        say(f"{number} is more than {high}")


def matches(pattern, text, say):
    if pattern not in patterns:
        try:
            # Java's classes and possessive quantifiers are not Python's.
            translated = pattern.replace("\\p{L}", "^\\W\\d_").replace("\\p{IsAlphabetic}", "^\\W\\d_")
            if re.search(r"\\p\{|\[:|&&|\[\^\\W[^]]", translated):
                raise re.error("not Python")
            patterns[pattern] = re.compile(translated)
        except re.error:
            patterns[pattern] = None
    if patterns[pattern] is None:
        skipped.add(pattern)
    elif not patterns[pattern].search(text) if anchored(pattern) else not patterns[pattern].fullmatch(text):
        say(f"{text!r} does not match {pattern}")


def anchored(pattern):
    """Services match a pattern with its own anchors; without any, the whole text."""
    return pattern.startswith("^") or pattern.endswith("$")


# Scalars as text.


def scalar(shape, text):
    """Reads a text as the shape's type; what cannot be read stays a text, which the check then refuses."""
    kind = shape.type_name
    try:
        if kind in ("integer", "long"):
            return int(text)
        if kind in ("float", "double"):
            return float(text)
        if kind == "boolean":
            return {"true": True, "false": False}[text]
        if kind == "timestamp":
            return moment(text)
        if kind == "blob":
            return base64.b64decode(text, validate=True)
    except (ValueError, KeyError):
        return text
    return text


def moment(text):
    if re.fullmatch(r"-?\d+(\.\d+)?", text):
        return float(text)
    for form in ("%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z", "%a, %d %b %Y %H:%M:%S %Z"):
        try:
            return datetime.datetime.strptime(text.replace("Z", "+0000") if "T" in text else text, form)
        except ValueError:
            continue
    raise ValueError(text)


# Query and EC2.


class Query:
    def __init__(self, body, is_ec2):
        pairs = urllib.parse.parse_qsl(body, keep_blank_values=True, strict_parsing=True) if body else []
        self.fields = dict(pairs)
        self.is_ec2 = is_ec2
        self.taken = {"Action", "Version"}
        if len(self.fields) != len(pairs):
            raise Fault("a field is written twice")

    def name_of(self, shape, default):
        if self.is_ec2:
            if "queryName" in shape.serialization:
                return shape.serialization["queryName"]
            name = shape.serialization.get("name", default)
            return name[:1].upper() + name[1:]
        return shape.serialization.get("name", default)

    def below(self, prefix):
        return any(name == prefix or name.startswith(prefix + ".") for name in self.fields)

    def structure(self, shape, prefix):
        value = {}
        for name, member in shape.members.items():
            wire = self.name_of(member, name)
            inner = f"{prefix}.{wire}" if prefix else wire
            found = self.value(member, inner)
            if found is not None:
                value[name] = found
        return value

    def value(self, shape, prefix):
        kind = shape.type_name
        if kind == "structure":
            return self.structure(shape, prefix) if self.below(prefix) else None
        if kind == "list":
            if self.fields.get(prefix) == "":
                self.taken.add(prefix)
                return []
            flat = self.is_ec2 or shape.serialization.get("flattened")
            if flat:
                name = None if self.is_ec2 else shape.member.serialization.get("name")
                base = ".".join(prefix.split(".")[:-1] + [name]) if name else prefix
            else:
                base = f"{prefix}.{shape.member.serialization.get('name', 'member')}"
            return self.numbered(base, lambda inner: self.value(shape.member, inner))
        if kind == "map":
            base = prefix if shape.serialization.get("flattened") else f"{prefix}.entry"
            key = shape.key.serialization.get("name", "key")
            item = shape.value.serialization.get("name", "value")
            pairs = self.numbered(
                base, lambda inner: (self.value(shape.key, f"{inner}.{key}"), self.value(shape.value, f"{inner}.{item}"))
            )
            return dict(pairs) if pairs else None
        if prefix not in self.fields:
            return None
        self.taken.add(prefix)
        return scalar(shape, self.fields[prefix])

    def numbered(self, base, read):
        items = []
        while self.below(f"{base}.{len(items) + 1}"):
            items.append(read(f"{base}.{len(items) + 1}"))
        return items or None


def query(operation, request, service):
    text = request["body"].decode()
    fields = Query(text, service.metadata["protocol"] == "ec2")
    if fields.fields.get("Action") != operation.name:
        raise Fault(f"Action is {fields.fields.get('Action')}")
    if fields.fields.get("Version") != service.metadata["apiVersion"]:
        raise Fault(f"Version is {fields.fields.get('Version')}")
    shape = operation.input_shape
    value = fields.structure(shape, "") if shape else {}
    faults = [f"`{name}` is not a member" for name in fields.fields if name not in fields.taken]
    return value, faults


# JSON.


def from_json(shape, value, path, faults):
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        if getattr(shape, "is_document_type", False):
            return value
        names = {member.serialization.get("name", name): name for name, member in shape.members.items()}
        parsed = {}
        for wire, item in value.items():
            if item is None:
                continue
            if wire not in names:
                faults.append(f"{path}: `{wire}` is not a member")
                continue
            name = names[wire]
            parsed[name] = from_json(shape.members[name], item, f"{path}.{name}", faults)
        return parsed
    if kind == "list" and isinstance(value, list):
        return [from_json(shape.member, item, f"{path}[]", faults) for item in value]
    if kind == "map" and isinstance(value, dict):
        return {name: from_json(shape.value, item, f"{path}[]", faults) for name, item in value.items()}
    if kind in ("blob", "timestamp") and isinstance(value, str):
        return scalar(shape, value)
    return value


def json_rpc(operation, request, service):
    target = f"{service.metadata['targetPrefix']}.{operation.name}"
    if request["headers"].get("x-amz-target") != target:
        raise Fault(f"x-amz-target is {request['headers'].get('x-amz-target')}, not {target}")
    faults = []
    value = json.loads(request["body"] or b"{}")
    shape = operation.input_shape
    return (from_json(shape, value, "body", faults) if shape else value), faults


# CBOR, of which requests need a small part.


def cbor(data):
    value, rest = cbor_item(data)
    if rest:
        raise Fault("bytes after the end of the CBOR")
    return value


def cbor_item(data):
    major, info = data[0] >> 5, data[0] & 31
    data = data[1:]
    if major == 7:
        if info in (20, 21):
            return info == 21, data
        if info in (22, 23):
            return None, data
        width, form = {25: (2, ">e"), 26: (4, ">f"), 27: (8, ">d")}[info]
        return struct.unpack(form, data[:width])[0], data[width:]
    if info < 24:
        number = info
    elif info < 28:
        width = 1 << (info - 24)
        number, data = int.from_bytes(data[:width], "big"), data[width:]
    elif info == 31:
        number = None
    else:
        raise Fault("not CBOR")
    if major == 0:
        return number, data
    if major == 1:
        return -1 - number, data
    if major in (2, 3):
        if number is None:
            pieces = []
            while data[0] != 0xFF:
                piece, data = cbor_item(data)
                pieces.append(piece)
            return ("" if major == 3 else b"").join(pieces), data[1:]
        raw, data = data[:number], data[number:]
        return (raw.decode() if major == 3 else bytes(raw)), data
    if major in (4, 5):
        items = []
        while data[0] != 0xFF if number is None else len(items) < number * (major - 3):
            item, data = cbor_item(data)
            items.append(item)
        if number is None:
            data = data[1:]
        return (items if major == 4 else dict(zip(items[::2], items[1::2]))), data
    return cbor_item(data)


def rpc_cbor(operation, request, service):
    path = urllib.parse.urlsplit(request["url"]).path
    if not path.endswith(f"/operation/{operation.name}"):
        raise Fault(f"the path is {path}")
    faults = []
    value = cbor(request["body"]) if request["body"] else {}
    shape = operation.input_shape
    return (from_json(shape, value, "body", faults) if shape else value), faults


# REST.


def from_xml(shape, element, path, faults):
    kind = shape.type_name
    if kind == "structure":
        value, known = {}, set()
        for name, member in shape.members.items():
            if member.serialization.get("location"):
                continue
            wire = member.serialization.get("name", name)
            if member.serialization.get("xmlAttribute"):
                continue
            if member.type_name == "list" and member.serialization.get("flattened"):
                wire = member.member.serialization.get("name", wire)
                known.add(wire)
                items = [it for it in element if local(it) == wire]
                if items:
                    value[name] = [from_xml(member.member, it, f"{path}.{name}[]", faults) for it in items]
                continue
            known.add(wire)
            found = [it for it in element if local(it) == wire]
            if len(found) > 1:
                faults.append(f"{path}: `{wire}` stands there {len(found)} times")
            if found:
                value[name] = from_xml(member, found[0], f"{path}.{name}", faults)
        faults.extend(f"{path}: `{local(it)}` is not a member" for it in element if local(it) not in known)
        attributes = {
            member.serialization.get("name", name).split(":")[-1]: name
            for name, member in shape.members.items()
            if member.serialization.get("xmlAttribute")
        }
        for wire, text in element.attrib.items():
            if wire.split("}")[-1] in attributes:
                value[attributes[wire.split("}")[-1]]] = text
        return value
    if kind == "list":
        wire = shape.member.serialization.get("name", "member")
        faults.extend(f"{path}: `{local(it)}` in place of `{wire}`" for it in element if local(it) != wire)
        return [from_xml(shape.member, it, f"{path}[]", faults) for it in element]
    if kind == "map":
        key = shape.key.serialization.get("name", "key")
        item = shape.value.serialization.get("name", "value")
        pairs = [({local(it): it for it in entry}) for entry in element]
        return {pair[key].text or "": from_xml(shape.value, pair[item], f"{path}[]", faults) for pair in pairs}
    return scalar(shape, element.text or "")


def local(element):
    return element.tag.split("}")[-1]


def rest(operation, request, service):
    faults = []
    split = urllib.parse.urlsplit(request["url"])
    wanted = operation.http
    if request["method"] != wanted["method"]:
        raise Fault(f"the method is {request['method']}")
    target, _, fixed = wanted["requestUri"].partition("?")
    asked = dict(urllib.parse.parse_qsl(split.query, keep_blank_values=True))
    several = {}
    for name, text in urllib.parse.parse_qsl(split.query, keep_blank_values=True):
        several.setdefault(name, []).append(text)
    for name in fixed.split("&") if fixed else []:
        asked.pop(name.split("=")[0], None)
    asked.pop("x-id", None)
    shape = operation.input_shape
    members = shape.members if shape else {}
    value = {}
    in_path = in_uri(target, split, {m.serialization.get("name", n) for n, m in members.items()}, service)
    body_members = {}
    for name, member in members.items():
        place, wire = member.serialization.get("location"), member.serialization.get("name", name)
        if place == "uri":
            if wire in in_path:
                value[name] = scalar(member, in_path[wire])
        elif place == "querystring":
            if member.type_name == "map":
                value[name] = asked
                asked = {}
            elif wire in asked:
                asked.pop(wire)
                is_list = member.type_name == "list"
                value[name] = [scalar(member.member, it) for it in several[wire]] if is_list else scalar(member, several[wire][0])
        elif place == "header":
            if wire.lower() in request["headers"]:
                text = request["headers"][wire.lower()]
                is_list = member.type_name == "list"
                value[name] = [scalar(member.member, it.strip()) for it in text.split(",")] if is_list else scalar(member, text)
        elif place == "headers":
            found = {k[len(wire):]: v for k, v in request["headers"].items() if k.startswith(wire.lower())}
            if found:
                value[name] = found
        else:
            body_members[name] = member
    faults.extend(f"the query member `{name}` is not known" for name in asked)
    payload = shape.serialization.get("payload") if shape else None
    body = request["body"]
    is_xml = service.metadata["protocol"] == "rest-xml"
    if payload:
        member = members[payload]
        if body:
            if member.type_name in ("blob", "string"):
                value[payload] = body if member.type_name == "blob" else body.decode()
            elif is_xml:
                root = ElementTree.fromstring(body)
                if local(root) != member.serialization.get("name", payload):
                    faults.append(f"the root is `{local(root)}`")
                value[payload] = from_xml(member, root, payload, faults)
            else:
                value[payload] = from_json(member, json.loads(body), payload, faults)
    elif body and body_members:
        if is_xml:
            root = ElementTree.fromstring(body)
            wrapper = shape.serialization.get("name")
            if wrapper and local(root) != wrapper:
                faults.append(f"the root is `{local(root)}`, not `{wrapper}`")
            value.update(from_xml(shape, root, "body", faults))
        else:
            names = {m.serialization.get("name", n): n for n, m in body_members.items()}
            for wire, item in json.loads(body).items():
                if wire not in names:
                    faults.append(f"body: `{wire}` is not a member")
                elif item is not None:
                    name = names[wire]
                    value[name] = from_json(body_members[name], item, f"body.{name}", faults)
    elif body and body not in (b"{}",):
        faults.append("a body where none is")
    return value, faults


def in_uri(target, split, names, service):
    """Returns the members in the path; S3's bucket may stand in the host."""
    path = split.path
    if service.service_name == "s3":
        host = split.hostname or ""
        if ".s3" in host or (host.endswith("localhost") and host != "localhost"):
            bucket = host.split(".s3")[0] if ".s3" in host else host.split(".")[0]
            path = f"/{bucket}{path}"
    pattern, found = "", []
    for piece in re.split(r"(\{[^}]+\})", target):
        if piece.startswith("{"):
            greedy = piece.endswith("+}")
            found.append(piece.strip("{}").rstrip("+"))
            pattern += "(.+)" if greedy else "([^/]+)"
        else:
            pattern += re.escape(piece)
    # A slash at the end is in some models and in few requests; AWS takes both.
    met = re.fullmatch((pattern.rstrip("/") or "") + "/?", path)
    if not met:
        raise Fault(f"the path {path} is not {target}")
    return {name: urllib.parse.unquote(text) for name, text in zip(found, met.groups())}


PROTOCOLS = {
    "query": query,
    "ec2": query,
    "json": json_rpc,
    "rest-json": rest,
    "rest-xml": rest,
    "smithy-rpc-v2-cbor": rpc_cbor,
}


def protocol_of(service, request):
    """A service may speak several protocols; the request says which."""
    if request["headers"].get("smithy-protocol") == "rpc-v2-cbor":
        return rpc_cbor
    known = service.metadata.get("protocols") or [service.metadata["protocol"]]
    if request["headers"].get("content-type", "").startswith("application/x-www-form-urlencoded") and "query" in known:
        return query
    if "x-amz-target" in request["headers"] and "json" in known:
        return json_rpc
    return PROTOCOLS[service.metadata["protocol"]]


def faults_of(request):
    prefix, name = request["operation"].split(":")
    service = model_of(prefix)
    try:
        operation = service.operation_model(name)
    except Exception:
        return ["there is no such operation"]
    try:
        value, faults = protocol_of(service, request)(operation, request, service)
    except (Fault, ValueError, KeyError, IndexError, ElementTree.ParseError) as error:
        return [f"cannot be read: {error!r}"]
    if operation.input_shape is not None:
        check(operation.input_shape, value, name, faults)
    elif value:
        faults.append("has members, where the operation takes none")
    return faults


def main():
    checked, faults = {}, []
    for line in sys.stdin:
        raw = json.loads(line)
        request = {
            **raw,
            "headers": {name.lower(): value for name, value in raw["headers"]},
            "body": bytes.fromhex(raw["body"]),
        }
        checked[raw["operation"]] = checked.get(raw["operation"], 0) + 1
        faults.extend(f"{raw['operation']}: {fault}" for fault in faults_of(request))
    print(json.dumps({"checked": checked, "faults": sorted(set(faults)), "skipped_patterns": len(skipped)}))


main()
