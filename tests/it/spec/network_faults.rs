//! What is said about faults of the network tier.

use super::faults::faults;

/// Returns the faults of what stands in the block of `network`.
fn within(block: &str) -> String {
    faults(&format!("moodle \"a\" {{\nregion \"eu-west-1\"\nnetwork {{\n{block}\n}}\n}}"))
}

#[test]
fn address_ranges() {
    insta::assert_snapshot!(within("cidr"), @r#"x.kdl:4:1: error: Missing value: `cidr` needs a value. Write for example: cidr "10.0.0.0/16" [spec::missing-value]"#);
    insta::assert_snapshot!(within("cidr 10"), @r#"x.kdl:4:6: error: Wrong type of value: An address range is a number, and must be a text. Write it in quotes: "10". [spec::wrong-type]"#);
    insta::assert_snapshot!(within("cidr \"10.0.0.0\""), @r#"x.kdl:4:6: error: Not an address range: `10.0.0.0` has no size. Write the number of leading bits that are fixed: "10.0.0.0/24". [network::cidr]"#);
    insta::assert_snapshot!(within("cidr \"10.0.0/16\""), @r#"x.kdl:4:6: error: Not an address range: `10.0.0/16` is not an IPv4 range. Write it like "10.0.0.0/16". [network::cidr]"#);
    insta::assert_snapshot!(within("cidr \"fd00::/16\""), @r#"x.kdl:4:6: error: Not an address range: `fd00::/16` is IPv6. Write an IPv4 range: "10.0.0.0/16". [network::cidr]"#);
    insta::assert_snapshot!(within("cidr \"10.0.0.5/16\""), @r#"x.kdl:4:6: error: Address inside of its range: The address in `10.0.0.5/16` is not the first one of the range. Write "10.0.0.0/16". [network::cidr-host-bits]"#);
    insta::assert_snapshot!(within("cidr \"10.0.0.0/8\""), @r#"x.kdl:4:6: error: Size of a range: AWS takes a range of /16 to /28 for the VPC, and this is a /8. Write for example "10.0.0.0/16". [network::cidr-size]"#);
    insta::assert_snapshot!(within("cidr \"127.0.0.0/16\""), @r#"x.kdl:4:6: error: Range that no VPC can have: `127.0.0.0/16` is reserved for other uses than networks. Write a private range: "10.0.0.0/16". [network::cidr]"#);
    insta::assert_snapshot!(within("cidr \"8.8.0.0/16\""), @"x.kdl:4:6: warning: Public address range: `8.8.0.0/16` belongs to someone on the internet, whom the site could not reach any more. Write a private range: in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16. [network::cidr-public]");
    insta::assert_snapshot!(within("cidr \"10.0.0.0/16\" \"10.1.0.0/16\""), @"x.kdl:4:20: error: Value too many: `cidr` takes one value. Remove this value. [spec::surplus-value]");
}

#[test]
fn vpcs_without_default_subnets() {
    insta::assert_snapshot!(within("cidr \"10.0.0.0/22\"; zones 2"), @r#"
    x.kdl:4:6: error: No default subnets in a VPC of this size: 10.0.0.0/22 is too small to divide it so that zones can be added later without moving a subnet. Choose a VPC of /21 or larger, or write the ranges, for example:
        subnets "public" { cidrs "10.0.2.0/25" "10.0.2.128/25" }
        subnets "app" { cidrs "10.0.0.0/24" "10.0.1.0/24" }
        subnets "data" { cidrs "10.0.3.0/25" "10.0.3.128/25" } [network::subnets-missing]
    "#);
    insta::assert_snapshot!(within("cidr \"10.0.0.0/27\"; zones 3"), @"x.kdl:4:6: error: VPC too small: 10.0.0.0/27 has no room for three subnets in each of 3 zones; AWS takes none smaller than a /28. Choose a range of /24 or larger, or fewer zones. [network::vpc-small]");
    insta::assert_snapshot!(within("cidr \"10.0.0.0/22\"; zones 1; subnets \"public\" { cidrs \"10.0.0.0/24\" }"), @r#"
    x.kdl:4:6: error: No default subnets in a VPC of this size: 10.0.0.0/22 is too small to divide it so that zones can be added later without moving a subnet. Choose a VPC of /21 or larger, or write the ranges, for example:
        subnets "app" { cidrs "10.0.0.0/23" }
        subnets "data" { cidrs "10.0.3.0/24" } [network::subnets-missing]
    "#);
    // What the message says to write is right.
    let said = within("cidr \"10.0.0.0/22\"; zones 2");
    let lines: Vec<&str> = said.lines().filter(|it| it.trim_start().starts_with("subnets")).collect();
    assert_eq!(lines.len(), 3);
    let lines = lines.join("\n").replace(" [network::subnets-missing]", "");
    assert_eq!(within(&format!("cidr \"10.0.0.0/22\"; zones 2\n{lines}")), "");
}

#[test]
fn subnets() {
    insta::assert_snapshot!(within("subnets { cidrs \"10.0.1.0/24\" }"), @r#"x.kdl:4:1: error: Missing value: `subnets` needs a value. Write for example: subnets "public" { cidrs "10.0.200.0/24" "10.0.201.0/24" } [spec::missing-value]"#);
    insta::assert_snapshot!(within("subnets \"pubic\" { cidrs \"10.0.1.0/24\" }"), @r#"x.kdl:4:9: error: Unknown value: `pubic` is no group of subnets; there are "public", "app" and "data". Did you mean "public"? [spec::unknown-value]"#);
    insta::assert_snapshot!(within("zones 1; subnets \"app\" { cidrs }\nsubnets \"data\" map-public-ip=\"no\" map-public-ip=#true"), @r#"
    x.kdl:4:26: error: Missing value: `cidrs` needs a value. Write for example: cidrs "10.0.200.0/24" "10.0.201.0/24" [spec::missing-value]
    x.kdl:5:30: error: Wrong type of value: `map-public-ip` is a text, and must be a switch. Write `#true` or `#false`. [spec::wrong-type]
    x.kdl:5:35: error: Written twice: `map-public-ip` can stand here only once. Remove one of the two. [spec::duplicate] (5:16 the first one)
    "#);
    insta::assert_snapshot!(within("zones 1; subnets \"app\" { cidrs \"10.0.1.0/24\" }; subnets \"app\" { cidrs \"10.0.2.0/24\" }"), @r#"x.kdl:4:49: error: Written twice: The subnets "app" are written above. Put both in one. [spec::duplicate] (4:10 the first one)"#);
    insta::assert_snapshot!(within("zones 2; subnets \"app\" { cidrs \"10.0.1.0/24\" }"), @r#"x.kdl:4:10: error: Ranges and zones differ in number: There is 1 range for the subnets "app", and 2 zones; each zone has one subnet of each group. Add the missing ranges at the end, in the order of the zones. [network::cidr-count]"#);
    insta::assert_snapshot!(within("zones 1; subnets \"app\" { cidrs \"10.0.1.0/24\" \"10.0.2.0/24\" }"), @r#"x.kdl:4:10: error: Ranges and zones differ in number: There are 2 ranges for the subnets "app", and 1 zone; each zone has one subnet of each group. Remove ranges at the end, or add zones. [network::cidr-count]"#);
    insta::assert_snapshot!(within("zones 1; subnets \"app\" { cidrs \"10.1.0.0/24\" }"), @"x.kdl:4:32: error: Subnet outside of the VPC: `10.1.0.0/24` is not within the VPC's 10.0.0.0/16. Choose a range within 10.0.0.0/16, or change `cidr`. [network::subnet-outside]");
    insta::assert_snapshot!(within("zones 2; subnets \"app\" { cidrs \"10.0.0.0/22\" \"10.0.1.0/24\" }"), @r#"x.kdl:4:46: error: Overlapping subnets: `10.0.1.0/24` of the subnets "app" and `10.0.0.0/22` of the subnets "app" have addresses in common. Choose another range. [network::subnet-overlap] (4:32 overlaps this)"#);
    insta::assert_snapshot!(within("zones 1; subnets \"app\" { cidrs \"10.0.192.0/18\" }"), @r#"x.kdl:4:32: error: Overlapping subnets: `10.0.192.0/18` of the subnets "app" and `10.0.200.0/24` of the subnets "public", a default, have addresses in common. Choose another range, or write the ranges of the subnets "public" too. [network::subnet-overlap]"#);
    insta::assert_snapshot!(within("zones 1; subnets \"public\" { cidrs \"10.0.200.0/28\" }"), @"x.kdl:4:35: warning: Small public subnet: A load balancer needs public subnets of /27 or larger. Choose larger ranges while nothing stands in them: a subnet's range cannot change. [network::subnet-small]");
    insta::assert_snapshot!(within("zones 1; subnets \"app\" map-public-ip=#true"), @r#"x.kdl:4:38: error: Public address in a private subnet: Its subnets have no way in from the internet, so a public address there is of no use. Remove `map-public-ip`, or write it at subnets "public". [network::private-subnet]"#);
    insta::assert_snapshot!(within("zones 1; subnets \"app\" { cidrs \"10.0.0.0/29\" }"), @r#"x.kdl:4:32: error: Size of a range: AWS takes a range of /16 to /28 for a subnet, and this is a /29. Write for example "10.0.0.0/28". [network::cidr-size]"#);
}

#[test]
fn zones() {
    insta::assert_snapshot!(within("zones"), @r#"x.kdl:4:1: error: Missing value: `zones` needs a value. Write for example: zones 3, or zones "eu-west-1a" "eu-west-1b" [spec::missing-value]"#);
    insta::assert_snapshot!(within("zones 0"), @"x.kdl:4:7: error: Number out of range: The number of zones is 0, and must be from 1 to 6. Write a number from 1 to 6. [spec::out-of-range]");
    insta::assert_snapshot!(within("zones 7"), @"x.kdl:4:7: error: Number out of range: The number of zones is 7, and must be from 1 to 6. Write a number from 1 to 6. [spec::out-of-range]");
    insta::assert_snapshot!(within("zones 2.5"), @"x.kdl:4:7: error: Wrong type of value: The number of zones is a fraction, and must be a whole number. Write a number from 1 to 6. [spec::wrong-type]");
    insta::assert_snapshot!(within("zones 99999999999999999999999999"), @"x.kdl:4:7: error: Number out of range: The number of zones is 99999999999999999999999999, and must be from 1 to 6. Write a number from 1 to 6. [spec::out-of-range]");
    insta::assert_snapshot!(within("zones \"eu-west-1a\" \"eu-west-1a\""), @"x.kdl:4:20: error: Zone written twice: A zone has one subnet of each group. Remove one of the two. [network::zones] (4:7 the first one)");
    insta::assert_snapshot!(within("zones \"eu-west-1a\" \"eu-west-2b\""), @"x.kdl:4:20: error: Zone of another region: `eu-west-2b` is in `eu-west-2`, and the stack is in `eu-west-1`. Write a zone of `eu-west-1`, or change `region`. [network::zone-region]");
    insta::assert_snapshot!(within("zones \"eu-west-1\" \"euw1-az1\" \"first\" 2"), @r#"
    x.kdl:4:7: error: Not a zone: `eu-west-1` is not the name of an availability zone. It is a region; its first zone is "eu-west-1a". [network::zones]
    x.kdl:4:19: error: Not a zone: `euw1-az1` is not the name of an availability zone. It looks like the id of a zone; write the name that your account has for it, such as "eu-west-1a". [network::zones]
    x.kdl:4:30: error: Not a zone: `first` is not the name of an availability zone. Write a region and a letter: "eu-west-1a". [network::zones]
    x.kdl:4:38: error: Number among names: Zones are either one number or names. Write zones 3, or zones "eu-west-1a" "eu-west-1b". [network::zones]
    "#);
    let seven: Vec<String> = ('a'..='g').map(|it| format!(" \"eu-west-1{it}\"")).collect();
    insta::assert_snapshot!(within(&format!("zones{}", seven.concat())), @"x.kdl:4:1: error: Too many zones: There are 7 zones; no region has more than 6. Write 1 to 6 zones. [network::zones]");
    insta::assert_snapshot!(faults("moodle \"a\" { network { zones \"eu-west-1a\" \"eu-west-2a\"; } }"), @"x.kdl:1:43: error: Zone of another region: `eu-west-2a` is in `eu-west-2`, and the stack is in `eu-west-1`. Write a zone of `eu-west-1`, or change `region`. [network::zone-region]");
}

#[test]
fn tenancy_and_nat() {
    insta::assert_snapshot!(within("tenancy \"dedicate\""), @r#"x.kdl:4:9: error: Unknown value: The tenancy is `dedicate`, and must be one of "default", "dedicated". Did you mean "dedicated"? [spec::unknown-value]"#);
    insta::assert_snapshot!(within("nat \"both\""), @r#"x.kdl:4:5: error: Unknown value: `nat` is `both`, and must be one of "per-zone", "single", "none". [spec::unknown-value]"#);
    insta::assert_snapshot!(within("nat #false"), @r#"x.kdl:4:5: error: Wrong type of value: `nat` is a switch, and must be a text. Write it in quotes: "false". [spec::wrong-type]"#);
    insta::assert_snapshot!(within("nat \"none\"; nat \"single\""), @"x.kdl:4:13: error: Written twice: `nat` can stand here only once. Remove one of the two. [spec::duplicate] (4:1 the first one)");
}

#[test]
fn flow_logs() {
    insta::assert_snapshot!(within("flow-logs retain-days=8"), @"x.kdl:4:23: error: Retention not offered: CloudWatch Logs cannot keep entries for 8 days; it takes 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653. Write retain-days=14 to keep them at least as long. [network::retain-days]");
    insta::assert_snapshot!(within("flow-logs retain-days=0"), @"x.kdl:4:23: error: Number out of range: `retain-days` is 0, and must be from 1 to 3653. Write a number from 1 to 3653. [spec::out-of-range]");
    insta::assert_snapshot!(within("flow-logs retain-days=\"7\""), @"x.kdl:4:23: error: Wrong type of value: `retain-days` is a text, and must be a whole number. Write a number from 1 to 3653. [spec::wrong-type]");
    insta::assert_snapshot!(within("flow-logs #false retain-days=7"), @"x.kdl:4:30: error: Contradiction: `flow-logs #false` makes no flow log, so there is nothing to keep. Remove `#false` or `retain-days`. [network::flow-logs]");
    insta::assert_snapshot!(within("flow-logs 7"), @"x.kdl:4:11: error: Wrong type of value: `flow-logs` is a number, and must be a switch. Write `#true` or `#false`. [spec::wrong-type]");
}

#[test]
fn endpoints() {
    insta::assert_snapshot!(within("endpoints"), @r#"x.kdl:4:1: error: Missing value: `endpoints` needs a value. Write for example: endpoints "s3" "secretsmanager", or endpoints #false for none [spec::missing-value]"#);
    insta::assert_snapshot!(within("endpoints \"s3\" \"s3\""), @"x.kdl:4:16: error: Written twice: `s3` has one endpoint. Remove one of the two. [spec::duplicate] (4:11 the first one)");
    insta::assert_snapshot!(within("endpoints \"com.amazonaws.eu-west-1.s3\" \"Secrets Manager\" 3"), @r#"
    x.kdl:4:11: error: Not the name of a service: `com.amazonaws.eu-west-1.s3` is not the short name of a service. Write "s3". [network::endpoint]
    x.kdl:4:40: error: Not the name of a service: `Secrets Manager` is not the short name of a service. Did you mean "secretsmanager"? [network::endpoint]
    x.kdl:4:58: error: Wrong type of value: The name of a service is a number, and must be a text. Write it in quotes: "3". [spec::wrong-type]
    "#);
    insta::assert_snapshot!(within("endpoints \"secretmanager\""), @r#"x.kdl:4:11: warning: Unknown service: This version does not know `secretmanager`; AWS may. Did you mean "secretsmanager"? [network::unknown-endpoint]"#);
}

#[test]
fn existing_networks() {
    insta::assert_snapshot!(within("existing"), @r#"x.kdl:4:1: error: Missing value: `existing` needs the id of the VPC. Write for example: existing vpc="vpc-0123456789abcdef0" [spec::missing-value]"#);
    insta::assert_snapshot!(within("existing vpc=\"my-vpc\" { public \"subnet-1\"; app; web \"x\" }"), @r#"
    x.kdl:4:14: error: Not an id: `my-vpc` is not the id of a vpc. Write `vpc-` and 8 or 17 hexadecimal digits: "vpc-0123456789abcdef0". [network::id]
    x.kdl:4:32: error: Not an id: `subnet-1` is not the id of a subnet. Write `subnet-` and 8 or 17 hexadecimal digits: "subnet-0123456789abcdef0". [network::id]
    x.kdl:4:44: error: Missing value: `app` needs a value. Write for example: app "subnet-0123456789abcdef0" [spec::missing-value]
    x.kdl:4:49: error: Unknown node: `existing` has no node `web` in its block. Known here: public, app, data. [spec::unknown-node]
    "#);
    insta::assert_snapshot!(within("cidr \"10.0.0.0/16\"\nexisting vpc=\"vpc-12345678\"\nsubnets \"app\"\nnat \"none\""), @"
    x.kdl:4:1: error: Field of another form: `cidr` says how to make a network, and `existing` that it is made. Remove `cidr` or `existing`. [network::existing-excludes] (5:1 excludes it)
    x.kdl:6:1: error: Field of another form: `subnets` says how to make a network, and `existing` that it is made. Remove `subnets` or `existing`. [network::existing-excludes] (5:1 excludes it)
    x.kdl:7:1: error: Field of another form: `nat` says how to make a network, and `existing` that it is made. Remove `nat` or `existing`. [network::existing-excludes] (5:1 excludes it)
    ");
    insta::assert_snapshot!(within("existing vpc=\"vpc-12345678\" { app \"subnet-12345678\" \"subnet-12345678\" }"), @"x.kdl:4:53: error: Written twice: `subnet-12345678` stands here twice. Remove one of the two. [spec::duplicate] (4:35 the first one)");
}
