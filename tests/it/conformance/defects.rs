//! What an emulator does otherwise than AWS: the only excuse for a failed check.

use super::life::Check;
use crate::support::emulator::Emulator;

/// A failure that is the emulator's fault.
#[derive(Debug)]
pub(super) struct Defect {
    /// Whose.
    pub(super) emulator: Emulator,
    /// The case in which it shows.
    pub(super) case: &'static str,
    /// The check that fails.
    pub(super) check: Check,
    /// A part of the failure's text, so that another failure of the same check is not excused.
    pub(super) saying: &'static str,
    /// What AWS does instead.
    #[expect(dead_code, reason = "for readers, and shown when the defect is gone")]
    pub(super) reason: &'static str,
}

impl Defect {
    /// Whether it excuses a failure of `check` in `case`.
    pub(super) fn covers(&self, emulator: Emulator, case: &str, check: Check) -> bool {
        (self.emulator, self.case, self.check) == (emulator, case, check)
    }
}

/// Every known defect.
pub(super) const DEFECTS: &[Defect] = &[
    rule_without_description("rule for a range", Check::ReadsAsWanted),
    rule_without_description("rule for a range", Check::Replaces),
    rule_without_description("rule for a peer", Check::ReadsAsWanted),
    rule_without_description("rule for a peer", Check::Replaces),
    rule_without_description("rule for a peer", Check::SurvivesLostAnswer),
    Defect {
        emulator: Emulator::Moto,
        case: "interface endpoint",
        check: Check::UpdatesInPlace,
        saying: "[Difference { field: \"private_dns\", old: Bool(true), new: Bool(false), replaces: false }]",
        reason: "ModifyVpcEndpoint changes PrivateDnsEnabled",
    },
    Defect {
        emulator: Emulator::Moto,
        case: "cluster_parameter_group with fewer parameters",
        check: Check::Runs,
        saying: "rds:ResetDBClusterParameterGroup failed",
        reason: "there is such a call",
    },
    Defect {
        emulator: Emulator::Ministack,
        case: "instance",
        check: Check::UpdatesInPlace,
        saying: "[Difference { field: \"auto_minor_upgrade\", old: Bool(false), new: Bool(true), replaces: false }]",
        reason: "ModifyDBInstance changes AutoMinorVersionUpgrade",
    },
];

const fn rule_without_description(case: &'static str, check: Check) -> Defect {
    Defect {
        emulator: Emulator::Moto,
        case,
        check,
        saying: "[Difference { field: \"description\", old: String(\"\"), new: String(\"Visitors\"), replaces: false }]",
        reason: "a rule about another group keeps its description",
    }
}
