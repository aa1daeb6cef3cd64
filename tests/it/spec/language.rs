//! The whole language: one spec that has every field, its other forms, and the bounds of what is written in it.

use moodle_infra::spec::diagnostic::Severity;
use moodle_infra::topology::{self, Facts, effective};

/// Every tier with every field; the other forms stand there as comments.
const EVERYTHING: &str = include_str!("language.kdl");

/// The other forms: a piece of the text, and what takes its place. Several pieces stand together where one form excludes
/// fields of the other.
const FORMS: &[&[(&str, &str)]] = &[
    &[("size \"standard\"", "size \"small\"")],
    &[("size \"standard\"", "size \"large\"")],
    &[(
        "release \"5.3.0\"",
        "release \"5.3.0\"; source url=\"https://files.example.edu/moodle.tgz\" sha256=\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"",
    )],
    &[("release \"5.3.0\"", "release \"5.2.0\"")],
    &[("release \"5.3.0\"", "release \"5.1.0\"")],
    &[("release \"5.3.0\"", "release \"4.5.14\"")],
    &[("install \"unattended\"", "install \"wizard\"")],
    &[("cron nodes=\"one\"", "cron nodes=\"all\"")],
    &[("zones 3", "zones \"eu-west-1a\" \"eu-west-1b\" \"eu-west-1c\"")],
    &[("tenancy \"default\"", "tenancy \"dedicated\"")],
    &[("nat \"per-zone\"", "nat \"single\"")],
    &[("nat \"per-zone\"", "nat \"none\"")],
    &[("flow-logs retain-days=7", "flow-logs #false")],
    &[
        ("cidr \"10.0.0.0/16\"", ""),
        ("zones 3", ""),
        ("tenancy \"default\"", ""),
        ("nat \"per-zone\"", ""),
        ("flow-logs retain-days=7", ""),
        ("endpoints \"s3\"", ""),
        ("subnets \"public\" map-public-ip=#false", "/- subnets \"public\""),
        ("subnets \"app\"", "/- subnets \"app\""),
        ("subnets \"data\"", "/- subnets \"data\""),
        ("// existing vpc", "existing vpc"),
    ],
    &[("// existing \"arn:aws:acm", "existing \"arn:aws:acm")],
    &[("access-logs retain-days=7", "access-logs #false")],
    &[("only-from-cdn #true", "only-from-cdn #false")],
    &[("engine \"aurora-postgresql\" version=\"17.5\"", "engine \"aurora-mysql\"")],
    &[("instances \"db.r6g.large\" count=2", "serverless min=0.5 max=64")],
    &[
        ("version=\"17.5\"", ""),
        ("instances \"db.r6g.large\" count=2", ""),
        ("    name \"moodle\"\n", "\n"),
        ("username \"moodle\"", ""),
        ("backup-days 30", ""),
        (
            "key \"arn:aws:kms:eu-west-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef\"\n        readers",
            "readers",
        ),
        ("deletion-protection #true", ""),
        ("restore snapshot=\"campus-2025\"", ""),
        ("// existing host", "existing host"),
    ],
    &[
        ("performance \"general-purpose\"", "performance \"max-io\""),
        ("throughput \"elastic\"", "throughput \"bursting\""),
    ],
    &[("throughput \"elastic\"", "throughput \"bursting\""), ("seed-gib 0", "seed-gib 512")],
    &[("throughput \"elastic\"", "throughput \"provisioned\" mibps=128")],
    &[
        ("performance \"general-purpose\"", ""),
        ("throughput \"elastic\"", ""),
        (
            "key \"arn:aws:kms:eu-west-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef\"\n        backup #true",
            "",
        ),
        ("seed-gib 0", ""),
        ("burst-credit-alarms warning-minutes=180 critical-minutes=60", ""),
        ("// existing \"fs-", "existing \"fs-"),
    ],
    &[("{ engine \"memcached\"; nodes \"cache.t4g.medium\" count=3 }", "{ engine \"redis\" }")],
    &[("{ engine \"memcached\"; nodes \"cache.t4g.medium\" count=3 }", "")],
    &[(
        "{ engine \"memcached\"; nodes \"cache.t4g.medium\" count=3 }",
        "{ existing endpoint=\"cache.example.edu:6379\" engine=\"valkey\" tls=#true }",
    )],
    &[("{ engine \"valkey\"; serverless }", "{ engine \"memcached\" }")],
    &[("image \"al2023\"", "image \"ami-0123456789abcdef0\"")],
    &[
        ("scale-out cpu=75 minutes=3 cooldown-seconds=300", ""),
        ("scale-in cpu=25 minutes=3 cooldown-seconds=300", ""),
        ("// target-tracking", "target-tracking"),
    ],
    &[
        ("scale-out cpu=75 minutes=3 cooldown-seconds=300", ""),
        ("scale-in cpu=25 minutes=3 cooldown-seconds=300", ""),
        ("// target-tracking cpu=60", "target-tracking requests-per-minute=900"),
    ],
    &[("alias #true; create-zone #false", "alias #false")],
    &[("alias #true; create-zone #false", "create-zone #true")],
    &[("scale 0;", "scale 1;")],
    &[("dashboard #true; alarms #true", "dashboard #false; alarms #false")],
];

