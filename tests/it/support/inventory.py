"""Lists what accounts of an emulator have. It knows nothing of the engine, its state or its tags: what it finds is there.

Standard input: one question a line, as JSON: endpoint, account, regions. Standard output: one answer a line: `kinds`
(the name of a kind -> what there is of it) and `besides` (what no kind is about -> likewise), each entry `region id`.

Every kind of the registry has a line in KINDS, and a test says so. What comes with a VPC by itself is left out, and so is
what AWS keeps on its way out; the latter is in BESIDES.
"""

import json
import sys

import botocore.session
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

GLOBAL = {"iam", "route53", "cloudfront", "s3"}
# What AWS answers where a setting is not set.
NOT_SET = {
    "NoSuchBucketPolicy",
    "NoSuchLifecycleConfiguration",
    "NoSuchPublicAccessBlockConfiguration",
    "OwnershipControlsNotFoundError",
    "PolicyNotFound",
    "PolicyNotFoundException",
    "ServerSideEncryptionConfigurationNotFoundError",
}


def dig(value, path):
    for name in path.split(".") if path else []:
        value = (value or {}).get(name)
    return value


class Account:
    """An account in a region."""

    def __init__(self, clients, region):
        self.clients = clients
        self.region = region

    def ask(self, service, operation, path, **arguments):
        """Returns the elements of the list at a path of the answer, of all its pages."""
        client = self.clients.of(service, self.region)
        try:
            if client.can_paginate(operation):
                pages = list(client.get_paginator(operation).paginate(**arguments))
            else:
                pages = [getattr(client, operation)(**arguments)]
        except ClientError as error:
            if error.response["Error"]["Code"] in NOT_SET:
                return []
            raise
        found = [dig(page, path) for page in pages]
        return [element for it in found for element in (it if isinstance(it, list) else [it]) if element]


def all_of(service, operation, path, name, **arguments):
    """Lists by one operation."""
    return service, lambda account: [
        dig(it, name) if name else it for it in account.ask(service, operation, path, **arguments)
    ]


def only(service, operation, path, name, which, **arguments):
    """Lists those of one operation that are meant."""
    return service, lambda account: [
        dig(it, name) for it in account.ask(service, operation, path, **arguments) if which(it)
    ]


def within(outer, key, operation, path, name="", which=lambda _: True, argument=lambda it: it, **arguments):
    """Lists by an operation on each of what another line lists; the member `key` of its arguments is the outer one."""
    service, owners = outer

    def listed(account):
        for owner in owners(account):
            for it in account.ask(service, operation, path, **{key: argument(owner)}, **arguments):
                if which(it):
                    yield f"{owner} {dig(it, name) if name else 'set'}"

    return service, listed


def inside(outer_operation, outer_path, outer_name, inner, name, service="ec2"):
    """Lists what stands inside of the elements of an answer; `inner` returns it."""

    def listed(account):
        for owner in account.ask(service, outer_operation, outer_path):
            for it in inner(owner):
                yield f"{dig(owner, outer_name)} {name(it)}"

    return service, listed


def is_main(table):
    return any(it.get("Main") for it in table.get("Associations", []))


def routes(table):
    ours = [it for it in table.get("Routes", []) if it.get("GatewayId") != "local"]
    return [] if is_main(table) else [it for it in ours if "DestinationCidrBlock" in it]


CERTIFICATES = all_of("acm", "list_certificates", "CertificateSummaryList", "CertificateArn")
GROUPS = all_of("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups", "AutoScalingGroupName")
PLANS = all_of("backup", "list_backup_plans", "BackupPlansList", "BackupPlanId")
VAULTS = all_of("backup", "list_backup_vaults", "BackupVaultList", "BackupVaultName")
VPCS = all_of("ec2", "describe_vpcs", "Vpcs", "VpcId")
FILE_SYSTEMS = all_of("efs", "describe_file_systems", "FileSystems", "FileSystemId")
LOAD_BALANCERS = all_of("elbv2", "describe_load_balancers", "LoadBalancers", "LoadBalancerArn")
LISTENERS = within(LOAD_BALANCERS, "LoadBalancerArn", "describe_listeners", "Listeners", "ListenerArn")
ROLES = all_of("iam", "list_roles", "Roles", "RoleName")
ZONES = all_of("route53", "list_hosted_zones", "HostedZones", "Id")
BUCKETS = all_of("s3", "list_buckets", "Buckets", "Name")
WEB_ACLS = all_of("wafv2", "list_web_acls", "WebACLs", "ARN", Scope="REGIONAL")


def second(text):
    return text.split(" ")[-1]


def security_group_rules(account):
    default = {
        it["GroupId"] for it in account.ask("ec2", "describe_security_groups", "SecurityGroups") if it["GroupName"] == "default"
    }
    for it in account.ask("ec2", "describe_security_group_rules", "SecurityGroupRules"):
        if it["GroupId"] not in default:
            yield f"{it['GroupId']} {it['SecurityGroupRuleId']}"


