//! What the site is made of, as parameters under `/Moodle/<stack>/`: the same facts as the outputs, for scripts in AWS.

use super::{Needs, parameters_of};
use crate::kind::{Address, Text};
use crate::kinds::ssm::parameter::{Parameter, ParameterProps};
use crate::topology::{Build, Shared};

/// Adds the parameters.
pub(super) fn add(cx: &mut Build<'_>, needs: &Needs<'_>) {
    for (name, value) in facts(needs) {
        let props = ParameterProps {
            name: format!("{}/{name}", parameters_of(cx.stack)),
            value,
            tags: cx.tags(&format!("parameter-{}", name.replace('/', "-"))),
        };
        cx.graph.add::<Parameter>(Address::of("web.parameter", Some(&name)), props);
    }
}

fn facts(needs: &Needs<'_>) -> Vec<(String, Text)> {
    let mut facts = vec![("network/vpc".to_owned(), needs.places.vpc.early().text())];
    if let Some(database) = needs.database {
        facts.push(("database/endpoint".to_owned(), database.endpoint.clone()));
        facts.extend(database.reader.iter().map(|it| ("database/reader-endpoint".to_owned(), it.clone())));
        facts.push(("database/name".to_owned(), database.name.clone()));
        facts.push(("database/secret".to_owned(), database.secret.clone()));
    }
    for (purpose, store) in needs.stores {
        facts.push((format!("cache/{}/endpoint", purpose.word()), store.endpoint.clone()));
    }
    if let Some(Shared { file_system, dns, access_points: _, mount_targets: _ }) = needs.shared {
        facts.push(("files/file-system".to_owned(), file_system.clone()));
        facts.push(("files/dns".to_owned(), dns.clone()));
    }
    facts.extend(needs.url.iter().map(|it| ("url".to_owned(), it.clone())));
    facts
}