/// What is out of bounds, and what is said of it.
const BOUNDS: &[(&str, &str, &str)] = &[
    ("region \"eu-west-1\"", "region \"eu-west-1a\"", "stack::region"),
    ("size \"standard\"", "size \"huge\"", "spec::unknown-value"),
    ("release \"5.3.0\"", "release \"3.8.3\"", "site::release"),
    ("locale \"it\"", "locale \"Italian!\"", "site::locale"),
    ("install \"unattended\"", "install \"by-hand\"", "spec::unknown-value"),
    ("email=\"admin@example.edu\"", "email=\"admin\"", "site::email"),
    ("cron nodes=\"one\"", "cron nodes=\"two\"", "spec::unknown-value"),
    ("cidr \"10.0.0.0/16\"", "cidr \"10.0.0.0/15\"", "network::cidr-size"),
    ("cidr \"10.0.0.0/16\"", "cidr \"10.0.0.0/29\"", "network::cidr-size"),
    ("zones 3", "zones 7", "spec::out-of-range"),
    ("zones 3", "zones 0", "spec::out-of-range"),
    ("\"10.0.202.0/24\"", "\"10.1.202.0/24\"", "network::"),
    ("\"10.0.202.0/24\"", "\"10.0.201.0/24\"", "network::"),
    ("flow-logs retain-days=7", "flow-logs retain-days=8", "network::retain-days"),
    ("idle-timeout-seconds 60", "idle-timeout-seconds 4001", "spec::out-of-range"),
    ("interval-seconds=10", "interval-seconds=4", "spec::out-of-range"),
    ("unhealthy=5", "unhealthy=11", "spec::out-of-range"),
    ("allow \"0.0.0.0/0\"", "allow \"0.0.0.0/33\"", "load-balancer::"),
    ("version=\"17.5\"", "version=\"11.9\"", "site::database-version"),
    ("\"db.r6g.large\" count=2", "\"db.r6g.large\" count=17", "spec::out-of-range"),
    ("\"db.r6g.large\" count=2", "\"r6g.large\" count=2", "database::class"),
    ("username \"moodle\"", "username \"moodle-of-the-campus\"", "database::username"),
    ("backup-days 30", "backup-days 36", "spec::out-of-range"),
    ("seed-gib 0", "seed-gib 6145", "spec::out-of-range"),
    ("warning-minutes=180", "warning-minutes=0", "spec::out-of-range"),
    ("\"cache.t4g.medium\" count=3", "\"cache.t4g.medium\" count=41", "spec::out-of-range"),
    ("\"cache.t4g.medium\"", "\"t4g.medium\"", "cache::class"),
    ("volume gib=10", "volume gib=7", "spec::out-of-range"),
    ("scale min=2", "scale min=11", "spec::out-of-range"),
    ("max=10 ", "max=31 ", "spec::out-of-range"),
    ("scale-out cpu=75", "scale-out cpu=100", "spec::out-of-range"),
    ("min-healthy-percent=90", "min-healthy-percent=101", "spec::out-of-range"),
    ("memory-limit-mib=512", "memory-limit-mib=64", "spec::out-of-range"),
    ("price-class \"all\"", "price-class \"300\"", "spec::unknown-value"),
    ("http \"http2and3\"", "http \"http4\"", "spec::unknown-value"),
    ("scale 0;", "scale 2;", "spec::out-of-range"),
    ("ssh-from \"203.0.113.0/24\"", "ssh-from \"203.0.113.1\"", "bastion::ssh-from"),
    ("email \"ops@example.edu\"", "email \"ops\"", "watch::email"),
];

fn changed(changes: &[(&str, &str)]) -> String {
    changes.iter().fold(EVERYTHING.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from} is not in the text");
        text.replacen(from, to, 1)
    })
}

/// Reads a spec, and checks that with all defaults written out it is the same one, and that it becomes resources.
fn check(spec: &str, about: &str) {
    let (topology, faults) = topology::read(spec.as_bytes(), "x.kdl");
    let errors: Vec<_> = faults.iter().filter(|it| it.severity == Severity::Error).collect();
    let topology = topology.unwrap_or_else(|| panic!("{about}: {errors:#?}"));
    let text = effective(&topology);
    let (again, _) = topology::read(text.as_bytes(), "x.kdl");
    assert_eq!(again.as_ref(), Some(&topology), "{about}: {text}");
    assert!(!topology.graph(&Facts::offline(&topology)).is_empty(), "{about}");
}

#[test]
fn everything_can_be_written_at_once() {
    check(EVERYTHING, "everything");
}

#[test]
fn every_form_can_be_written() {
    for form in FORMS {
        check(&changed(form), &format!("{form:?}"));
    }
}

#[test]
fn every_form_in_a_comment_is_tried() {
    let comments: Vec<&str> = EVERYTHING.lines().filter_map(|it| it.trim().strip_prefix("// ")).skip(1).collect();
    let tried = |it: &&str| {
        FORMS
            .iter()
            .any(|form| form.iter().any(|(from, _)| from.strip_prefix("// ").is_some_and(|from| it.starts_with(from))))
    };
    let untried: Vec<&str> = comments.into_iter().filter(|it| !tried(it)).collect();
    assert_eq!(untried, [""; 0]);
}

#[test]
fn what_is_out_of_bounds_is_refused() {
    let mut wrong = Vec::new();
    for (from, to, code) in BOUNDS {
        let (topology, faults) = topology::read(changed(&[(from, to)]).as_bytes(), "x.kdl");
        let errors: Vec<_> = faults.iter().filter(|it| it.severity == Severity::Error).map(|it| it.code).collect();
        if topology.is_some() || !errors.iter().any(|it| it.starts_with(code)) {
            wrong.push(format!("{to}: {errors:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
