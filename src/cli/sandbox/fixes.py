"""Starts ministack 1.5.33 with corrections: its answers get the members that AWS always gives.

Run as `python -c "$(cat fixes.py)"` in place of the `ministack` program; ministack's own environment variables and
arguments stay as they are. Each correction names what is wrong. Without them a plan after an apply would not be
empty, because a resource would be read otherwise than it was made.
"""

import re
from xml.sax.saxutils import escape

from ministack.app import main
from ministack.services import ec2


def corrected(action):
    """Replaces the handler of an EC2 action by a function of that handler and its parameters."""

    def replace(correction):
        handler = ec2._ACTION_MAP[action]
        ec2._ACTION_MAP[action] = lambda params: correction(handler, params)
        return correction

    return replace


def created(answer, prefix):
    """Returns the ids of that sort in the answer to a create call; none if it failed."""
    status, _, body = answer
    return re.findall(rf">({prefix}-[0-9A-Za-z]+)<", body.decode()) if status == 200 else []


def completed(answer, name, more):
    """Adds XML after each element `name`, which holds an id; `more` makes it from the id."""
    status, headers, body = answer
    text = re.sub(rf"<{name}>(.*?)</{name}>", lambda it: it[0] + more(it[1]), body.decode())
    return status, headers, text.encode()


def element(name, value):
    return "" if value in (None, "") else f"<{name}>{escape(str(value))}</{name}>"


# NAT gateways: natGatewayAddressSet is always empty.


def with_addresses(handler, params):
    def addresses(nat):
        allocation = ec2._nat_gateways[nat]["AllocationId"]
        public = (ec2._addresses.get(allocation) or {}).get("PublicIp")
        members = element("allocationId", allocation) + element("publicIp", public) + element("isPrimary", "true")
        return f"<natGatewayAddressSet><item>{members}</item></natGatewayAddressSet>"

    status, headers, body = handler(params)
    return completed((status, headers, body.replace(b"<natGatewayAddressSet/>", b"")), "natGatewayId", addresses)


corrected("CreateNatGateway")(with_addresses)
corrected("DescribeNatGateways")(with_addresses)


# Flow logs: the role, the log group's name, the interval and the tags are forgotten.


@corrected("CreateFlowLogs")
def create_flow_logs(handler, params):
    answer = handler(params)
    for flow_log in created(answer, "fl"):
        ec2._flow_logs[flow_log].update(
            DeliverLogsPermissionArn=ec2._p(params, "DeliverLogsPermissionArn"),
            LogGroupName=ec2._p(params, "LogGroupName"),
            MaxAggregationInterval=ec2._p(params, "MaxAggregationInterval") or "600",
        )
        ec2._parse_tag_specs(params, "vpc-flow-log", flow_log)
    return answer


@corrected("DescribeFlowLogs")
def describe_flow_logs(handler, params):
    def members(flow_log):
        record = ec2._flow_logs[flow_log]
        return (
            element("deliverLogsPermissionArn", record.get("DeliverLogsPermissionArn"))
            + element("logGroupName", record.get("LogGroupName"))
            + element("maxAggregationInterval", record.get("MaxAggregationInterval"))
        )

    return completed(handler(params), "flowLogId", members)


# VPC endpoints: security groups, private names and the policy are forgotten or not shown.

EVERYTHING = (
    '{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}'
)


@corrected("CreateVpcEndpoint")
def create_vpc_endpoint(handler, params):
    answer = handler(params)
    for endpoint in created(answer, "vpce"):
        record = ec2._vpc_endpoints[endpoint]
        private = ec2._p(params, "PrivateDnsEnabled") or str(record["VpcEndpointType"] == "Interface").lower()
        record.update(
            Groups=ec2._parse_member_list(params, "SecurityGroupId"),
            PrivateDnsEnabled=private,
            PolicyDocument=ec2._p(params, "PolicyDocument") or EVERYTHING,
        )
    return answer


@corrected("ModifyVpcEndpoint")
def modify_vpc_endpoint(handler, params):
    answer = handler(params)
    record = ec2._vpc_endpoints.get(ec2._p(params, "VpcEndpointId"))
    if record:
        removed = ec2._parse_member_list(params, "RemoveSecurityGroupId")
        groups = record.get("Groups", []) + ec2._parse_member_list(params, "AddSecurityGroupId")
        record["Groups"] = [group for group in groups if group not in removed]
        record["PrivateDnsEnabled"] = ec2._p(params, "PrivateDnsEnabled") or record.get("PrivateDnsEnabled")
    return answer


@corrected("DescribeVpcEndpoints")
def describe_vpc_endpoints(handler, params):
    def members(endpoint):
        record = ec2._vpc_endpoints[endpoint]
        groups = "".join(f"<item>{element('groupId', group)}</item>" for group in record.get("Groups", []))
        return (
            f"<groupSet>{groups}</groupSet>"
            + element("privateDnsEnabled", record.get("PrivateDnsEnabled"))
            + element("policyDocument", record.get("PolicyDocument"))
        )

    return completed(handler(params), "vpcEndpointId", members)


main()
