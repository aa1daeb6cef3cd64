//! What happens to each spec on its way: changes in place and by replacement, and what may not be lost unnamed.

/// The way of a spec.
#[derive(Debug)]
pub(super) struct Route {
    /// The file in `specs/`.
    pub(super) spec: &'static str,
    /// What comes one after the other.
    pub(super) changes: &'static [Change],
    /// What holds data, so that a destruction is refused until it is named.
    pub(super) holds: &'static [&'static str],
}

/// A change and what it must do.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) edit: Edit,
    pub(super) effects: &'static [Effect],
    /// What would lose its data, so that the change is refused until it is named.
    pub(super) loses: &'static [&'static str],
}

/// A change as a person makes it.
#[derive(Debug)]
pub(super) enum Edit {
    /// This text becomes that one. It stands in the spec once.
    Text(&'static str, &'static str),
    /// `--replace ADDRESS`, for what no field of the spec replaces.
    Option(&'static str),
}

/// What becomes of the resource at an address.
#[derive(Debug)]
pub(super) enum Effect {
    /// It is changed where it stands.
    InPlace(&'static str),
    /// A new one is made, and the old one goes last.
    NewFirst(&'static str),
    /// The two cannot stand together: the old one goes first.
    OldFirst(&'static str),
}

use Effect::{InPlace, NewFirst, OldFirst};

const fn change(from: &'static str, to: &'static str, effects: &'static [Effect]) -> Change {
    Change { edit: Edit::Text(from, to), effects, loses: &[] }
}

const fn replace(address: &'static str, effects: &'static [Effect]) -> Change {
    Change { edit: Edit::Option(address), effects, loses: &[] }
}

const CLUSTER: &str = "database.cluster";
const FILES: &str = "files.file-system";
const ADMIN: &str = "site.admin-secret";
const VAULT: &str = "site.backup-vault";

/// Every spec of the project, by name.
pub(super) const ROUTES: &[Route] = &[
    Route {
        spec: "cache.kdl",
        changes: &[
            change("max-gib=10", "max-gib=12", &[InPlace("cache.application")]),
            change("count=3", "count=2", &[InPlace("cache.session")]),
            // Another key is another cache.
            change(
                "serverless max-gib=12",
                "serverless max-gib=12\n key \"arn:aws:kms:eu-west-1:111122223333:key/01234567-89ab-cdef-0123-456789abcdef\"",
                &[NewFirst("cache.application")],
            ),
        ],
        holds: &[],
    },
    Route {
        spec: "database.kdl",
        changes: &[
            change("backup-days 30", "backup-days 14", &[InPlace(CLUSTER)]),
            change("db.r6g.large", "db.r7g.large", &[InPlace("database.instance[\"1\"]")]),
            // The settings of another major version are another group; the cluster stays.
            change("17.5", "18.3", &[NewFirst("database.parameter-group"), InPlace(CLUSTER)]),
            Change {
                edit: Edit::Text("backup-days 14", "backup-days 14\n username \"teacher\""),
                effects: &[NewFirst(CLUSTER), NewFirst("database.instance[\"2\"]")],
                loses: &[CLUSTER],
            },
        ],
        holds: &[CLUSTER],
    },
    Route {
        spec: "dns.kdl",
        changes: &[
            change("region \"eu-west-1\"", "region \"eu-west-1\"; tags owner=\"it\"", &[InPlace("dns.zone")]),
            // The record that proves the old name leads to the new one.
            change(
                "moodle.example.edu",
                "learn.example.edu",
                &[NewFirst("certificate.request"), InPlace("certificate.record")],
            ),
        ],
        holds: &["dns.zone"],
    },
    Route {
        spec: "everything.kdl",
        changes: &[
            change("idle-timeout-seconds 60", "idle-timeout-seconds 120", &[InPlace("load-balancer.load-balancer")]),
            change("price-class \"all\"", "price-class \"100\"", &[InPlace("cdn.distribution")]),
            // The servers learn of the new nodes by a new version of their template.
            change("cache.t4g.medium", "cache.t4g.small", &[NewFirst("cache.session"), InPlace("web.template")]),
            // Both certificates go, after listener and distribution have new ones.
            change(
                "domain \"moodle.example.edu\"",
                "domain \"learn.example.edu\"",
                &[
                    NewFirst("certificate.request"),
                    NewFirst("certificate.cdn.request"),
                    InPlace("cdn.distribution"),
                    InPlace("load-balancer.listener.https"),
                ],
            ),
        ],
        holds: &[CLUSTER, FILES, ADMIN, VAULT],
    },
    Route {
        spec: "files.kdl",
        changes: &[
            change("infrequent-access-days=30", "infrequent-access-days=60", &[InPlace("files.lifecycle")]),
            Change {
                edit: Edit::Text("backup #true", "backup #true\n key \"own\""),
                effects: &[NewFirst(FILES), NewFirst("files.access-point[\"data\"]")],
                loses: &[FILES],
            },
        ],
        holds: &[FILES, "files.key"],
    },
    Route {
        spec: "load-balancer.kdl",
        changes: &[
            change("interval-seconds=10", "interval-seconds=15", &[InPlace("load-balancer.target-group")]),
            replace(
                "load-balancer.target-group",
                &[NewFirst("load-balancer.target-group"), InPlace("load-balancer.listener.http")],
            ),
        ],
        holds: &[],
    },
    Route {
        spec: "mysql-redis.kdl",
        changes: &[
            change("    web\n", "    web { volume gib=20; }\n", &[InPlace("web.template")]),
            // From Redis to Valkey the cache stays, and its settings are another group.
            change(
                "cache \"application\" { engine \"redis\"",
                "cache \"application\" { engine \"valkey\"",
                &[NewFirst("cache.parameter-group.application"), InPlace("cache.application")],
            ),
        ],
        holds: &[CLUSTER, FILES, ADMIN, VAULT],
    },
    Route {
        spec: "network-existing.kdl",
        changes: &[
            change(
                "region \"eu-west-1\"",
                "region \"eu-west-1\"; tags owner=\"it\"",
                &[InPlace("network.security-group.web")],
            ),
            replace(
                "network.security-group.cache",
                &[NewFirst("network.security-group.cache"), NewFirst("network.rule.cache.redis")],
            ),
        ],
        holds: &[],
    },
    Route {
        spec: "network-small.kdl",
        changes: &[
            change("owner=\"it-services\"", "owner=\"ops\"", &[InPlace("network.vpc")]),
            // Other addresses are another network. The gateway stays, and is in one at a time.
            change(
                "10.1.0.0/20",
                "10.2.0.0/20",
                &[
                    NewFirst("network.vpc"),
                    NewFirst("network.subnet.app[\"eu-west-1a\"]"),
                    OldFirst("network.internet-gateway-attachment"),
                ],
            ),
        ],
        holds: &[],
    },
    Route {
        spec: "network.kdl",
        changes: &[
            change("retain-days=7", "retain-days=14", &[InPlace("network.flow-log-group")]),
            change(
                "zones 3",
                "zones 3; subnets \"data\" { cidrs \"10.0.110.0/24\" \"10.0.101.0/24\" \"10.0.102.0/24\"; }",
                &[NewFirst("network.subnet.data[\"eu-west-1a\"]")],
            ),
            // The old range and the new one have addresses in common.
            change("10.0.110.0/24", "10.0.110.0/25", &[OldFirst("network.subnet.data[\"eu-west-1a\"]")]),
        ],
        holds: &[],
    },
    Route {
        spec: "no-domain.kdl",
        changes: &[
            change("    web\n", "    web { scale min=1 max=5; }\n", &[InPlace("web.capacity")]),
            replace("web.template", &[NewFirst("web.template"), InPlace("web.group")]),
        ],
        holds: &[CLUSTER, FILES, ADMIN, VAULT],
    },
    Route {
        spec: "reference-v1.kdl",
        changes: &[
            change("cpu=75", "cpu=80", &[InPlace("web.alarm.scale-out")]),
            change(
                "engine \"memcached\"\n        nodes \"cache.t2.micro\"",
                "engine \"memcached\"\n        nodes \"cache.t3.micro\"",
                &[NewFirst("cache.session")],
            ),
        ],
        holds: &[CLUSTER, FILES, ADMIN, VAULT],
    },
    Route {
        spec: "reference-v2.kdl",
        changes: &[
            change("max=64", "max=32", &[InPlace(CLUSTER)]),
            // From serverless to fixed instances, which in the templates is another database.
            change(
                "serverless min=0.5 max=32",
                "instances \"db.r6g.large\" count=2",
                &[InPlace("database.instance[\"1\"]"), InPlace("database.instance[\"2\"]")],
            ),
            // Everything that stands before the servers, and the address by which they know themselves.
            replace(
                "load-balancer.load-balancer",
                &[
                    NewFirst("load-balancer.load-balancer"),
                    NewFirst("load-balancer.listener.http"),
                    InPlace("web.template"),
                ],
            ),
        ],
        holds: &[CLUSTER, FILES, ADMIN, VAULT],
    },
    Route {
        spec: "serverless.kdl",
        changes: &[
            change("cpu=60", "cpu=50", &[InPlace("web.policy.cpu")]),
            change(
                "domain \"moodle.example.edu\"",
                "domain \"learn.example.edu\"",
                &[NewFirst("certificate.cdn.request"), InPlace("cdn.distribution"), InPlace("dns.record[\"A\"]")],
            ),
        ],
        holds: &[CLUSTER, FILES, ADMIN, VAULT],
    },
    Route {
        spec: "smallest.kdl",
        changes: &[
            change("max=6", "max=8", &[InPlace("web.capacity")]),
            // One subnet of those in which database, files and caches stand. A file system has one mount target a zone.
            change(
                "    network\n",
                "    network { subnets \"data\" { cidrs \"10.0.110.0/24\" \"10.0.101.0/24\" \"10.0.102.0/24\"; }; }\n",
                &[
                    NewFirst("network.subnet.data[\"eu-west-1a\"]"),
                    OldFirst("files.mount-target[\"eu-west-1a\"]"),
                    InPlace("database.subnet-group"),
                    InPlace("cache.subnet-group"),
                ],
            ),
        ],
        holds: &[CLUSTER, FILES, ADMIN, VAULT],
    },
    Route {
        spec: "watch.kdl",
        changes: &[
            change("retain-days=35", "retain-days=60", &[InPlace("watch.backup-plan")]),
            // A name is one topic, and the subscription goes with it.
            replace("watch.topic", &[OldFirst("watch.topic"), OldFirst("watch.subscription[\"ops@example.edu\"]")]),
            Change {
                edit: Edit::Option("watch.backup-vault"),
                effects: &[NewFirst("watch.backup-vault"), InPlace("watch.backup-plan")],
                loses: &["watch.backup-vault"],
            },
        ],
        holds: &[CLUSTER, "database.key", FILES, "files.key", "watch.backup-vault"],
    },
    Route {
        spec: "web.kdl",
        changes: &[
            change("t4g.small", "t4g.medium", &[InPlace("web.template")]),
            change("scale 0", "scale 1", &[]),
            replace("web.group", &[NewFirst("web.group"), NewFirst("web.capacity")]),
            // Its name is what servers know it by.
            replace("web.log-group", &[OldFirst("web.log-group")]),
        ],
        holds: &[],
    },
    Route {
        spec: "wizard.kdl",
        changes: &[
            change(
                "web { scale min=2 max=6 }",
                "web { scale min=2 max=6; volume gib=20; }",
                &[InPlace("web.template")],
            ),
            replace("cache.session", &[NewFirst("cache.session")]),
        ],
        // Who installs Moodle in the browser chooses the password there.
        holds: &[CLUSTER, FILES, VAULT],
    },
];
