//! The tier `cdn`: what is said about its faults. Its resources and its effective spec are tested beside the code.

use super::faults::faults;

/// Returns what is said about what stands in the block of `cdn`, without what is said of the tiers around it.
fn within(block: &str) -> String {
    let all = faults(&format!("moodle \"a\" {{\nregion \"eu-west-1\"\ncdn {{\n{block}\n}}\n}}"));
    let ours = |line: &&str| !line.ends_with("[cdn::load-balancer]");
    all.lines().filter(ours).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_tiers_around_it() {
    insta::assert_snapshot!(faults("moodle \"a\" { cdn; }"), @r#"x.kdl:1:14: error: Tier without a load balancer: `cdn` passes requests on to a load balancer, and the stack has no `load-balancer`. Write `load-balancer` too, or name one that is there: load-balancer { existing "arn:…" … } [cdn::load-balancer]"#);
    let all = faults("moodle \"a\" { region \"cn-north-1\"; site { domain \"moodle.example.edu\" }; cdn; }");
    let ours: Vec<&str> = all.lines().filter(|it| it.contains("[cdn::")).collect();
    insta::assert_snapshot!(ours.join("\n"), @r#"
    x.kdl:1:73: error: No CDN in this region: CloudFront does not serve `cn-north-1`: it belongs to a part of AWS of its own. Remove `cdn`; visitors then reach the load balancer itself. [cdn::region]
    x.kdl:1:73: error: Tier without a load balancer: `cdn` passes requests on to a load balancer, and the stack has no `load-balancer`. Write `load-balancer` too, or name one that is there: load-balancer { existing "arn:…" … } [cdn::load-balancer]
    x.kdl:1:73: error: CDN without a certificate: CloudFront answers to a site's own name with a certificate for that name only, and the stack has no `certificate`. Write `certificate` too: it is then requested in `us-east-1` as well. Or remove `domain` from `site`. [cdn::certificate]
    "#);
}

#[test]
fn words_and_switches() {
    insta::assert_snapshot!(within("price-class \"some\"; http \"http4\""), @r#"
    x.kdl:4:13: error: Unknown value: The price class is `some`, and must be one of "all", "200", "100". [spec::unknown-value]
    x.kdl:4:26: error: Unknown value: The protocol is `http4`, and must be one of "http1.1", "http2", "http3", "http2and3". Did you mean "http2"? [spec::unknown-value]
    "#);
    insta::assert_snapshot!(within("price-class 100; http; static-cache \"on\"; waf 1"), @r#"
    x.kdl:4:13: error: Wrong type of value: The price class is a number, and must be a text. Write it in quotes: "100". [spec::wrong-type]
    x.kdl:4:18: error: Missing value: `http` needs a value. Write for example: http "http2and3" [spec::missing-value]
    x.kdl:4:37: error: Wrong type of value: `static-cache` is a text, and must be a switch. Write `#true` or `#false`. [spec::wrong-type]
    x.kdl:4:47: error: Wrong type of value: `waf` is a number, and must be a switch. Write `#true` or `#false`. [spec::wrong-type]
    "#);
    insta::assert_snapshot!(within("price-clas \"all\"; static_cache #true"), @"
    x.kdl:4:1: error: Unknown node: `cdn` has no node `price-clas` in its block. Did you mean `price-class`? [spec::unknown-node]
    x.kdl:4:19: error: Unknown node: `cdn` has no node `static_cache` in its block. Did you mean `static-cache`? [spec::unknown-node]
    ");
    assert_eq!(within("price-class \"100\"; http \"http3\"; static-cache #false; waf #false"), "");
}

#[test]
fn logs() {
    insta::assert_snapshot!(within("logs #false retain-days=7"), @"x.kdl:4:25: error: Contradiction: `logs #false` writes nothing down, so there is nothing to keep. Remove `#false` or `retain-days`. [cdn::logs]");
    insta::assert_snapshot!(within("logs retain-days=8"), @"x.kdl:4:18: error: Retention not offered: CloudWatch Logs cannot keep entries for 8 days; it takes 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653. Write retain-days=14 to keep them at least as long. [cdn::retain-days]");
    insta::assert_snapshot!(within("logs retain-days=0"), @"x.kdl:4:18: error: Number out of range: `retain-days` is 0, and must be from 1 to 3653. Write a number from 1 to 3653. [spec::out-of-range]");
    insta::assert_snapshot!(within("logs 7"), @"x.kdl:4:6: error: Wrong type of value: `logs` is a number, and must be a switch. Write `#true` or `#false`. [spec::wrong-type]");
    assert_eq!(within("logs #false"), "");
    assert_eq!(within("logs retain-days=30"), "");
}
