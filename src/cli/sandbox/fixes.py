"""Starts ministack 1.5.33 with corrections: its answers get the members that AWS always gives.

Importing it applies the corrections, as the launcher of the sandbox does. The tests run it as a program in place of
`ministack`, whose environment variables and arguments stay as they are. Each correction names what is wrong. Without
them a plan after an apply would not be empty, because a resource would be read otherwise than it was made.
"""

import base64
import json
import re
import time
import zlib
from xml.sax.saxutils import escape

from ministack.services import alb, autoscaling, backup, cloudwatch, ec2, elasticache, rds, sns, ssm, waf


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


# Caches: security groups, zones and the configuration endpoint of a cluster are forgotten; a change of a replication
# group does not reach its members, some changes do nothing, and its key is not shown; a parameter that is reset and
# has no default stays; there is no serverless memcached.

elasticache._SERVERLESS_ENGINE_VERSIONS["memcached"] = {"1.6": "1.6.22"}
elasticache._SERVERLESS_DEFAULT_MAJOR["memcached"] = "1.6"


def of_elasticache(name):
    """Replaces a function of ministack's by a function of that one and its parameters."""

    def replace(correction):
        original = getattr(elasticache, name)
        setattr(elasticache, name, lambda *arguments: correction(original, *arguments))
        return correction

    return replace


def security_groups(params):
    groups = elasticache._extract_configs(params, "SecurityGroupIds", ("SecurityGroupId", "member"))
    return [{"SecurityGroupId": group, "Status": "active"} for group in groups]


@of_elasticache("_create_cache_cluster")
def create_cache_cluster(original, params):
    answer = original(params)
    cluster = elasticache._clusters.get(elasticache._p(params, "CacheClusterId"))
    if answer[0] != 200 or cluster is None:
        return answer
    cluster["SecurityGroups"] = security_groups(params)
    if elasticache._p(params, "AZMode") == "cross-az":
        cluster["PreferredAvailabilityZone"] = "Multiple"
    if cluster["Engine"] == "memcached":
        cluster["ConfigurationEndpoint"] = dict(cluster["_endpoint"])
    return elasticache._xml_cluster_response("CreateCacheClusterResponse", "CreateCacheClusterResult", cluster)


@of_elasticache("_modify_cache_cluster")
def modify_cache_cluster(original, params):
    answer = original(params)
    cluster = elasticache._clusters.get(elasticache._p(params, "CacheClusterId"))
    if answer[0] == 200 and cluster is not None:
        cluster["SecurityGroups"] = security_groups(params) or cluster["SecurityGroups"]
        if elasticache._p(params, "AZMode") == "cross-az":
            cluster["PreferredAvailabilityZone"] = "Multiple"
    return answer


@of_elasticache("_cluster_xml_inner")
def cluster_xml(original, cluster):
    endpoint = cluster.get("ConfigurationEndpoint") or {}
    members = element("Address", endpoint.get("Address")) + element("Port", endpoint.get("Port"))
    more = f"<ConfigurationEndpoint>{members}</ConfigurationEndpoint>" if members else ""
    return original(cluster) + more


def with_members(group):
    """Makes the members of a group such as the group is."""
    wanted = [it["CacheClusterId"] for shard in group["NodeGroups"] for it in shard["NodeGroupMembers"]]
    first = elasticache._clusters[group["MemberClusters"][0]]
    for member in set(group["MemberClusters"]) - set(wanted):
        gone = elasticache._clusters.pop(member)
        elasticache._tags.pop(gone["CacheClusterArn"], None)
    for member in wanted:
        if member not in elasticache._clusters:
            arn = elasticache._arn_cluster(member)
            elasticache._clusters[member] = {**first, "CacheClusterId": member, "CacheClusterArn": arn}
        elasticache._clusters[member].update(
            Engine=group["Engine"],
            EngineVersion=group["EngineVersion"],
            CacheNodeType=group["CacheNodeType"],
            SecurityGroups=group["SecurityGroups"],
            CacheParameterGroup={
                "CacheParameterGroupName": group["CacheParameterGroupName"],
                "ParameterApplyStatus": "in-sync",
            },
        )
    group["MemberClusters"] = wanted


@of_elasticache("_create_replication_group")
def create_replication_group(original, params):
    answer = original(params)
    group = elasticache._replication_groups.get(elasticache._p(params, "ReplicationGroupId"))
    if answer[0] == 200 and group is not None:
        group["KmsKeyId"] = elasticache._p(params, "KmsKeyId")
    return answer


