//! Where plug-ins stand in Moodle.

use super::Release;

/// The folder of each type of plug-in, below what the web server shows. Moodle's own list is `lib/components.json`,
/// and for parts of plug-ins their `db/subplugins.json`.
pub const TYPES: &[(&str, &str)] = &[
    ("aiplacement", "ai/placement"),
    ("aiprovider", "ai/provider"),
    ("antivirus", "lib/antivirus"),
    ("assignfeedback", "mod/assign/feedback"),
    ("assignsubmission", "mod/assign/submission"),
    ("atto", "lib/editor/atto/plugins"),
    ("auth", "auth"),
    ("availability", "availability/condition"),
    ("block", "blocks"),
    ("booktool", "mod/book/tool"),
    ("cachelock", "cache/locks"),
    ("cachestore", "cache/stores"),
    ("calendartype", "calendar/type"),
    ("communication", "communication/provider"),
    ("contenttype", "contentbank/contenttype"),
    ("customfield", "customfield/field"),
    ("datafield", "mod/data/field"),
    ("dataformat", "dataformat"),
    ("datapreset", "mod/data/preset"),
    ("editor", "lib/editor"),
    ("enrol", "enrol"),
    ("factor", "admin/tool/mfa/factor"),
    ("fileconverter", "files/converter"),
    ("filter", "filter"),
    ("format", "course/format"),
    ("forumreport", "mod/forum/report"),
    ("gradeexport", "grade/export"),
    ("gradeimport", "grade/import"),
    ("gradereport", "grade/report"),
    ("gradingform", "grade/grading/form"),
    ("h5plib", "h5p/h5plib"),
    ("local", "local"),
    ("logstore", "admin/tool/log/store"),
    ("ltiservice", "mod/lti/service"),
    ("ltisource", "mod/lti/source"),
    ("media", "media/player"),
    ("message", "message/output"),
    ("mlbackend", "lib/mlbackend"),
    ("mod", "mod"),
    ("paygw", "payment/gateway"),
    ("plagiarism", "plagiarism"),
    ("portfolio", "portfolio"),
    ("profilefield", "user/profile/field"),
    ("qbank", "question/bank"),
    ("qbehaviour", "question/behaviour"),
    ("qformat", "question/format"),
    ("qtype", "question/type"),
    ("quiz", "mod/quiz/report"),
    ("quizaccess", "mod/quiz/accessrule"),
    ("report", "report"),
    ("repository", "repository"),
    ("scormreport", "mod/scorm/report"),
    ("search", "search/engine"),
    ("smsgateway", "sms/gateway"),
    ("theme", "theme"),
    ("tiny", "lib/editor/tiny/plugins"),
    ("tool", "admin/tool"),
    ("webservice", "webservice"),
    ("workshopallocation", "mod/workshop/allocation"),
    ("workshopeval", "mod/workshop/eval"),
    ("workshopform", "mod/workshop/form"),
];

/// Returns the folder of a plug-in below the root of Moodle, or `None` for a type that is not known or a name that is
/// none: `mod_attendance` stands in `mod/attendance`, since 5.1 in `public/mod/attendance`.
#[must_use]
pub fn folder(component: &str, release: Release) -> Option<String> {
    let (kind, name) = component.split_once('_')?;
    let (_, folder) = TYPES.iter().find(|(it, _)| *it == kind)?;
    let is_name = name.starts_with(|it: char| it.is_ascii_lowercase())
        && name.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '_');
    is_name.then(|| format!("{}{folder}/{name}", release.public()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plug_in_has_a_folder_by_its_type() {
        let (old, new) = ("4.5.14".parse().unwrap(), Release::DEFAULT);
        assert_eq!(folder("mod_attendance", old).as_deref(), Some("mod/attendance"));
        assert_eq!(folder("mod_attendance", new).as_deref(), Some("public/mod/attendance"));
        assert_eq!(folder("tool_object_fs2", old).as_deref(), Some("admin/tool/object_fs2"));
        for none in ["attendance", "mod_", "mod_../etc", "mod_a b", "mod_A", "unknown_thing", "mod_2a", ""] {
            assert_eq!(folder(none, new), None, "{none}");
        }
    }

    #[test]
    fn the_table_is_in_order() {
        assert!(TYPES.is_sorted());
    }
}
