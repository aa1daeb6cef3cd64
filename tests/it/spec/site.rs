//! The node `site`: what is said about its faults, and the spec that says all of it.

use moodle_infra::spec::format;
use moodle_infra::topology::{self, Site, effective};

use super::faults::faults;

const DIGEST: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// Returns the faults of what stands in the block of `site`.
fn within(block: &str) -> String {
    faults(&format!("moodle \"a\" {{\nsite {{\n{block}\n}}\n}}"))
}

fn site(block: &str) -> Site {
    let spec = format!("moodle \"campus\" {{ site {{ {block} }} }}");
    let (topology, faults) = topology::read(spec.as_bytes(), "x.kdl");
    assert!(faults.is_empty(), "{faults:?}");
    topology.expect("a spec without faults is a topology").site.expect("a site")
}

#[test]
fn an_empty_node_is_the_default() {
    assert_eq!(site(""), Site::default());
    assert_eq!(site("").release.version(), "5.3.0");
}

#[test]
fn the_effective_spec_says_everything_and_is_the_same_topology() {
    let all = format!(
        "domain \"Moodle.Example.edu\" zone=\"example.edu\"; release \"4.5.14\"; locale \"pt_br\"; install \"wizard\"
        source url=\"s3://bucket/moodle.tgz\" sha256=\"{}\"; admin email=\"a.b+c@example.edu\" user=\"it\"
        plugin \"theme_moove\" url=\"https://example.edu/moove.zip?v=1\" sha256=\"{DIGEST}\"
        plugin \"mod_attendance\" url=\"https://example.edu/a.zip\" sha256=\"{DIGEST}\"
        config \"forcelogin\" \"1\"; config \"tool_mfa/enabled\" \"it's \\\"on\\\"\"; cron nodes=\"all\"",
        DIGEST.to_uppercase()
    );
    let mut text = String::new();
    for block in ["", &all, "domain \"example.edu\""] {
        let spec = format!("moodle \"campus\" {{ site {{ {block} }} }}");
        let (topology, faults) = topology::read(spec.as_bytes(), "x.kdl");
        assert!(faults.is_empty(), "{faults:?}");
        let one = effective(topology.as_ref().unwrap());
        let (again, faults) = topology::read(one.as_bytes(), "x.kdl");
        assert!(faults.is_empty(), "{faults:?}");
        assert_eq!(again, topology);
        assert_eq!(format(&one).unwrap(), one);
        text.push_str(&one);
    }
    insta::assert_snapshot!(text, @"");
}

#[test]
fn plugins_have_their_folders() {
    let plugin = format!("plugin \"logstore_xapi\" url=\"https://example.edu/a.zip\" sha256=\"{DIGEST}\"");
    let folder = |release: &str| {
        let site = site(&format!("release \"{release}\"; {plugin}"));
        site.plugins["logstore_xapi"].folder(site.release)
    };
    assert_eq!(folder("5.3.0"), "public/admin/tool/log/store/xapi");
    assert_eq!(folder("4.5.1"), "admin/tool/log/store/xapi");
}

#[test]
fn domains() {
    insta::assert_snapshot!(within("domain"), @"");
    insta::assert_snapshot!(within("domain \"https://moodle.example.edu/login\""), @"");
    insta::assert_snapshot!(within("domain \"moodle.example.edu:8080\""), @"");
    insta::assert_snapshot!(within("domain \"*.example.edu\""), @"");
    insta::assert_snapshot!(within("domain \"moodle.example.edu.\""), @"");
    insta::assert_snapshot!(within("domain \"moodle\""), @"");
    insta::assert_snapshot!(within("domain \"10.0.0.1\""), @"");
    insta::assert_snapshot!(within("domain \"münchen.de\""), @"");
    insta::assert_snapshot!(within("domain \"my_moodle.example.edu\" zone=\"-\""), @"");
    insta::assert_snapshot!(within("domain \"moodle.example.edu\" zone=\"sample.edu\""), @"");
    insta::assert_snapshot!(within("domain \"myexample.edu\" zone=\"example.edu\""), @"");
    insta::assert_snapshot!(within("domain 5 zone=#true"), @"");
}