@of_elasticache("_modify_replication_group")
def modify_replication_group(original, params):
    answer = original(params)
    group = elasticache._replication_groups.get(elasticache._p(params, "ReplicationGroupId"))
    if answer[0] == 200 and group is not None:
        group["Engine"] = elasticache._p(params, "Engine") or group["Engine"]
        group["SecurityGroups"] = security_groups(params) or group["SecurityGroups"]
        with_members(group)
    return answer


def with_other_members(original, params):
    answer = original(params)
    group = elasticache._replication_groups.get(elasticache._p(params, "ReplicationGroupId"))
    if answer[0] == 200 and group is not None:
        with_members(group)
    return answer


of_elasticache("_increase_replica_count")(with_other_members)
of_elasticache("_decrease_replica_count")(with_other_members)


@of_elasticache("_rg_xml")
def replication_group_xml(original, group):
    return original(group) + element("KmsKeyId", group.get("KmsKeyId"))


@of_elasticache("_reset_cache_parameter_group")
def reset_cache_parameter_group(original, params):
    answer = original(params)
    if answer[0] == 200:
        name = elasticache._p(params, "CacheParameterGroupName")
        defaults = elasticache._default_params_for_family(
            elasticache._param_groups[name]["CacheParameterGroupFamily"]
        )
        own = elasticache._param_group_params[name]
        number = 1
        while reset := elasticache._p(params, f"ParameterNameValues.ParameterNameValue.{number}.ParameterName"):
            if reset not in defaults:
                own.pop(reset, None)
            number += 1
    return answer


# Security group rules: prefix lists are forgotten, and not shown.

parse_ip_permissions = ec2._parse_ip_permissions


def with_prefix_lists(params, prefix):
    rules = parse_ip_permissions(params, prefix)
    for number, rule in enumerate(rules, 1):
        at = f"{prefix}.{number}.PrefixListIds"
        count = 1
        while listed := ec2._p(params, f"{at}.{count}.PrefixListId"):
            entry = {"PrefixListId": listed, "Description": ec2._p(params, f"{at}.{count}.Description")}
            rule["PrefixListIds"].append({key: value for key, value in entry.items() if value})
            count += 1
    return rules


ec2._parse_ip_permissions = with_prefix_lists
rule_xml = ec2._sg_rule_xml


def rule_xml_with_prefix_list(group, rule, *arguments, **named):
    text = rule_xml(group, rule, *arguments, **named)
    for listed in rule.get("PrefixListIds", []):
        if "<prefixListId>" not in text:
            text = text.replace("</groupOwnerId>", "</groupOwnerId>" + element("prefixListId", listed["PrefixListId"]))
    return text


ec2._sg_rule_xml = rule_xml_with_prefix_list


# Launch templates: the security groups of a network interface stand under the wrong name.

launch_template_data = ec2._lt_data_xml


def launch_template_xml(data):
    def named(groups):
        return groups[0].replace("<item>", "<groupId>").replace("</item>", "</groupId>")

    return re.sub(r"<groupSet>.*?</groupSet>", named, launch_template_data(data))


ec2._lt_data_xml = launch_template_xml


# Auto Scaling: target groups are forgotten, termination policies and template do not change, and the size does not
# follow its bounds; servers do not tell the version of the template that they are made by, are never replaced, and no
# target group knows them; a policy that changes gets another ARN; a group goes though it has servers; and nobody can ask
# for the figures about a group.


def of_autoscaling(action):
    """Replaces the handler of an action by a function of that handler and its parameters."""

    def replace(correction):
        handler = autoscaling._ACTION_MAP[action]
        autoscaling._ACTION_MAP[action] = lambda params: correction(handler, params)
        return correction

    return replace


def group_of(params):
    return autoscaling._asgs.get(autoscaling._p(params, "AutoScalingGroupName"))


def numbered(template):
    """Returns a reference to a template with the number of the version in use."""
    record = ec2._launch_templates.get(template.get("LaunchTemplateId"))
    return {**template, "Version": str(record["DefaultVersionNumber"])} if record else template


# No server boots here, so nobody would ever say that the site is installed. In a server's place the sandbox says what
# the script in its user data says when it is done; or that it failed, where the script fetches something from a name
# that nobody can have (`….invalid`).


