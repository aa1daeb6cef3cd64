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
    insta::assert_snapshot!(text, @r#"
    moodle "campus" {
        size "standard"
        site {
            release "5.3.0"
            locale "en"
            install "unattended"
            admin user="admin"
            cron nodes="one"
        }
    }
    moodle "campus" {
        size "standard"
        site {
            domain "moodle.example.edu" zone="example.edu"
            release "4.5.14"
            source url="s3://bucket/moodle.tgz" sha256="0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
            locale "pt_br"
            install "wizard"
            admin user="it" email="a.b+c@example.edu"
            plugin "mod_attendance" url="https://example.edu/a.zip" sha256="0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
            plugin "theme_moove" url="https://example.edu/moove.zip?v=1" sha256="0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
            config "forcelogin" "1"
            config "tool_mfa/enabled" "it's \"on\""
            cron nodes="all"
        }
    }
    moodle "campus" {
        size "standard"
        site {
            domain "example.edu"
            release "5.3.0"
            locale "en"
            install "unattended"
            admin user="admin"
            cron nodes="one"
        }
    }
    "#);
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
    insta::assert_snapshot!(within("domain"), @r#"x.kdl:3:1: error: Missing value: `domain` needs a value. Write for example: domain "moodle.example.edu" zone="example.edu" [spec::missing-value]"#);
    insta::assert_snapshot!(within("domain \"https://moodle.example.edu/login\""), @r#"x.kdl:3:8: error: Not a domain: `https://moodle.example.edu/login` is more than a name. Write only "moodle.example.edu". [site::domain]"#);
    insta::assert_snapshot!(within("domain \"moodle.example.edu:8080\""), @r#"x.kdl:3:8: error: Not a domain: `moodle.example.edu:8080` is more than a name. Write only "moodle.example.edu". [site::domain]"#);
    insta::assert_snapshot!(within("domain \"*.example.edu\""), @r#"x.kdl:3:8: error: Not a domain: `*.example.edu` stands for many names. Write the one name, for example "moodle.example.edu". [site::domain]"#);
    insta::assert_snapshot!(within("domain \"moodle.example.edu.\""), @r#"x.kdl:3:8: error: Not a domain: `moodle.example.edu.` has a dot at its end. Write "moodle.example.edu". [site::domain]"#);
    insta::assert_snapshot!(within("domain \"moodle\""), @r#"x.kdl:3:8: error: Not a domain: `moodle` has no dot. Write a name such as "moodle.example.edu". [site::domain]"#);
    insta::assert_snapshot!(within("domain \"10.0.0.1\""), @r#"x.kdl:3:8: error: Not a domain: `10.0.0.1` is an address and not a name. Write a name such as "moodle.example.edu". [site::domain]"#);
    insta::assert_snapshot!(within("domain \"münchen.de\""), @r#"x.kdl:3:8: error: Not a domain: `münchen.de` has letters that DNS writes otherwise. Write it as DNS does: parts with other letters begin with "xn--". [site::domain]"#);
    insta::assert_snapshot!(within("domain \"my_moodle.example.edu\" zone=\"-\""), @r#"
    x.kdl:3:8: error: Not a domain: `my_moodle.example.edu` has a part that is not 1 to 63 letters, digits and hyphens with no hyphen at an end. Write a name such as "moodle.example.edu". [site::domain]
    x.kdl:3:37: error: Not a domain: `-` has a part that is not 1 to 63 letters, digits and hyphens with no hyphen at an end. Write a name such as "moodle.example.edu". [site::domain]
    "#);
    insta::assert_snapshot!(within("domain \"moodle.example.edu\" zone=\"sample.edu\""), @r#"x.kdl:3:34: error: Domain outside of its zone: The domain `moodle.example.edu` is not in the zone `sample.edu`. Write the zone of which the domain is a part, for example zone="example.edu". [site::zone]"#);
    insta::assert_snapshot!(within("domain \"myexample.edu\" zone=\"example.edu\""), @r#"x.kdl:3:29: error: Domain outside of its zone: The domain `myexample.edu` is not in the zone `example.edu`. Write the zone of which the domain is a part, for example zone="myexample.edu". [site::zone]"#);
    insta::assert_snapshot!(within("domain 5 zone=#true"), @r#"
    x.kdl:3:8: error: Wrong type of value: The domain is a number, and must be a text. Write it in quotes: "5". [spec::wrong-type]
    x.kdl:3:15: error: Wrong type of value: The zone is a switch, and must be a text. Write it in quotes: "true". [spec::wrong-type]
    "#);
}

#[test]
fn releases() {
    insta::assert_snapshot!(within("release \"5.0.3\""), @r#"x.kdl:3:9: error: Release that is not offered: Moodle 5.0 has had no security fixes since 5 October 2026. Write one of "5.3.0", "5.2.3", "5.1.7", "4.5.14", or a later number of these. [site::release-refused]"#);
    insta::assert_snapshot!(within("release \"3.8.3\""), @r#"x.kdl:3:9: error: Release that is not offered: Moodle 3.8 gets no security fixes. Write one of "5.3.0", "5.2.3", "5.1.7", "4.5.14", or a later number of these. [site::release-refused]"#);
    insta::assert_snapshot!(within("release \"6.0.0\""), @r#"x.kdl:3:9: error: Release that is not offered: This version does not know what Moodle 6.0 needs. Write one of "5.3.0", "5.2.3", "5.1.7", "4.5.14", or a later number of these. [site::release-refused]"#);
    insta::assert_snapshot!(within("release \"5.2\""), @r#"x.kdl:3:9: error: Release without its last number: Moodle 5.2 is many releases, and two web servers must not have two of them. Write release "5.2.3". [site::release]"#);
    insta::assert_snapshot!(within("release \"latest\""), @r#"x.kdl:3:9: error: Not a release: `latest` is not the number of a release. Write for example release "5.3.0". [site::release]"#);
    insta::assert_snapshot!(within("release 5.3"), @r#"x.kdl:3:9: error: Wrong type of value: The release is a number, and must be a text. Write it in quotes: "5.3". [spec::wrong-type]"#);
}

#[test]
fn a_release_needs_its_database() {
    let with = |site: &str, database: &str| {
        faults(&format!("moodle \"a\" {{\nnetwork\nsite {{ {site} }}\ndatabase {{ {database} }}\n}}"))
    };
    insta::assert_snapshot!(with("", "engine \"aurora-postgresql\" version=\"16.9\""), @r#"x.kdl:4:47: error: Database too old for Moodle: Moodle 5.3 needs PostgreSQL 17 at least, and the database is of version `16.9`. Write engine "aurora-postgresql" version="17.5" in `database`, or release "5.2.3" in `site`. [site::database-version]"#);
    insta::assert_snapshot!(with("release \"5.2.3\"", "engine \"aurora-postgresql\" version=\"13.20\""), @r#"x.kdl:4:47: error: Database too old for Moodle: Moodle 5.2 needs PostgreSQL 16 at least, and the database is of version `13.20`. Write engine "aurora-postgresql" version="17.5" in `database`, or release "4.5.14" in `site`. [site::database-version]"#);
    insta::assert_snapshot!(with("", "engine \"aurora-mysql\" version=\"5.7.mysql_aurora.2.11.4\""), @r#"x.kdl:4:42: error: Database too old for Moodle: Moodle 5.3 needs MySQL 8.0 at least, and the database is of version `5.7.mysql_aurora.2.11.4`. Write engine "aurora-mysql" version="8.0.mysql_aurora.3.10.3" in `database`. [site::database-version]"#);
    assert_eq!(with("release \"5.2.3\"", "engine \"aurora-postgresql\" version=\"16.9\""), "");
    assert_eq!(with("", "engine \"aurora-mysql\""), "");
    // Without a site nothing is said of Moodle.
    assert_eq!(faults("moodle \"a\" { network; database { engine \"aurora-postgresql\" version=\"16.9\"; } }"), "");
}

#[test]
fn code() {
    insta::assert_snapshot!(within("source"), @r#"
    x.kdl:3:1: error: Missing value: `url` is missing: code is taken only from where it is said to be, and as it is said to be. Write for example: source url="https://…/moodle.tgz" sha256="…" [spec::missing-value]
    x.kdl:3:1: error: Missing value: `sha256` is missing: code is taken only from where it is said to be, and as it is said to be. Write for example: source url="https://…/moodle.tgz" sha256="…" [spec::missing-value]
    "#);
    insta::assert_snapshot!(within("source url=\"http://example.edu/m.tgz\" sha256=\"abc\""), @r#"
    x.kdl:3:12: error: Address without encryption: What comes without encryption can be read and held back on its way. Write "https://example.edu/m.tgz". [site::url]
    x.kdl:3:46: error: Not a digest: `abc` is not the SHA-256 of a file. Write its 64 hexadecimal digits, which `sha256sum file` prints. [site::sha256]
    "#);
    insta::assert_snapshot!(within(&format!("source url=\"https://it:geheim@example.edu/m.tgz\" sha256=\"{DIGEST}\"")), @r#"x.kdl:3:12: error: Secret in the spec: The address holds a user or a password, and specs are read by many. Put the file into a bucket of the account: url="s3://bucket/key". [site::secret]"#);
    insta::assert_snapshot!(within(&format!("source url=\"https://example.edu/a b\" sha256=\"{DIGEST}\"")), @r#"x.kdl:3:12: error: Not an address: `https://example.edu/a b` is not the address of a file on a server or in a bucket. Write "https://host/path" or "s3://bucket/key", with %20 and the like for other characters. [site::url]"#);
    let from = format!("url=\"https://example.edu/a.zip\" sha256=\"{DIGEST}\"");
    insta::assert_snapshot!(within(&format!("plugin {from}")), @r#"x.kdl:3:1: error: Missing value: `plugin` needs a value. Write for example: plugin "mod_attendance" url="https://…/mod_attendance.zip" sha256="…" [spec::missing-value]"#);
    insta::assert_snapshot!(within(&format!("plugin \"attendance\" {from}")), @r#"x.kdl:3:8: error: Not a plug-in: `attendance` is not the name of a plug-in. Write its type and its name as Moodle does: "mod_attendance", "theme_moove". [site::plugin]"#);
    insta::assert_snapshot!(within(&format!("plugin \"mods_attendance\" {from}")), @r#"x.kdl:3:8: error: Unknown type of plug-in: Moodle has no plug-ins of the type `mods`. Did you mean "mod_attendance"? [site::plugin-type]"#);
    insta::assert_snapshot!(within(&format!("plugin \"customcertelement_x\" {from}")), @"x.kdl:3:8: error: Unknown type of plug-in: Moodle has no plug-ins of the type `customcertelement`. Put a part of another plug-in into an archive of all code, and name that with `source`. [site::plugin-type]");
    insta::assert_snapshot!(within(&format!("plugin \"mod_Attendance\" {from}")), @r#"x.kdl:3:8: error: Not a plug-in: `mod_Attendance` is not the name of a plug-in. Write its type and its name as Moodle does: "mod_attendance", "theme_moove". [site::plugin]"#);
    insta::assert_snapshot!(within(&format!("plugin \"mod_a\" {from}\nplugin \"mod_a\" {from}")), @"x.kdl:4:1: error: Written twice: `mod_a` can be added only once. Remove one of the two. [spec::duplicate] (3:1 the first one)");
}

#[test]
fn the_rest() {
    insta::assert_snapshot!(within("locale \"pt-BR\""), @r#"x.kdl:3:8: error: Not a language: `pt-BR` is not the code of a language of Moodle. Write for example "pt_br"; Moodle's codes are "it", "pt_br", "en_us". [site::locale]"#);
    insta::assert_snapshot!(within("locale \"\""), @r#"x.kdl:3:8: error: Not a language: `` is not the code of a language of Moodle. Write for example "en"; Moodle's codes are "it", "pt_br", "en_us". [site::locale]"#);
    insta::assert_snapshot!(within("install \"manual\""), @r#"x.kdl:3:9: error: Unknown value: The installation is `manual`, and must be one of "unattended", "wizard". [spec::unknown-value]"#);
    insta::assert_snapshot!(within("admin"), @r#"x.kdl:3:1: error: Missing value: `admin` needs `email` or `user`. Write for example: admin email="admin@example.edu" [spec::missing-value]"#);
    insta::assert_snapshot!(within("admin email=\"nobody\" user=\"Admin\""), @r#"
    x.kdl:3:13: error: Not a mail address: `nobody` is not a mail address. Write for example "admin@example.edu". [site::email]
    x.kdl:3:27: error: Not a user's name: `Admin` is not a user's name in Moodle. Use 1 to 100 lower-case letters, digits and - _ . @ [site::admin]
    "#);
    insta::assert_snapshot!(within("admin user=\"guest\" password=\"geheim\""), @r#"
    x.kdl:3:12: error: Reserved name: `guest` is the user as whom visitors without an account come. Choose another one. [site::admin]
    x.kdl:3:20: error: Unknown field: `admin` has no field `password` in its line. Known here: user, email. [spec::unknown-field]
    "#);
    insta::assert_snapshot!(within("cron"), @r#"x.kdl:3:1: error: Missing value: `cron` needs `nodes`. Write for example: cron nodes="one" [spec::missing-value]"#);
    insta::assert_snapshot!(within("cron nodes=\"two\""), @r#"x.kdl:3:12: error: Unknown value: `nodes` is `two`, and must be one of "one", "all". [spec::unknown-value]"#);
    insta::assert_snapshot!(within("config \"forcelogin\""), @r#"x.kdl:3:1: error: Not a setting: `config` takes a name and a value. Write for example: config "forcelogin" "1" [site::config]"#);
    insta::assert_snapshot!(within("config \"forcelogin\" 1"), @r#"x.kdl:3:21: error: Wrong type of value: The value of a setting is a number, and must be a text. Write it in quotes: "1". [spec::wrong-type]"#);
    insta::assert_snapshot!(within("config \"Force Login\" \"1\""), @r#"x.kdl:3:8: error: Not a setting: `Force Login` is not the name of a setting. Write it as in config.php: "forcelogin", or "tool_mfa/enabled" for one of a plug-in. [site::config]"#);
    insta::assert_snapshot!(within("config \"smtppass\" \"geheim\""), @"x.kdl:3:8: error: Secret in the spec: `smtppass` holds a secret, and specs are read by many. Set it in Moodle, under Site administration. [site::secret]");
    insta::assert_snapshot!(within("config \"wwwroot\" \"https://x\"\nconfig \"session_redis_host\" \"x\""), @r#"
    x.kdl:3:8: error: Setting of the web servers: `wwwroot` follows from the rest of the spec. Remove it. [site::config-owned]
    x.kdl:4:8: error: Setting of the web servers: `session_redis_host` follows from the rest of the spec. Remove it. [site::config-owned]
    "#);
    insta::assert_snapshot!(within("config \"a\" \"1\"\nconfig \"a\" \"2\""), @"x.kdl:4:1: error: Written twice: `a` can be set only once. Remove one of the two. [spec::duplicate] (3:1 the first one)");
    // Names that only seem to hold a secret.
    assert_eq!(within("config \"minpasswordlength\" \"12\"; config \"passwordpolicy\" \"1\""), "");
}