#[test]
fn releases() {
    insta::assert_snapshot!(within("release \"5.0.3\""), @"");
    insta::assert_snapshot!(within("release \"3.8.3\""), @"");
    insta::assert_snapshot!(within("release \"6.0.0\""), @"");
    insta::assert_snapshot!(within("release \"5.2\""), @"");
    insta::assert_snapshot!(within("release \"latest\""), @"");
    insta::assert_snapshot!(within("release 5.3"), @"");
}

#[test]
fn a_release_needs_its_database() {
    let with = |site: &str, database: &str| {
        faults(&format!("moodle \"a\" {{\nnetwork\nsite {{ {site} }}\ndatabase {{ {database} }}\n}}"))
    };
    insta::assert_snapshot!(with("", "engine \"aurora-postgresql\" version=\"16.9\""), @"");
    insta::assert_snapshot!(with("release \"5.2.3\"", "engine \"aurora-postgresql\" version=\"13.20\""), @"");
    insta::assert_snapshot!(with("", "engine \"aurora-mysql\" version=\"5.7.mysql_aurora.2.11.4\""), @"");
    assert_eq!(with("release \"5.2.3\"", "engine \"aurora-postgresql\" version=\"16.9\""), "");
    assert_eq!(with("", "engine \"aurora-mysql\""), "");
    // Without a site nothing is said of Moodle.
    assert_eq!(faults("moodle \"a\" { network; database { engine \"aurora-postgresql\" version=\"16.9\"; } }"), "");
}

#[test]
fn code() {
    insta::assert_snapshot!(within("source"), @"");
    insta::assert_snapshot!(within("source url=\"http://example.edu/m.tgz\" sha256=\"abc\""), @"");
    insta::assert_snapshot!(within(&format!("source url=\"https://it:geheim@example.edu/m.tgz\" sha256=\"{DIGEST}\"")), @"");
    insta::assert_snapshot!(within(&format!("source url=\"https://example.edu/a b\" sha256=\"{DIGEST}\"")), @"");
    let from = format!("url=\"https://example.edu/a.zip\" sha256=\"{DIGEST}\"");
    insta::assert_snapshot!(within(&format!("plugin {from}")), @"");
    insta::assert_snapshot!(within(&format!("plugin \"attendance\" {from}")), @"");
    insta::assert_snapshot!(within(&format!("plugin \"mods_attendance\" {from}")), @"");
    insta::assert_snapshot!(within(&format!("plugin \"customcertelement_x\" {from}")), @"");
    insta::assert_snapshot!(within(&format!("plugin \"mod_Attendance\" {from}")), @"");
    insta::assert_snapshot!(within(&format!("plugin \"mod_a\" {from}\nplugin \"mod_a\" {from}")), @"");
}

#[test]
fn the_rest() {
    insta::assert_snapshot!(within("locale \"pt-BR\""), @"");
    insta::assert_snapshot!(within("locale \"\""), @"");
    insta::assert_snapshot!(within("install \"manual\""), @"");
    insta::assert_snapshot!(within("admin"), @"");
    insta::assert_snapshot!(within("admin email=\"nobody\" user=\"Admin\""), @"");
    insta::assert_snapshot!(within("admin user=\"guest\" password=\"geheim\""), @"");
    insta::assert_snapshot!(within("cron"), @"");
    insta::assert_snapshot!(within("cron nodes=\"two\""), @"");
    insta::assert_snapshot!(within("config \"forcelogin\""), @"");
    insta::assert_snapshot!(within("config \"forcelogin\" 1"), @"");
    insta::assert_snapshot!(within("config \"Force Login\" \"1\""), @"");
    insta::assert_snapshot!(within("config \"smtppass\" \"geheim\""), @"");
    insta::assert_snapshot!(within("config \"wwwroot\" \"https://x\"\nconfig \"session_redis_host\" \"x\""), @"");
    insta::assert_snapshot!(within("config \"a\" \"1\"\nconfig \"a\" \"2\""), @"");
    // Names that only seem to hold a secret.
    assert_eq!(within("config \"minpasswordlength\" \"12\"; config \"passwordpolicy\" \"1\""), "");
}