def report(server):
    """Puts the report of a server that Moodle runs on."""
    template = ec2._launch_templates.get(server["LaunchTemplate"].get("LaunchTemplateId"))
    version = server["LaunchTemplate"].get("Version")
    versions = {str(it["VersionNumber"]): it for it in template["Versions"]} if template else {}
    data = versions.get(version, {}).get("LaunchTemplateData", {}).get("UserData") or ""
    text = base64.b64decode(data).decode(errors="replace")
    says = re.search(r"^# Build (\w+); says below (\S+) when it is done: (\w+)\.$", text, re.MULTILINE)
    if not says:
        return
    build, path, stage = says.groups()
    packed = re.search(r'unpack\.sh"\n(\S+)\nMOODLE-INFRA-END\n', text)
    script = zlib.decompress(base64.b85decode(packed[1])).decode() if packed else ""
    nowhere = re.search(r"https://[\w.-]+\.invalid/\S*", script)
    said = {
        "state": "failed" if nowhere else "done",
        "stage": "code" if nowhere else stage,
        "code": 1 if nowhere else 0,
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "release": "",
        "build": build,
        "log": f"failed: cannot get {nowhere[0]}|" if nowhere else "",
    }
    name = f"{path}/{server['InstanceId']}"
    ssm._put_parameter({"Name": name, "Value": json.dumps(said), "Type": "String", "Overwrite": True})


def with_servers(group):
    """Gives servers their version, and makes the group's servers the targets of its target groups."""
    for server in group["Instances"]:
        if server["LaunchTemplate"].get("Version", "").startswith("$"):
            server["LaunchTemplate"] = numbered(server["LaunchTemplate"])
    for target_group in set(group.get("Registered", {})) | set(group.get("TargetGroupARNs", [])):
        if target_group in alb._targets:
            before = group.get("Registered", {}).get(target_group, [])
            others = [target for target in alb._targets[target_group] if target["Id"] not in before]
            ours = group["Instances"] if target_group in group.get("TargetGroupARNs", []) else []
            alb._targets[target_group] = others + [{"Id": server["InstanceId"]} for server in ours]
    for server in group["Instances"]:
        if not server.get("Reported"):
            server["Reported"] = True
            report(server)
    servers = [server["InstanceId"] for server in group["Instances"]]
    group["Registered"] = {target_group: servers for target_group in group.get("TargetGroupARNs", [])}


@of_autoscaling("CreateAutoScalingGroup")
def create_group(handler, params):
    answer = handler(params)
    group = group_of(params)
    if answer[0] == 200:
        group["TargetGroupARNs"] = autoscaling._parse_member_list(params, "TargetGroupARNs")
        with_servers(group)
    return answer


@of_autoscaling("UpdateAutoScalingGroup")
def update_group(handler, params):
    group = group_of(params)
    if group is None:
        return handler(params)
    bounds = [int(autoscaling._p(params, name) or group[name]) for name in ("MinSize", "MaxSize")]
    size = int(autoscaling._p(params, "DesiredCapacity") or group["DesiredCapacity"])
    answer = handler({**params, "DesiredCapacity": str(min(max(size, bounds[0]), bounds[1]))})
    group["TerminationPolicies"] = (
        autoscaling._parse_member_list(params, "TerminationPolicies") or group["TerminationPolicies"]
    )
    if template := autoscaling._p(params, "LaunchTemplate.LaunchTemplateId"):
        version = autoscaling._p(params, "LaunchTemplate.Version") or "$Default"
        group["LaunchTemplate"] = {"LaunchTemplateId": template, "LaunchTemplateName": template, "Version": version}
    with_servers(group)
    return answer


@of_autoscaling("DeleteAutoScalingGroup")
def delete_group(handler, params):
    group = group_of(params)
    if group is None:
        return autoscaling._error("ValidationError", "AutoScalingGroup name not found - null")
    if group["Instances"] and autoscaling._p(params, "ForceDelete") != "true":
        return autoscaling._error("ResourceInUse", "You cannot delete an AutoScalingGroup while there are instances")
    return handler(params)


@of_autoscaling("DescribeAutoScalingGroups")
def describe_groups(handler, params):
    def members(arn):
        group = next(it for it in autoscaling._asgs.values() if it["AutoScalingGroupARN"] == arn)
        metrics = (f"<Metric>{it}</Metric><Granularity>1Minute</Granularity>" for it in group.get("Metrics", []))
        metrics = "".join(f"<member>{it}</member>" for it in metrics)
        arns = autoscaling._member_xml(group.get("TargetGroupARNs", []))
        return f"<TargetGroupARNs>{arns}</TargetGroupARNs><EnabledMetrics>{metrics}</EnabledMetrics>"

    return completed(handler(params), "AutoScalingGroupARN", members)


