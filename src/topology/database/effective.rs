//! The database tier as a spec that says everything.

use super::{Database, Existing, Form, Own, Servers};
use crate::topology::effective::text;

/// Returns the lines in the block of `database`.
pub(in crate::topology) fn lines(database: &Database) -> Vec<String> {
    let Database { engine, readers, form } = database;
    let version = match form {
        Form::Own(own) => format!(" version={}", text(&own.version)),
        Form::Existing(_) => String::new(),
    };
    let mut lines = vec![format!("engine \"{}\"{version}", engine.word())];
    lines.extend(match form {
        Form::Own(own) => own_lines(own),
        Form::Existing(existing) => vec![existing_line(existing)],
    });
    lines.push(format!("readers #{readers}"));
    lines
}

fn own_lines(own: &Own) -> Vec<String> {
    let Own { version: _, servers, name, username, backup_days, key, deletion_protection, snapshot } = own;
    let servers = match servers {
        Servers::Instances { class, count } => format!("instances {} count={count}", text(class)),
        Servers::Serverless { min, max, count } => {
            format!("serverless min={} max={} count={count}", min.units(), max.units())
        }
    };
    let mut lines = vec![
        servers,
        format!("name {}", text(name)),
        format!("username {}", text(username)),
        format!("backup-days {backup_days}"),
    ];
    lines.extend(key.iter().map(|it| format!("key {}", text(it.word()))));
    lines.push(format!("deletion-protection #{deletion_protection}"));
    lines.extend(snapshot.iter().map(|it| format!("restore snapshot={}", text(it))));
    lines
}

fn existing_line(existing: &Existing) -> String {
    let Existing { host, reader, name, secret, group } = existing;
    let reader = reader.as_ref().map(|it| format!(" reader={}", text(it))).unwrap_or_default();
    let group = group.as_ref().map(|it| format!(" group={}", text(it))).unwrap_or_default();
    format!("existing host={}{reader} name={} secret={}{group}", text(host), text(name), text(secret))
}