def vpcs_with_dns(account):
    client = account.clients.of("ec2", account.region)
    for vpc in VPCS[1](account):
        attributes = [("enableDnsSupport", "EnableDnsSupport"), ("enableDnsHostnames", "EnableDnsHostnames")]
        if all(client.describe_vpc_attribute(VpcId=vpc, Attribute=name)[answer]["Value"] for name, answer in attributes):
            yield vpc


def web_acls(account):
    scopes = ["REGIONAL"] + (["CLOUDFRONT"] if account.region == "us-east-1" else [])
    for scope in scopes:
        yield from (it["Id"] for it in account.ask("wafv2", "list_web_acls", "WebACLs", Scope=scope))


def keys(state):
    def listed(account):
        client = account.clients.of("kms", account.region)
        for it in account.ask("kms", "list_keys", "Keys"):
            known = client.describe_key(KeyId=it["KeyId"])["KeyMetadata"]
            if known.get("KeyManager") != "AWS" and (known["KeyState"] == "PendingDeletion") == (state == "leaving"):
                yield it["KeyId"]

    return "kms", listed


def secrets(state):
    """Lists those that are there, those that are on their way out, or those that RDS keeps of its clusters."""

    def of(it):
        if it["Name"].startswith("rds!"):
            return "of RDS"
        return "leaving" if it.get("DeletedDate") else "there"

    return only(
        "secretsmanager", "list_secrets", "SecretList", "Name", lambda it: of(it) == state, IncludePlannedDeletion=True
    )


def setting(operation, path):
    return within(BUCKETS, "Bucket", operation, path)


def alarms(which):
    """Lists the alarms on one metric, on several, or those that a scaling policy has made for itself."""

    def of(it):
        if it["AlarmName"].startswith("TargetTracking-"):
            return "of a policy"
        return "math" if it.get("Metrics") else "plain"

    return only("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName", lambda it: of(it) == which)


def not_default(it):
    return not it["CacheParameterGroupName"].startswith("default.")


