"""Lists what an account of an emulator has, service by service, as JSON: {"<region> <service> <operation>": [ids]}.

It knows nothing of the engine, its state or its tags: what it finds is there. The arguments are the endpoint, the
account and the regions. An operation that the emulator lacks is listed as `{"lacks": "…"}`.
"""

import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

GLOBAL = {"iam", "route53", "cloudfront", "s3"}

# service, operation, members of the answer down to the list, what identifies an element ("" is the element itself),
# arguments.
TABLE = [
    ("acm", "list_certificates", "CertificateSummaryList", "CertificateArn", {}),
    ("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups", "AutoScalingGroupName", {}),
    ("autoscaling", "describe_policies", "ScalingPolicies", "PolicyName", {}),
    ("backup", "list_backup_plans", "BackupPlansList", "BackupPlanId", {}),
    ("backup", "list_backup_vaults", "BackupVaultList", "BackupVaultName", {}),
    ("cloudfront", "list_distributions", "DistributionList.Items", "Id", {}),
    ("cloudfront", "list_cache_policies", "CachePolicyList.Items", "CachePolicy.Id", {"Type": "custom"}),
    ("cloudfront", "list_origin_request_policies", "OriginRequestPolicyList.Items", "OriginRequestPolicy.Id", {"Type": "custom"}),
    ("cloudfront", "list_response_headers_policies", "ResponseHeadersPolicyList.Items", "ResponseHeadersPolicy.Id", {"Type": "custom"}),
    ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName", {}),
    ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName", {}),
    ("ec2", "describe_addresses", "Addresses", "AllocationId", {}),
    ("ec2", "describe_flow_logs", "FlowLogs", "FlowLogId", {}),
    ("ec2", "describe_instances", "Reservations", "ReservationId", {"Filters": [{"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]}]}),
    ("ec2", "describe_internet_gateways", "InternetGateways", "InternetGatewayId", {}),
    ("ec2", "describe_launch_templates", "LaunchTemplates", "LaunchTemplateId", {}),
    ("ec2", "describe_nat_gateways", "NatGateways", "NatGatewayId", {"Filter": [{"Name": "state", "Values": ["pending", "available", "failed", "deleting"]}]}),
    ("ec2", "describe_route_tables", "RouteTables", "RouteTableId", {}),
    ("ec2", "describe_security_group_rules", "SecurityGroupRules", "SecurityGroupRuleId", {}),
    ("ec2", "describe_security_groups", "SecurityGroups", "GroupId", {}),
    ("ec2", "describe_subnets", "Subnets", "SubnetId", {}),
    ("ec2", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId", {}),
    ("ec2", "describe_vpcs", "Vpcs", "VpcId", {}),
    ("efs", "describe_access_points", "AccessPoints", "AccessPointId", {}),
    ("efs", "describe_file_systems", "FileSystems", "FileSystemId", {}),
    ("elasticache", "describe_cache_clusters", "CacheClusters", "CacheClusterId", {}),
    ("elasticache", "describe_cache_parameter_groups", "CacheParameterGroups", "CacheParameterGroupName", {}),
    ("elasticache", "describe_cache_subnet_groups", "CacheSubnetGroups", "CacheSubnetGroupName", {}),
    ("elasticache", "describe_replication_groups", "ReplicationGroups", "ReplicationGroupId", {}),
    ("elasticache", "describe_serverless_caches", "ServerlessCaches", "ServerlessCacheName", {}),
    ("elbv2", "describe_load_balancers", "LoadBalancers", "LoadBalancerArn", {}),
    ("elbv2", "describe_target_groups", "TargetGroups", "TargetGroupArn", {}),
    ("iam", "list_instance_profiles", "InstanceProfiles", "InstanceProfileName", {}),
    ("iam", "list_policies", "Policies", "Arn", {"Scope": "Local"}),
    ("iam", "list_roles", "Roles", "RoleName", {}),
    ("kms", "list_aliases", "Aliases", "AliasName", {}),
    ("logs", "describe_log_groups", "logGroups", "logGroupName", {}),
    ("rds", "describe_db_cluster_parameter_groups", "DBClusterParameterGroups", "DBClusterParameterGroupName", {}),
    ("rds", "describe_db_clusters", "DBClusters", "DBClusterIdentifier", {}),
    ("rds", "describe_db_instances", "DBInstances", "DBInstanceIdentifier", {}),
    ("rds", "describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupName", {}),
    ("route53", "list_hosted_zones", "HostedZones", "Id", {}),
    ("s3", "list_buckets", "Buckets", "Name", {}),
    ("secretsmanager", "list_secrets", "SecretList", "Name", {}),
    ("sns", "list_subscriptions", "Subscriptions", "SubscriptionArn", {}),
    ("sns", "list_topics", "Topics", "TopicArn", {}),
    ("ssm", "describe_parameters", "Parameters", "Name", {}),
    ("wafv2", "list_web_acls", "WebACLs", "Id", {"Scope": "REGIONAL"}),
    ("wafv2", "list_web_acls", "WebACLs", "Id", {"Scope": "CLOUDFRONT"}),
]


def dig(value, path):
    for name in path.split(".") if path else []:
        value = (value or {}).get(name)
    return value


def listed(client, operation, path, name, arguments):
    found = []
    if client.can_paginate(operation):
        pages = client.get_paginator(operation).paginate(**arguments)
    else:
        pages = [getattr(client, operation)(**arguments)]
    for page in pages:
        found.extend(dig(element, name) for element in dig(page, path) or [])
    return sorted(str(it) for it in found)


def main(endpoint, account, *regions):
    found = {}
    config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
    keys = {"aws_access_key_id": account, "aws_secret_access_key": "test"}
    for number, region in enumerate(regions):
        clients = {}
        for service, operation, path, name, arguments in TABLE:
            if service in GLOBAL and number:
                continue
            if service not in clients:
                clients[service] = boto3.client(service, region_name=region, endpoint_url=endpoint, config=config, **keys)
            extra = " " + arguments["Scope"] if "Scope" in arguments else ""
            place = f"{'global' if service in GLOBAL else region} {service} {operation}{extra}"
            try:
                found[place] = listed(clients[service], operation, path, name, arguments)
            except (ClientError, BotoCoreError) as error:
                found[place] = {"lacks": str(error)}
        if region == regions[0]:
            for zone in found.get("global route53 list_hosted_zones", []):
                records = listed(clients["route53"], "list_resource_record_sets", "ResourceRecordSets", "Name", {"HostedZoneId": zone})
                found[f"global route53 records of {zone}"] = records
    print(json.dumps(found, indent=1, sort_keys=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
