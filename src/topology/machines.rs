//! What the tiers of servers have in common: the type of an instance, its image, its key, and the role it takes on.

use serde_json::json;

use super::Facts;
use crate::kind::values::Policy;
use crate::spec::diagnostic::quoted;
use crate::spec::reader::{Form, Reader};
use crate::spec::tree::{Node, Spanned};

/// The processor of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    /// Graviton.
    Arm64,
    /// Intel and AMD.
    X86_64,
}

impl Architecture {
    /// Returns the architecture of an instance type: AWS marks Graviton by a `g` behind the number of the generation.
    #[must_use]
    pub fn of(instance_type: &str) -> Architecture {
        let family = instance_type.split('.').next().unwrap_or_default();
        let behind = family.trim_start_matches(|it: char| it.is_ascii_alphabetic());
        let options = behind.trim_start_matches(|it: char| it.is_ascii_digit());
        if options.contains('g') || family == "a1" { Architecture::Arm64 } else { Architecture::X86_64 }
    }

    /// Returns the word for it in AWS.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Architecture::Arm64 => "arm64",
            Architecture::X86_64 => "x86_64",
        }
    }
}

/// The image that a server starts from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Image {
    /// The newest Amazon Linux 2023 when the server is launched.
    AmazonLinux,
    /// This one.
    Id(String),
}

impl Image {
    /// Returns the word for it in specs.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Image::AmazonLinux => "al2023",
            Image::Id(id) => id,
        }
    }

    /// Returns what a launch template takes.
    #[must_use]
    pub fn for_type(&self, instance_type: &str) -> String {
        match self {
            Image::AmazonLinux => {
                let architecture = Architecture::of(instance_type).word();
                let folder = "/aws/service/ami-amazon-linux-latest";
                format!("resolve:ssm:{folder}/al2023-ami-kernel-default-{architecture}")
            }
            Image::Id(id) => id.clone(),
        }
    }
}

/// The name under which Amazon Linux knows its first volume.
pub(super) const DEVICE: &str = "/dev/xvda";

/// Reads the field `instances`.
pub(super) fn instance_type(cx: &mut Reader<'_>, form: &mut Form<'_>, default: &str) -> Option<String> {
    let Some(node) = form.field(cx, "instances") else { return Some(default.to_owned()) };
    let Spanned { value: name, span } = text_of(cx, node, &format!("instances \"{default}\""), "The instance type")?;
    let parts: Vec<&str> = name.split('.').collect();
    let word = |it: &str| {
        let plain = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-';
        !it.is_empty() && it.bytes().all(plain)
    };
    let family =
        |it: &str| it.starts_with(|it: char| it.is_ascii_lowercase()) && it.contains(|it: char| it.is_ascii_digit());
    if !matches!(parts.as_slice(), [first, size] if word(first) && word(size) && family(first)) {
        let help = match name.strip_prefix("db.").or_else(|| name.strip_prefix("cache.")) {
            Some(rest) => format!("Types of servers have two parts: \"{rest}\"."),
            None => format!("Write a family and a size: \"{default}\"."),
        };
        let detail = format!("{} is not the type of an instance.", quoted(&name));
        cx.error("servers::instances", span, "Not an instance type", detail).help(help);
        return None;
    }
    if name.starts_with("mac") {
        let detail = format!("Instances of the type {} run macOS, which Moodle does not.", quoted(&name));
        cx.error("servers::instances", span, "Instance without Linux", detail)
            .help(format!("Write for example \"{default}\"."));
        return None;
    }
    Some(name)
}

/// Reads the field `image`.
pub(super) fn image(cx: &mut Reader<'_>, form: &mut Form<'_>) -> Option<Image> {
    let Some(node) = form.field(cx, "image") else { return Some(Image::AmazonLinux) };
    let Spanned { value: name, span } = text_of(cx, node, "image \"al2023\"", "The image")?;
    let hexadecimal = |it: u8| it.is_ascii_digit() || matches!(it, b'a'..=b'f');
    let id = name.strip_prefix("ami-");
    if id.is_some_and(|it| matches!(it.len(), 8 | 17) && it.bytes().all(hexadecimal)) {
        return Some(Image::Id(name));
    }
    if name == "al2023" {
        return Some(Image::AmazonLinux);
    }
    let detail = format!("{} is neither \"al2023\" nor the id of an image.", quoted(&name));
    cx.error("servers::image", span, "Unknown image", detail)
        .help("Write \"al2023\", or `ami-` and 8 or 17 hexadecimal digits: \"ami-0123456789abcdef0\".");
    None
}

/// Reads the field `key-pair`.
// Two layers: whether there are errors, and whether there is a key.
#[expect(clippy::option_option, reason = "an error is not a key that is not there")]
pub(super) fn key_pair(cx: &mut Reader<'_>, form: &mut Form<'_>) -> Option<Option<String>> {
    let Some(node) = form.field(cx, "key-pair") else { return Some(None) };
    let Spanned { value: name, span } = text_of(cx, node, "key-pair \"ops\"", "The name of a key pair")?;
    let plain = |it: char| it.is_ascii_graphic() || it == ' ';
    if name.is_empty() || 255 < name.len() || !name.chars().all(plain) || name.trim() != name {
        let detail = format!("{} cannot be the name of a key pair.", quoted(&name));
        cx.error("servers::key-pair", span, "Unusable name", detail)
            .help("Write the name under which EC2 knows the key: 1 to 255 letters, digits and signs.");
        return None;
    }
    Some(Some(name))
}

fn text_of(cx: &mut Reader<'_>, node: &Node, example: &str, what: &str) -> Option<Spanned<String>> {
    let mut form = Form::of(node);
    let value = form.argument(cx, example);
    let text = value.and_then(|it| cx.text(it, what));
    form.close(cx);
    text
}

/// Lets servers take a role on.
pub(super) fn trust(facts: &Facts) -> Policy {
    let suffix = if facts.partition() == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
    Policy::of(json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": format!("ec2.{suffix}") },
            "Action": "sts:AssumeRole",
        }],
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_letter_behind_the_generation_tells_the_processor() {
        for arm in ["t4g.nano", "c7g.xlarge", "c7gn.large", "m6gd.large", "x2gd.medium", "is4gen.large", "a1.medium"] {
            assert_eq!(Architecture::of(arm), Architecture::Arm64, "{arm}");
        }
        for intel in ["t3.micro", "c7i-flex.large", "m7a.large", "g5.xlarge", "g4dn.xlarge", "u-6tb1.metal"] {
            assert_eq!(Architecture::of(intel), Architecture::X86_64, "{intel}");
        }
    }

    #[test]
    fn the_image_follows_the_processor() {
        let parameter = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-";
        assert_eq!(Image::AmazonLinux.for_type("c7g.large"), format!("{parameter}arm64"));
        assert_eq!(Image::AmazonLinux.for_type("c7i.large"), format!("{parameter}x86_64"));
        assert_eq!(Image::Id("ami-1".to_owned()).for_type("c7i.large"), "ami-1");
    }
}
