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
    insta::assert_snapshot!(faults("moodle \"a\" { cdn; }"), @"");
    let all = faults("moodle \"a\" { region \"cn-north-1\"; site { domain \"moodle.example.edu\" }; cdn; }");
    let ours: Vec<&str> = all.lines().filter(|it| it.contains("[cdn::")).collect();
    insta::assert_snapshot!(ours.join("\n"), @"");
}

#[test]
fn words_and_switches() {
    insta::assert_snapshot!(within("price-class \"some\"; http \"http4\""), @"");
    insta::assert_snapshot!(within("price-class 100; http; static-cache \"on\"; waf 1"), @"");
    insta::assert_snapshot!(within("price-clas \"all\"; static_cache #true"), @"");
    assert_eq!(within("price-class \"100\"; http \"http3\"; static-cache #false; waf #false"), "");
}

#[test]
fn logs() {
    insta::assert_snapshot!(within("logs #false retain-days=7"), @"");
    insta::assert_snapshot!(within("logs retain-days=8"), @"");
    insta::assert_snapshot!(within("logs retain-days=0"), @"");
    insta::assert_snapshot!(within("logs 7"), @"");
    assert_eq!(within("logs #false"), "");
    assert_eq!(within("logs retain-days=30"), "");
}
