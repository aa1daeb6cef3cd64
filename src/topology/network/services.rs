//! The AWS services that a VPC endpoint can lead to, by short name.

use crate::spec::diagnostic::{nearest, quoted};
use crate::spec::reader::Reader;
use crate::spec::tree::Spanned;

/// Services whose endpoints are routes; all others are addresses in the `app` subnets.
const GATEWAYS: &[&str] = &["s3", "dynamodb"];

/// Services that a site or its operators use, of which a typing mistake is told. Others get a warning only.
const KNOWN: &[&str] = &[
    "s3",
    "dynamodb",
    "autoscaling",
    "backup",
    "cloudformation",
    "ec2",
    "ec2messages",
    "ecr.api",
    "ecr.dkr",
    "elasticache",
    "elasticfilesystem",
    "elasticloadbalancing",
    "email-smtp",
    "events",
    "kms",
    "logs",
    "monitoring",
    "rds",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
    "ssmmessages",
    "sts",
    "xray",
];

/// Whether the endpoint of a service is a route.
pub(super) fn is_gateway(service: &str) -> bool {
    GATEWAYS.contains(&service)
}

/// Notes what is wrong with the name of a service; whether it can be used.
pub(super) fn check(cx: &mut Reader<'_>, name: &Spanned<String>) -> bool {
    let text = &name.value;
    let near = nearest(text, KNOWN.iter().copied()).map(|it| format!("Did you mean \"{it}\"?"));
    let plain = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || matches!(it, b'.' | b'-');
    if text.starts_with("com.amazonaws.") || text.is_empty() || 60 < text.len() || !text.bytes().all(plain) {
        let detail = format!("{} is not the short name of a service.", quoted(text));
        // `com.amazonaws.<region>.<service>`
        let short = text.splitn(4, '.').nth(3).filter(|_| text.starts_with("com.amazonaws."));
        let help = short.map(|it| format!("Write \"{it}\".")).or(near);
        cx.error("network::endpoint", name.span, "Not the name of a service", detail)
            .help(help.unwrap_or_else(|| "Write for example \"s3\" or \"secretsmanager\".".to_owned()));
        return false;
    }
    if !KNOWN.contains(&text.as_str()) {
        let detail = format!("This version does not know {}; AWS may.", quoted(text));
        cx.warning("network::unknown-endpoint", name.span, "Unknown service", detail)
            .help(near.unwrap_or_else(|| "Check the name in the list of AWS.".to_owned()));
    }
    true
}
