//! The files tier: a file system for what all web servers share, a mount target in each zone, and the directories of
//! Moodle as access points; or the file system that is there already.

use super::keys::Key;

mod fields;

mod key;

mod lifecycle;

mod seed_field;

mod resources;

mod seed;

mod effective;

pub(super) use effective::lines;
pub(super) use fields::read;

/// The files tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Files {
    /// A file system that the stack makes.
    Own(Own),
    /// One that is there already, with mount targets that the web servers reach. It only gets access points.
    Existing(Existing),
}

impl Files {
    /// Whether the tier has alarms of its own.
    pub(super) fn tells(&self) -> bool {
        let Files::Own(own) = self else { return false };
        own.throughput == Throughput::Bursting && own.burst_credit_alarms.is_some()
    }
}

/// A file system that is there already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Existing {
    /// `fs-…`.
    pub id: String,
    /// The security group of its mount targets; `None` where the stack's own is given to them.
    pub group: Option<String>,
}

/// A file system that the stack makes. It is always encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    /// What it is best at. Another one would be another file system.
    pub performance: Performance,
    /// What limits reading and writing, and is paid for.
    pub throughput: Throughput,
    /// The KMS key; `None` is AWS's own key for EFS. Another one would be another file system.
    pub key: Option<Key>,
    /// Whether AWS Backup takes a copy every day.
    pub backup: bool,
    /// When files that nobody opens go to cheaper storage; `None` is never.
    pub lifecycle: Option<Lifecycle>,
    /// How many GiB are written once, so that a bursting file system is quick while it holds little; 0 is none.
    pub seed_gib: i32,
    /// When somebody is told that burst credits run out; `None` tells nobody.
    pub burst_credit_alarms: Option<BurstCreditAlarms>,
}

/// What a file system is best at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Performance {
    /// Quick answers.
    GeneralPurpose,
    /// Many operations at a time, each slower.
    MaxIo,
}

impl Performance {
    const WORDS: &[(&'static str, Performance)] =
        &[("general-purpose", Performance::GeneralPurpose), ("max-io", Performance::MaxIo)];

    /// Returns the word for it in specs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Performance::GeneralPurpose => "general-purpose",
            Performance::MaxIo => "max-io",
        }
    }

    /// Returns the word for it in AWS.
    fn in_aws(self) -> &'static str {
        match self {
            Performance::GeneralPurpose => "generalPurpose",
            Performance::MaxIo => "maxIO",
        }
    }
}

/// What limits reading and writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Throughput {
    /// Nothing that a site meets; what is read and written is paid for.
    Elastic,
    /// The size of what is stored: little data, little throughput.
    Bursting,
    /// So many MiB a second, which are paid for whether used or not.
    Provisioned(i32),
}

impl Throughput {
    /// Returns the word for it, in specs and in AWS.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Throughput::Elastic => "elastic",
            Throughput::Bursting => "bursting",
            Throughput::Provisioned(_) => "provisioned",
        }
    }

    /// Returns the MiB a second that are paid for.
    #[must_use]
    pub fn mibps(self) -> Option<i32> {
        match self {
            Throughput::Elastic | Throughput::Bursting => None,
            Throughput::Provisioned(mibps) => Some(mibps),
        }
    }
}

/// When files that nobody opens go to cheaper storage. One of the two is set at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifecycle {
    /// To Infrequent Access, after so many days.
    pub infrequent_access_days: Option<i32>,
    /// To Archive, after so many days.
    pub archive_days: Option<i32>,
    /// Whether a file that is opened comes back.
    pub back_on_access: bool,
}

/// Minutes at full speed for which the burst credits of a file system still suffice when an alarm goes off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BurstCreditAlarms {
    /// Of the first alarm.
    pub warning_minutes: i32,
    /// Of the last alarm, fewer.
    pub critical_minutes: i32,
}

impl Default for BurstCreditAlarms {
    /// As in the reference architecture.
    fn default() -> BurstCreditAlarms {
        BurstCreditAlarms { warning_minutes: 180, critical_minutes: 60 }
    }
}