KINDS = {
    "acm.certificate": CERTIFICATES,
    "acm.issued": within(CERTIFICATES, "CertificateArn", "describe_certificate", "Certificate", "Status", lambda it: it["Status"] == "ISSUED"),
    "autoscaling.group": GROUPS,
    "autoscaling.capacity": only("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups", "AutoScalingGroupName", lambda it: it["MaxSize"]),
    "autoscaling.first": only("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups", "AutoScalingGroupName", lambda it: it["MaxSize"]),
    # What servers report is all that is left of an installation or an upgrade.
    "autoscaling.release": only("ssm", "describe_parameters", "Parameters", "Name", lambda it: "/report/" in it["Name"]),
    "autoscaling.job": within(GROUPS, "AutoScalingGroupName", "describe_scheduled_actions", "ScheduledUpdateGroupActions", "ScheduledActionName"),
    "autoscaling.metrics": only("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups", "AutoScalingGroupName", lambda it: it.get("EnabledMetrics")),
    "autoscaling.policy": all_of("autoscaling", "describe_policies", "ScalingPolicies", "PolicyName"),
    "autoscaling.refresh": within(GROUPS, "AutoScalingGroupName", "describe_instance_refreshes", "InstanceRefreshes", "InstanceRefreshId"),
    "backup.vault": VAULTS,
    "backup.copy": within(VAULTS, "BackupVaultName", "list_recovery_points_by_backup_vault", "RecoveryPoints", "RecoveryPointArn"),
    "backup.plan": PLANS,
    "backup.selection": within(PLANS, "BackupPlanId", "list_backup_selections", "BackupSelectionsList", "SelectionId"),
    "cloudfront.cache_policy": all_of("cloudfront", "list_cache_policies", "CachePolicyList.Items", "CachePolicy.Id", Type="custom"),
    "cloudfront.origin_request_policy": all_of("cloudfront", "list_origin_request_policies", "OriginRequestPolicyList.Items", "OriginRequestPolicy.Id", Type="custom"),
    "cloudfront.response_headers_policy": all_of("cloudfront", "list_response_headers_policies", "ResponseHeadersPolicyList.Items", "ResponseHeadersPolicy.Id", Type="custom"),
    "cloudfront.distribution": all_of("cloudfront", "list_distributions", "DistributionList.Items", "Id"),
    "cloudwatch.alarm": alarms("plain"),
    "cloudwatch.math_alarm": alarms("math"),
    "cloudwatch.dashboard": all_of("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    "ec2.vpc": VPCS,
    "ec2.vpc_dns": ("ec2", vpcs_with_dns),
    "ec2.subnet": all_of("ec2", "describe_subnets", "Subnets", "SubnetId"),
    "ec2.internet_gateway": all_of("ec2", "describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    "ec2.internet_gateway_attachment": inside("describe_internet_gateways", "InternetGateways", "InternetGatewayId", lambda it: it["Attachments"], lambda it: it["VpcId"]),
    "ec2.eip": all_of("ec2", "describe_addresses", "Addresses", "AllocationId"),
    "ec2.nat_gateway": only("ec2", "describe_nat_gateways", "NatGateways", "NatGatewayId", lambda it: it["State"] != "deleted"),
    "ec2.route_table": only("ec2", "describe_route_tables", "RouteTables", "RouteTableId", lambda it: not is_main(it)),
    "ec2.route": inside("describe_route_tables", "RouteTables", "RouteTableId", routes, lambda it: it["DestinationCidrBlock"]),
    "ec2.route_table_association": inside("describe_route_tables", "RouteTables", "RouteTableId", lambda it: [a for a in it.get("Associations", []) if a.get("SubnetId")], lambda it: it["SubnetId"]),
    "ec2.security_group": only("ec2", "describe_security_groups", "SecurityGroups", "GroupId", lambda it: it["GroupName"] != "default"),
    "ec2.security_group_rule": ("ec2", security_group_rules),
    "ec2.vpc_endpoint": only("ec2", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId", lambda it: it["State"].lower() != "deleted"),
    "ec2.flow_log": all_of("ec2", "describe_flow_logs", "FlowLogs", "FlowLogId"),
    "ec2.launch_template": all_of("ec2", "describe_launch_templates", "LaunchTemplates", "LaunchTemplateId"),
    "efs.file_system": FILE_SYSTEMS,
    "efs.file_system_policy": within(FILE_SYSTEMS, "FileSystemId", "describe_file_system_policy", "Policy"),
    "efs.lifecycle": within(FILE_SYSTEMS, "FileSystemId", "describe_lifecycle_configuration", "LifecyclePolicies"),
    "efs.backup_policy": within(FILE_SYSTEMS, "FileSystemId", "describe_backup_policy", "BackupPolicy", "Status", lambda it: it["Status"].startswith("ENABL")),
    "efs.mount_target": within(FILE_SYSTEMS, "FileSystemId", "describe_mount_targets", "MountTargets", "MountTargetId"),
    "efs.access_point": all_of("efs", "describe_access_points", "AccessPoints", "AccessPointId"),
    "elasticache.subnet_group": all_of("elasticache", "describe_cache_subnet_groups", "CacheSubnetGroups", "CacheSubnetGroupName"),
    "elasticache.parameter_group": only("elasticache", "describe_cache_parameter_groups", "CacheParameterGroups", "CacheParameterGroupName", not_default),
    "elasticache.cache_cluster": only("elasticache", "describe_cache_clusters", "CacheClusters", "CacheClusterId", lambda it: not it.get("ReplicationGroupId")),
    "elasticache.replication_group": all_of("elasticache", "describe_replication_groups", "ReplicationGroups", "ReplicationGroupId"),
    "elasticache.serverless_cache": all_of("elasticache", "describe_serverless_caches", "ServerlessCaches", "ServerlessCacheName"),
    "elbv2.load_balancer": LOAD_BALANCERS,
    "elbv2.target_group": all_of("elbv2", "describe_target_groups", "TargetGroups", "TargetGroupArn"),
    "elbv2.listener": LISTENERS,
    "elbv2.rule": within(LISTENERS, "ListenerArn", "describe_rules", "Rules", "RuleArn", lambda it: not it["IsDefault"], second),
    "iam.role": ROLES,
    "iam.role_policy": within(ROLES, "RoleName", "list_role_policies", "PolicyNames", ""),
    "iam.role_policy_attachment": within(ROLES, "RoleName", "list_attached_role_policies", "AttachedPolicies", "PolicyArn"),
    "iam.instance_profile": all_of("iam", "list_instance_profiles", "InstanceProfiles", "InstanceProfileName"),
    "kms.key": keys("there"),
    "kms.alias": only("kms", "list_aliases", "Aliases", "AliasName", lambda it: not it["AliasName"].startswith("alias/aws/")),
    "logs.log_group": all_of("logs", "describe_log_groups", "logGroups", "logGroupName"),
    "logs.delivery_source": all_of("logs", "describe_delivery_sources", "deliverySources", "name"),
    "logs.delivery_destination": all_of("logs", "describe_delivery_destinations", "deliveryDestinations", "name"),
    "logs.delivery": all_of("logs", "describe_deliveries", "deliveries", "id"),
    "rds.subnet_group": all_of("rds", "describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupName"),
    "rds.cluster_parameter_group": only("rds", "describe_db_cluster_parameter_groups", "DBClusterParameterGroups", "DBClusterParameterGroupName", lambda it: not it["DBClusterParameterGroupName"].startswith("default.")),
    "rds.copy": only("rds", "describe_db_cluster_snapshots", "DBClusterSnapshots", "DBClusterSnapshotIdentifier", lambda it: "-before-" in it["DBClusterSnapshotIdentifier"]),
    "rds.cluster": all_of("rds", "describe_db_clusters", "DBClusters", "DBClusterIdentifier"),
    "rds.instance": all_of("rds", "describe_db_instances", "DBInstances", "DBInstanceIdentifier"),
    "route53.hosted_zone": ZONES,
    "route53.record": within(ZONES, "HostedZoneId", "list_resource_record_sets", "ResourceRecordSets", "Type", lambda it: it["Type"] not in ("NS", "SOA")),
    "s3.bucket": BUCKETS,
    "s3.public_access_block": setting("get_public_access_block", "PublicAccessBlockConfiguration"),
    "s3.ownership": setting("get_bucket_ownership_controls", "OwnershipControls"),
    "s3.encryption": setting("get_bucket_encryption", "ServerSideEncryptionConfiguration"),
    "s3.versioning": setting("get_bucket_versioning", "Status"),
    "s3.lifecycle": setting("get_bucket_lifecycle_configuration", "Rules"),
    "s3.bucket_policy": setting("get_bucket_policy", "Policy"),
    "s3.object": within(BUCKETS, "Bucket", "list_objects_v2", "Contents", "Key"),
    "secretsmanager.secret": secrets("there"),
    "sns.topic": all_of("sns", "list_topics", "Topics", "TopicArn"),
    "sns.subscription": all_of("sns", "list_subscriptions", "Subscriptions", "SubscriptionArn"),
    "ssm.report": only("ssm", "describe_parameters", "Parameters", "Name", lambda it: it["Name"].endswith("/seed")),
    "ssm.parameter": only("ssm", "describe_parameters", "Parameters", "Name", lambda it: "/report/" not in it["Name"] and not it["Name"].endswith("/seed")),
    # AWS remembers commands that are over for a month.
    "ssm.command": only("ssm", "list_commands", "Commands", "CommandId", lambda it: it["Status"] in ("Pending", "InProgress")),
    "wafv2.web_acl": ("wafv2", web_acls),
    "wafv2.association": within(WEB_ACLS, "WebACLArn", "list_resources_for_web_acl", "ResourceArns", ""),
}

BESIDES = {
    "alarms of scaling policies": alarms("of a policy"),
    "instances": inside(
        "describe_instances",
        "Reservations",
        "ReservationId",
        lambda it: [i for i in it["Instances"] if i["State"]["Name"] not in ("terminated", "shutting-down")],
        lambda it: it["InstanceId"],
    ),
    "network interfaces": all_of("ec2", "describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId"),
    "policies": all_of("iam", "list_policies", "Policies", "Arn", Scope="Local"),
    "snapshots of clusters": all_of("rds", "describe_db_cluster_snapshots", "DBClusterSnapshots", "DBClusterSnapshotIdentifier"),
    "snapshots of instances": all_of("rds", "describe_db_snapshots", "DBSnapshots", "DBSnapshotIdentifier"),
    "snapshots of caches": all_of("elasticache", "describe_snapshots", "Snapshots", "SnapshotName"),
    "keys on their way out": keys("leaving"),
    "secrets on their way out": secrets("leaving"),
    "secrets of clusters": secrets("of RDS"),
}


class Clients:
    """One client a service and region, for all accounts: an emulator tells these by the access key."""

    def __init__(self):
        self.keys = Credentials("0", "test")
        self.session = botocore.session.get_session()
        self.session._credentials = self.keys
        self.config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
        self.made = {}

    def set(self, endpoint, account):
        self.endpoint = endpoint
        self.keys.access_key = account

    def of(self, service, region):
        key = (self.endpoint, service, region)
        if key not in self.made:
            self.made[key] = self.session.create_client(
                service, region_name=region, endpoint_url=self.endpoint, config=self.config
            )
        return self.made[key]


def inventory(clients, endpoint, account, regions):
    clients.set(endpoint, account)
    answer = {}
    for name, table in [("kinds", KINDS), ("besides", BESIDES)]:
        answer[name] = {}
        for what, (service, listed) in table.items():
            places = ["global"] if service in GLOBAL else regions
            entries = answer[name][what] = []
            for place in places:
                found = listed(Account(clients, regions[0] if place == "global" else place))
                entries.extend(f"{place} {it}" for it in found)
            entries.sort()
    return answer


def main():
    clients = Clients()
    for line in sys.stdin:
        question = json.loads(line)
        answer = inventory(clients, question["endpoint"], question["account"], question["regions"])
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