def target_groups(change):
    """Returns a handler that changes the target groups of a group."""

    def handler(params):
        group = group_of(params)
        if group is None:
            return autoscaling._error("ValidationError", "AutoScalingGroup name not found - null")
        named = autoscaling._parse_member_list(params, "TargetGroupARNs")
        group["TargetGroupARNs"] = change(group.get("TargetGroupARNs", []), named)
        with_servers(group)
        action = autoscaling._p(params, "Action")
        return autoscaling._xml(200, f"{action}Response", f"<{action}Result/>")

    return handler


autoscaling._ACTION_MAP["AttachLoadBalancerTargetGroups"] = target_groups(lambda old, new: sorted({*old, *new}))
autoscaling._ACTION_MAP["DetachLoadBalancerTargetGroups"] = target_groups(
    lambda old, gone: [it for it in old if it not in gone]
)


def metrics(change):
    """Returns a handler that changes the figures that a group publishes."""

    def handler(params):
        group = group_of(params)
        if group is None:
            return autoscaling._error("ValidationError", "AutoScalingGroup name not found - null")
        group["Metrics"] = change(group.get("Metrics", []), autoscaling._parse_member_list(params, "Metrics"))
        return autoscaling._xml(200, f"{params['Action']}Response", "")

    return handler


autoscaling._ACTION_MAP["EnableMetricsCollection"] = metrics(lambda old, new: sorted({*old, *new}))
autoscaling._ACTION_MAP["DisableMetricsCollection"] = metrics(
    lambda old, gone: [it for it in old if gone and it not in gone]
)


@of_autoscaling("StartInstanceRefresh")
def start_refresh(handler, params):
    answer = handler(params)
    group = group_of(params)
    if answer[0] == 200:
        size, group["DesiredCapacity"] = group["DesiredCapacity"], 0
        autoscaling._reconcile_instances(group)
        group["DesiredCapacity"] = size
        autoscaling._reconcile_instances(group)
        with_servers(group)
    return answer


def terminate(params):
    """A server goes, and as the group wants as many as before, another one comes."""
    server = autoscaling._p(params, "InstanceId")
    groups = [it for it in autoscaling._asgs.values() if any(its["InstanceId"] == server for its in it["Instances"])]
    if not groups:
        return autoscaling._error("ValidationError", f"Instance Id not found - No managed instance found: {server}")
    group = groups[0]
    group["Instances"] = [it for it in group["Instances"] if it["InstanceId"] != server]
    autoscaling._reconcile_instances(group)
    with_servers(group)
    action = "TerminateInstanceInAutoScalingGroup"
    return autoscaling._xml(200, f"{action}Response", f"<{action}Result/>")


autoscaling._ACTION_MAP["TerminateInstanceInAutoScalingGroup"] = terminate


@of_autoscaling("PutScalingPolicy")
def put_policy(handler, params):
    key = "/".join(autoscaling._p(params, name) for name in ("AutoScalingGroupName", "PolicyName"))
    before = autoscaling._policies.get(key)
    status, headers, body = handler(params)
    if status == 200 and before:
        arn = autoscaling._policies[key]["PolicyARN"]
        autoscaling._policies[key]["PolicyARN"] = before["PolicyARN"]
        body = body.replace(arn.encode(), before["PolicyARN"].encode())
    return status, headers, body


# CloudWatch: the metrics of an alarm on several are forgotten; dashboards have no tags.


def of(service, name):
    """Replaces a function of a service by a function of that one and its parameters."""

    def replace(correction):
        original = getattr(service, name)
        setattr(service, name, lambda *arguments, **named: correction(original, *arguments, **named))
        return correction

    return replace


@of(cloudwatch, "_put_metric_alarm")
def put_metric_alarm(original, params, data, *how):
    answer = original(params, data, *how)
    if answer[0] == 200 and (data or {}).get("Metrics"):
        cloudwatch._alarms[data["AlarmName"]]["Metrics"] = data["Metrics"]
    return answer


@of(cloudwatch, "_put_dashboard")
def put_dashboard(original, params, data, *how):
    name = (data or {}).get("DashboardName")
    new = name not in cloudwatch._dashboards
    answer = original(params, data, *how)
    tags = (data or {}).get("Tags")
    if answer[0] == 200 and new and tags:
        arn = cloudwatch._dashboards[name]["DashboardArn"]
        cloudwatch._resource_tags[arn] = {tag["Key"]: tag["Value"] for tag in tags}
    return answer


