//! The `size` of a stack: other defaults for what costs most. A field that is written always wins.

use super::network::Nat;
use crate::spec::reader::{Form, Reader};

/// How many people a site is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// A department, a pilot, a course of tests: the least that survives the loss of a server.
    Small,
    /// A university: the reference architecture.
    Standard,
    /// A large university, or several: examinations of thousands at once.
    Large,
}

/// The defaults of a size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    /// How many availability zones.
    pub zones: usize,
    /// How the private subnets reach the internet.
    pub nat: Nat,
    /// The class of the database's instances.
    pub database: &'static str,
    /// The class of the caches' nodes.
    pub cache: &'static str,
    /// The type of the web servers, for the architecture arm64.
    pub web: &'static str,
    /// The fewest and the most web servers.
    pub scale: (i32, i32),
}

const SMALL: Profile = Profile {
    zones: 2,
    nat: Nat::Single,
    database: "db.t4g.medium",
    cache: "cache.t4g.small",
    web: "t4g.large",
    scale: (1, 4),
};
const STANDARD: Profile = Profile {
    zones: 3,
    nat: Nat::PerZone,
    database: "db.r6g.large",
    cache: "cache.t4g.medium",
    web: "c7g.xlarge",
    scale: (2, 10),
};
const LARGE: Profile = Profile {
    zones: 3,
    nat: Nat::PerZone,
    database: "db.r7g.4xlarge",
    cache: "cache.r7g.large",
    web: "c7g.4xlarge",
    scale: (4, 30),
};

impl Size {
    const WORDS: &[(&'static str, Size)] =
        &[("small", Size::Small), ("standard", Size::Standard), ("large", Size::Large)];

    /// Returns the word for it in specs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Size::Small => "small",
            Size::Standard => "standard",
            Size::Large => "large",
        }
    }

    /// Returns the defaults.
    #[must_use]
    pub fn profile(self) -> &'static Profile {
        match self {
            Size::Small => &SMALL,
            Size::Standard => &STANDARD,
            Size::Large => &LARGE,
        }
    }
}

/// Reads the field. A size with an error is noted, and the rest is read as if it were the standard.
pub(super) fn read(cx: &mut Reader<'_>, form: &mut Form<'_>) -> Size {
    let Some(node) = form.field(cx, "size") else { return Size::Standard };
    let mut form = Form::of(node);
    let value = form.argument(cx, "size \"standard\"");
    let size = value.and_then(|it| cx.choice(it, "The size", Size::WORDS));
    form.close(cx);
    size.unwrap_or(Size::Standard)
}
