//! What a stack tells those who run it: the names of its outputs.

use moodle_infra::topology::{self, Facts};

fn outputs(spec: &str) -> String {
    let (topology, faults) = topology::read(spec.as_bytes(), "x.kdl");
    let topology = topology.unwrap_or_else(|| panic!("{faults:?}"));
    let graph = topology.graph(&Facts::offline(&topology));
    graph.outputs.into_keys().collect::<Vec<_>>().join("\n")
}

#[test]
fn a_whole_site_tells_all_of_it() {
    insta::assert_snapshot!(outputs(include_str!("../../../specs/everything.kdl")), @"
    access-point-cache
    access-point-data
    access-point-temp
    admin-secret
    admin-user
    alarms-mail-ops@example.edu
    alarms-topic
    bastion-group
    cache-application-endpoint
    cache-application-reader-endpoint
    cache-session-endpoint
    cache-session-node-endpoints
    cdn-distribution
    cdn-domain
    certificate
    certificate-cdn
    dashboard
    database-cluster
    database-endpoint
    database-instance-1
    database-instance-2
    database-name
    database-port
    database-reader-endpoint
    database-secret
    database-subnet-group
    file-system
    file-system-dns
    hosted-zone
    load-balancer
    load-balancer-dns
    load-balancer-full-name
    load-balancer-log-bucket
    load-balancer-name
    load-balancer-tls
    load-balancer-url
    load-balancer-zone-id
    mount-target-eu-west-1a
    mount-target-eu-west-1b
    mount-target-eu-west-1c
    nat-addresses
    security-group-bastion
    security-group-cache
    security-group-database
    security-group-files
    security-group-load-balancer
    security-group-web
    shell
    site-recovery-point
    site-snapshot
    site-stage
    subnet-app-eu-west-1a
    subnet-app-eu-west-1b
    subnet-app-eu-west-1c
    subnet-data-eu-west-1a
    subnet-data-eu-west-1b
    subnet-data-eu-west-1c
    subnet-public-eu-west-1a
    subnet-public-eu-west-1b
    subnet-public-eu-west-1c
    subnets-app
    subnets-app-joined
    subnets-data
    subnets-data-joined
    subnets-public
    subnets-public-joined
    target-group
    url
    vpc
    vpc-cidr
    web-group
    web-log-group
    web-role
    ");
}

#[test]
fn a_site_without_a_domain_tells_what_it_is_reached_by() {
    insta::assert_snapshot!(outputs(include_str!("../../../specs/no-domain.kdl")), @"
    access-point-cache
    access-point-data
    access-point-temp
    admin-secret
    admin-user
    cache-application-endpoint
    cache-application-reader-endpoint
    cache-session-endpoint
    cache-session-reader-endpoint
    database-cluster
    database-endpoint
    database-instance-1
    database-instance-2
    database-name
    database-port
    database-reader-endpoint
    database-secret
    database-subnet-group
    file-system
    file-system-dns
    load-balancer
    load-balancer-dns
    load-balancer-full-name
    load-balancer-log-bucket
    load-balancer-name
    load-balancer-tls
    load-balancer-url
    load-balancer-zone-id
    mount-target-eu-west-1a
    mount-target-eu-west-1b
    nat-addresses
    security-group-cache
    security-group-database
    security-group-files
    security-group-load-balancer
    security-group-web
    shell
    site-recovery-point
    site-snapshot
    site-stage
    subnet-app-eu-west-1a
    subnet-app-eu-west-1b
    subnet-data-eu-west-1a
    subnet-data-eu-west-1b
    subnet-public-eu-west-1a
    subnet-public-eu-west-1b
    subnets-app
    subnets-app-joined
    subnets-data
    subnets-data-joined
    subnets-public
    subnets-public-joined
    target-group
    url
    vpc
    vpc-cidr
    web-group
    web-log-group
    web-role
    ");
}

#[test]
fn who_keeps_the_zone_elsewhere_is_told_the_records() {
    let spec = "moodle \"a\" { region \"eu-west-1\"; site { domain \"moodle.example.edu\" }; network; certificate; load-balancer; cdn }";
    let all = outputs(spec);
    let records: Vec<&str> = all.lines().filter(|it| it.starts_with("create-record")).collect();
    assert_eq!(records, ["create-record-certificate", "create-record-site"]);
}