@of(cloudwatch, "_delete_dashboards")
def delete_dashboards(original, params, data, *how):
    names = (data or {}).get("DashboardNames") or []
    arns = [cloudwatch._dashboards[name]["DashboardArn"] for name in names if name in cloudwatch._dashboards]
    answer = original(params, data, *how)
    for arn in arns if answer[0] == 200 else []:
        cloudwatch._resource_tags.pop(arn, None)
    return answer


@of(cloudwatch, "_validate_alarm_tag_arn")
def validate_tag_arn(original, arn, **how):
    dashboards = {it["DashboardArn"] for it in cloudwatch._dashboards.values()}
    return None if arn in dashboards else original(arn, **how)


# SNS: nobody has to confirm a subscription by mail.


@of(sns, "_subscribe")
def subscribe(original, params):
    topic = sns._topics.get(sns._p(params, "TopicArn"))
    known = {it["arn"] for it in topic["subscriptions"]} if topic else set()
    answer = original(params)
    for it in topic["subscriptions"] if topic and sns._p(params, "Protocol") == "email" else []:
        if it["arn"] not in known:
            it["confirmed"] = False
            it["attributes"].update(PendingConfirmation="true", ConfirmationWasAuthenticated="false")
    return answer


# Aurora: some time after a cluster's first instance was made, both its endpoints become the emulator's own address. AWS
# names a cluster once, and servers are told that name.

rds._sync_cluster_endpoints = lambda cluster: None


# And a deleted cluster leaves the snapshot that the deletion asks for.

delete_cluster = rds._ACTION_MAP["DeleteDBCluster"]


def delete_cluster_with_snapshot(params):
    cluster = rds._clusters.get(rds._p(params, "DBClusterIdentifier"))
    snapshot = rds._p(params, "FinalDBSnapshotIdentifier")
    if cluster and snapshot in rds._db_cluster_snapshots:
        return rds._error("DBClusterSnapshotAlreadyExistsFault", f"DB cluster snapshot {snapshot} already exists.", 400)
    answer = delete_cluster(params)
    if answer[0] == 200 and snapshot:
        rds._create_cluster_snapshot_internal(snapshot, cluster)
    return answer


rds._ACTION_MAP["DeleteDBCluster"] = delete_cluster_with_snapshot


# Systems Manager: no command reaches servers by their tags. As no server boots here, each is said to have obeyed.


@of(ssm, "_send_command")
def send_command(original, data):
    if not any(it.get("Key", "").startswith("tag:") for it in data.get("Targets") or []):
        return original(data)
    members = ("DocumentName", "Comment", "Parameters", "Targets", "MaxConcurrency", "TimeoutSeconds")
    command = {name: data[name] for name in members if name in data}
    command.update(CommandId=ssm.new_uuid(), RequestedDateTime=ssm._now_epoch(), Status="Success")
    command.update(StatusDetails="Success", TargetCount=1, CompletedCount=1, ErrorCount=0)
    ssm._commands[command["CommandId"]] = command
    return ssm.json_response({"Command": command})


# Backup: a job that is asked for again with its token is another one.


@of(backup, "_start_job")
def start_job(original, body):
    token = body.get("IdempotencyToken")
    same = [it for it in backup._jobs.values() if token and it["IdempotencyToken"] == token]
    if not same:
        return original(body)
    members = ("BackupJobId", "RecoveryPointArn", "CreationDate", "IsParent")
    return backup._ok({name: same[0][name] for name in members})


# Web ACLs: a change of the description is forgotten.

update_web_acl = waf._update_web_acl


def update_and_describe(data):
    answer = update_web_acl(data)
    record = waf.web_acl_record(data.get("Id", ""), data.get("Scope", "REGIONAL"))
    if answer[0] == 200 and record:
        record["Description"] = data.get("Description", "")
    return answer


waf._update_web_acl = update_and_describe


# RDS: a cluster gets other endpoints when its first instance comes. In AWS they are the cluster's for all its life.


@of(rds, "_sync_cluster_endpoints")
def sync_cluster_endpoints(original, cluster):
    names = cluster.get("Endpoint"), cluster.get("ReaderEndpoint")
    original(cluster)
    cluster["Endpoint"], cluster["ReaderEndpoint"] = names


if __name__ == "__main__":
    from ministack.app import main

    main()
