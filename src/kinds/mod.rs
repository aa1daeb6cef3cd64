//! The kinds: one file each, and the one table that registers them.

use crate::kind::erased::{Registry, erase};

mod answer;

mod arn;

pub mod acm;
pub mod autoscaling;
pub mod backup;
pub mod cloudfront;
pub mod cloudwatch;
pub mod ec2;
pub mod efs;
pub mod elasticache;
pub mod elbv2;
pub mod iam;
pub mod kms;
pub mod logs;
pub mod rds;
pub mod route53;
pub mod s3;
pub mod secretsmanager;
pub mod sns;
pub mod ssm;
pub mod wafv2;

/// Returns every kind that this version knows.
#[must_use]
pub fn registry() -> Registry {
    Registry::of([
        erase::<acm::certificate::Certificate>(),
        erase::<acm::issued::Issued>(),
        erase::<autoscaling::group::Group>(),
        erase::<autoscaling::first::First>(),
        erase::<autoscaling::release::Release>(),
        erase::<autoscaling::capacity::Capacity>(),
        erase::<autoscaling::job::Job>(),
        erase::<autoscaling::metrics::Metrics>(),
        erase::<autoscaling::policy::Policy>(),
        erase::<autoscaling::refresh::Refresh>(),
        erase::<backup::vault::Vault>(),
        erase::<backup::plan::Plan>(),
        erase::<backup::selection::Selection>(),
        erase::<backup::copy::Copy>(),
        erase::<cloudfront::cache_policy::CachePolicy>(),
        erase::<cloudfront::origin_request_policy::OriginRequestPolicy>(),
        erase::<cloudfront::response_headers_policy::ResponseHeadersPolicy>(),
        erase::<cloudfront::distribution::Distribution>(),
        erase::<cloudwatch::alarm::Alarm>(),
        erase::<cloudwatch::math_alarm::MathAlarm>(),
        erase::<cloudwatch::dashboard::Dashboard>(),
        erase::<ec2::vpc::Vpc>(),
        erase::<ec2::vpc_dns::VpcDns>(),
        erase::<ec2::subnet::Subnet>(),
        erase::<ec2::internet_gateway::InternetGateway>(),
        erase::<ec2::internet_gateway_attachment::InternetGatewayAttachment>(),
        erase::<ec2::eip::Eip>(),
        erase::<ec2::nat_gateway::NatGateway>(),
        erase::<ec2::route_table::RouteTable>(),
        erase::<ec2::route::Route>(),
        erase::<ec2::route_table_association::RouteTableAssociation>(),
        erase::<ec2::security_group::SecurityGroup>(),
        erase::<ec2::security_group_rule::SecurityGroupRule>(),
        erase::<ec2::vpc_endpoint::VpcEndpoint>(),
        erase::<ec2::flow_log::FlowLog>(),
        erase::<ec2::launch_template::LaunchTemplate>(),
        erase::<efs::file_system::FileSystem>(),
        erase::<efs::file_system_policy::FileSystemPolicy>(),
        erase::<efs::lifecycle::Lifecycle>(),
        erase::<efs::backup_policy::BackupPolicy>(),
        erase::<efs::mount_target::MountTarget>(),
        erase::<efs::access_point::AccessPoint>(),
        erase::<elasticache::subnet_group::SubnetGroup>(),
        erase::<elasticache::parameter_group::ParameterGroup>(),
        erase::<elasticache::cache_cluster::CacheCluster>(),
        erase::<elasticache::replication_group::ReplicationGroup>(),
        erase::<elasticache::serverless_cache::ServerlessCache>(),
        erase::<elbv2::load_balancer::LoadBalancer>(),
        erase::<elbv2::target_group::TargetGroup>(),
        erase::<elbv2::listener::Listener>(),
        erase::<elbv2::rule::Rule>(),
        erase::<iam::role::Role>(),
        erase::<iam::role_policy::RolePolicy>(),
        erase::<iam::role_policy_attachment::RolePolicyAttachment>(),
        erase::<iam::instance_profile::InstanceProfile>(),
        erase::<kms::key::Key>(),
        erase::<kms::alias::Alias>(),
        erase::<logs::log_group::LogGroup>(),
        erase::<logs::delivery_source::DeliverySource>(),
        erase::<logs::delivery_destination::DeliveryDestination>(),
        erase::<logs::delivery::Delivery>(),
        erase::<rds::subnet_group::SubnetGroup>(),
        erase::<rds::cluster_parameter_group::ClusterParameterGroup>(),
        erase::<rds::cluster::Cluster>(),
        erase::<rds::instance::Instance>(),
        erase::<rds::copy::Copy>(),
        erase::<route53::hosted_zone::HostedZone>(),
        erase::<route53::record::Record>(),
        erase::<s3::bucket::Bucket>(),
        erase::<s3::public_access_block::PublicAccessBlock>(),
        erase::<s3::ownership::Ownership>(),
        erase::<s3::encryption::Encryption>(),
        erase::<s3::versioning::Versioning>(),
        erase::<s3::lifecycle::Lifecycle>(),
        erase::<s3::bucket_policy::BucketPolicy>(),
        erase::<s3::object::Object>(),
        erase::<secretsmanager::secret::Secret>(),
        erase::<sns::topic::Topic>(),
        erase::<sns::subscription::Subscription>(),
        erase::<ssm::parameter::Parameter>(),
        erase::<ssm::report::Report>(),
        erase::<ssm::command::Command>(),
        erase::<wafv2::web_acl::WebAcl>(),
        erase::<wafv2::association::Association>(),
    ])
}
