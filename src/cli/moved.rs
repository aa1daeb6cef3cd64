//! A site that gets another address: what nobody but its owner can change with it.

use super::session::Session;
use crate::plan::Plan;

/// Returns what to say about a plan that changes the site's address; `None` where it stays, or is not known yet.
pub(super) fn note(session: &Session, plan: &Plan) -> Option<String> {
    let before = session.store.state().outputs.get("url")?.as_str()?;
    let after = plan.outputs.get("url")?.as_str()?;
    (before != after).then(|| text(before, after))
}

fn text(before: &str, after: &str) -> String {
    format!(
        "The site's address changes from {before} to {after}. The servers get the new one (`wwwroot`) one after the \
         other. What is written in texts of the site, or known to others, stays as it is:\n  \
         - links in courses: on a server, as apache, in /var/www/moodle/html\n    \
         php admin/tool/replace/cli/replace.php --search={before} --replace={after}\n  \
         - the record of the new name, where the spec has no `dns`\n  \
         - addresses that others send people back to: single sign-on, payment, LTI, the mobile app\n  \
         - bookmarks: let the old name redirect to the new one"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_address_says_what_else_must_change() {
        let text = text("https://old.example.edu", "https://new.example.edu");
        for part in ["wwwroot", "--search=https://old.example.edu --replace=https://new.example.edu", "single sign-on"]
        {
            assert!(text.contains(part), "{text}");
        }
    }
}
