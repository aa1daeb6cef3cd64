//! The parameters of the reference templates: the one table from which specs and documentation are made.

/// A generation of the templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Version {
    /// 1.0.0: `00-master.yaml`.
    V1,
    /// 2.x: `00-main.yaml`.
    V2,
}

/// A parameter of the templates.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    /// The default of version 1; `None` where that has no such parameter.
    pub(super) v1: Option<&'static str>,
    /// The default of version 2, likewise.
    pub(super) v2: Option<&'static str>,
    /// What it becomes; empty for nothing.
    pub(super) field: &'static str,
    pub(super) how: How,
}

/// How a parameter's text becomes a value of the spec.
#[derive(Debug, Clone, Copy)]
pub(super) enum How {
    /// A text as it is.
    Text,
    /// A number.
    Number,
    /// Several texts, with commas between them.
    List,
    /// `true`: the field or node is there.
    Switch,
    /// Other words for the same.
    Words(&'static [(&'static str, &'static str)]),
    /// What is always so, and why; another value is told.
    Always(&'static str, &'static str),
    /// No field, and why.
    Gone(&'static str),
}

use How::{Always, Gone, List, Number, Switch, Text, Words};

const fn row(
    name: &'static str,
    v1: Option<&'static str>,
    v2: Option<&'static str>,
    field: &'static str,
    how: How,
) -> Parameter {
    Parameter { name, v1, v2, field, how }
}

impl Parameter {
    /// Returns its default in a version; `None` where that has no such parameter.
    pub(super) fn default(&self, version: Version) -> Option<&'static str> {
        match version {
            Version::V1 => self.v1,
            Version::V2 => self.v2,
        }
    }
}

/// Every parameter: its name, its default in version 1 and 2, its field, the conversion.
pub(super) const PARAMETERS: &[Parameter] = &[
    row("EC2KeyName", Some(""), Some(""), "web.key-pair", Text),
    row("SshAccessCidr", Some("0.0.0.0/0"), Some("0.0.0.0/0"), "bastion.ssh-from", Text),
    row("HostedZoneName", Some(""), Some(""), "site.domain zone=", Text),
    row("DomainName", Some(""), Some(""), "site.domain", Text),
    row("UseRoute53Boolean", Some("true"), None, "dns", Switch),
    row("NumberOfAZs", Some("2"), Some("2"), "network.zones", Number),
    row("AvailabilityZones", Some(""), Some(""), "network.zones (names)", List),
    row("VpcCidr", Some("10.0.0.0/16"), Some("10.0.0.0/16"), "network.cidr", Text),
    row("VpcTenancy", Some("default"), None, "network.tenancy", Text),
    row("PublicSubnet0Cidr", Some("10.0.200.0/24"), Some("10.0.200.0/24"), "network.subnets \"public\" [0]", Text),
    row("PublicSubnet1Cidr", Some("10.0.201.0/24"), Some("10.0.201.0/24"), "network.subnets \"public\" [1]", Text),
    row("PublicSubnet2Cidr", Some("10.0.202.0/24"), Some("10.0.202.0/24"), "network.subnets \"public\" [2]", Text),
    row("PublicSubnet3Cidr", Some("10.0.203.0/24"), None, "network.subnets \"public\" [3]", Text),
    row("PublicSubnet4Cidr", Some("10.0.204.0/24"), None, "network.subnets \"public\" [4]", Text),
    row("PublicSubnet5Cidr", Some("10.0.205.0/24"), None, "network.subnets \"public\" [5]", Text),
    row("WebSubnet0Cidr", Some("10.0.0.0/22"), None, "network.subnets \"app\" [0]", Text),
    row("WebSubnet1Cidr", Some("10.0.4.0/22"), None, "network.subnets \"app\" [1]", Text),
    row("WebSubnet2Cidr", Some("10.0.8.0/22"), None, "network.subnets \"app\" [2]", Text),
    row("WebSubnet3Cidr", Some("10.0.12.0/22"), None, "network.subnets \"app\" [3]", Text),
    row("WebSubnet4Cidr", Some("10.0.16.0/22"), None, "network.subnets \"app\" [4]", Text),
    row("WebSubnet5Cidr", Some("10.0.20.0/22"), None, "network.subnets \"app\" [5]", Text),
    row("AppSubnet0Cidr", None, Some("10.0.0.0/22"), "network.subnets \"app\" [0]", Text),
    row("AppSubnet1Cidr", None, Some("10.0.4.0/22"), "network.subnets \"app\" [1]", Text),
    row("AppSubnet2Cidr", None, Some("10.0.8.0/22"), "network.subnets \"app\" [2]", Text),
    row("DataSubnet0Cidr", Some("10.0.100.0/24"), Some("10.0.100.0/24"), "network.subnets \"data\" [0]", Text),
    row("DataSubnet1Cidr", Some("10.0.101.0/24"), Some("10.0.101.0/24"), "network.subnets \"data\" [1]", Text),
    row("DataSubnet2Cidr", Some("10.0.102.0/24"), Some("10.0.102.0/24"), "network.subnets \"data\" [2]", Text),
    row("DataSubnet3Cidr", Some("10.0.103.0/24"), None, "network.subnets \"data\" [3]", Text),
    row("DataSubnet4Cidr", Some("10.0.104.0/24"), None, "network.subnets \"data\" [4]", Text),
    row("DataSubnet5Cidr", Some("10.0.105.0/24"), None, "network.subnets \"data\" [5]", Text),
    row(
        "EfsPerformanceMode",
        Some("generalPurpose"),
        None,
        "files.performance",
        Words(&[("generalPurpose", "general-purpose"), ("maxIO", "max-io")]),
    ),
    row("EfsEncrpytedBoolean", Some("true"), None, "", Always("true", "everything is encrypted")),
    row("SharedStorageEncryptionBoolean", None, Some("true"), "", Always("true", "everything is encrypted")),
    row("EfsCmk", Some(""), None, "files.key", Text),
    row("SharedStorageEncryptionCmk", None, Some(""), "files.key", Text),
    row("EfsGrowth", Some("0"), None, "files.seed-gib", Number),
    row("EfsGrowthInstanceType", Some("r4.large"), None, "", Gone("the job that adds data chooses its own instance")),
    row(
        "DatabaseType",
        None,
        Some("PostgreSQL"),
        "database.engine",
        Words(&[("PostgreSQL", "aurora-postgresql"), ("MySQL", "aurora-mysql")]),
    ),
    row("DatabaseUseServerless", None, Some("true"), "database.serverless", Switch),
    row("DatabaseMinCapacity", None, Some("0.5"), "database.serverless min=", Number),
    row("DatabaseMaxCapacity", None, Some("64"), "database.serverless max=", Number),
    row("DatabaseInstanceType", Some("db.r4.large"), Some("db.r6g.large"), "database.instances", Text),
    row("DatabaseEncrpytedBoolean", Some("true"), None, "", Always("true", "everything is encrypted")),
    row("DatabaseEncryptedBoolean", None, Some("true"), "", Always("true", "everything is encrypted")),
    row("DatabaseCmk", Some(""), Some(""), "database.key", Text),
    row("DatabaseMasterUsername", Some("moodle"), Some("moodle"), "database.username", Text),
    row("DatabaseMasterPassword", None, None, "", Gone("the password is made and kept by AWS")),
    row("DatabaseName", Some("moodle"), Some("moodle"), "database.name", Text),
    row(
        "CacheEngineType",
        None,
        Some("Memcached"),
        "cache.engine",
        Words(&[("Memcached", "memcached"), ("Redis", "redis")]),
    ),
    row("UseSessionCacheBoolean", Some("false"), Some("true"), "cache \"session\"", Switch),
    row("UseServerlessSessionCache", None, Some("true"), "cache \"session\" serverless", Switch),
    row("SessionCacheNodeType", Some("cache.t2.micro"), Some("cache.r6g.large"), "cache \"session\" nodes", Text),
    row("UseApplicationCacheBoolean", Some("true"), Some("false"), "cache \"application\"", Switch),
    row("UseServerlessApplicationCache", None, Some("true"), "cache \"application\" serverless", Switch),
    row(
        "ApplicationCacheNodeType",
        Some("cache.t2.micro"),
        Some("cache.r6g.large"),
        "cache \"application\" nodes",
        Text,
    ),
    row("UseCloudFrontBoolean", Some("true"), Some("false"), "cdn", Switch),
    row("CloudFrontAcmCertificate", Some(""), Some(""), "certificate.existing cdn=", Text),
    row("NeedBastionHost", None, Some("false"), "bastion.scale", Words(&[("false", "0"), ("true", "1")])),
    row("BastionInstanceType", Some("t2.nano"), Some("t4g.nano"), "bastion.instances", Text),
    row("PublicAlbAcmCertificate", Some(""), Some(""), "certificate.existing", Text),
    row("WebInstanceType", Some("t2.large"), Some("c7g.xlarge"), "web.instances", Text),
    row("WebAsgMin", Some("1"), Some("1"), "web.scale min=", Number),
    row("WebAsgMax", Some("1"), Some("1"), "web.scale max=", Number),
    row("MoodleLocale", Some("en"), Some("en"), "site.locale", Text),
    row(
        "MoodleDirectDownloadURL",
        None,
        Some("https://download.moodle.org/download.php/direct/stable404/moodle-4.4.tgz"),
        "site.release",
        Gone(
            "name the release with `release`, or a file with `source` and its checksum, which a URL alone does not give",
        ),
    ),
    row("NotifyEmailAddress", None, Some("hello@yourdomain.com"), "watch.email", Text),
    row(
        "DeploymentLocation",
        None,
        Some("https://s3.amazonaws.com/aws-refarch/moodle/4.4/templates"),
        "",
        Gone("there are no templates"),
    ),
];

/// Returns the table as documentation shows it.
pub(super) fn documented() -> String {
    let mut lines = vec![
        "| parameter | default of v1 | default of v2 | field | conversion |".to_owned(),
        "|---|---|---|---|---|".to_owned(),
    ];
    let default = |value: Option<&str>| match value {
        None => "–".to_owned(),
        Some("") => "none".to_owned(),
        Some(value) => format!("`{value}`"),
    };
    for Parameter { name, v1, v2, field, how } in PARAMETERS {
        let field = if field.is_empty() { "–".to_owned() } else { format!("`{field}`") };
        lines.push(format!("| `{name}` | {} | {} | {field} | {} |", default(*v1), default(*v2), how.said()));
    }
    lines.join("\n") + "\n"
}

impl How {
    fn said(self) -> String {
        match self {
            Text => "as it is".to_owned(),
            Number => "a number".to_owned(),
            List => "names in order".to_owned(),
            Switch => "`true`: it is there".to_owned(),
            Words(pairs) => {
                let pairs: Vec<String> = pairs.iter().map(|(from, to)| format!("`{from}` → `{to}`")).collect();
                pairs.join(", ")
            }
            Always(value, why) => format!("always `{value}`: {why}"),
            Gone(why) => format!("none: {why}"),
        }
    }
}
