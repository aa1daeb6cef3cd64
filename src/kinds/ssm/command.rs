//! `ssm.command`: that the servers of a site were told something before, or after, its code became another.
//!
//! It owns nothing in AWS: what it remembers is the command that it sent last. Saying the same twice does no harm, so
//! after a failure a new one takes its place and says it again.

use aws_sdk_ssm::types::{Command as Sent, CommandInvocation, Target};

use super::reports;
use crate::aws::{Cx, Result, call};
use crate::kind::{
    Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Retry, Seen, Text, Token, Transition, Verb, Wait,
};
use crate::kinds::answer::{complete, existing};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct Command;

props! {
    /// What we want servers to be told.
    pub struct CommandProps {
        /// The value of the tag `Name` that they carry.
        replace servers: String,
        /// Below which parameter they report.
        replace path: String,
        /// What they run, as root.
        replace script: String,
        /// Whether it is only for a site that runs another build; else it is said whenever the build is new.
        replace only_others: bool,
        /// The build that it was said for.
        update build: String,
        /// What was said before and is to be answered: whenever that is something else, this is said again. May be empty.
        update answers: Text,
    }
}

attrs! {
    /// What we remember of a command.
    pub struct CommandAttrs {
        /// The servers.
        servers: String,
        /// The path.
        path: String,
        /// The script.
        script: String,
        /// Whether it was only for another build.
        only_others: bool,
        /// The build that it was said for.
        build: String,
        /// What it answered.
        answers: String,
        /// The command that was sent last, if any.
        command: Option<String>,
        /// That command, or something that another resource in its place does not have.
        said: String,
    }
}

const SEND: &str = "ssm:SendCommand";
const LIST: &str = "ssm:ListCommands";
const INVOCATIONS: &str = "ssm:ListCommandInvocations";
const DOCUMENT: &str = "AWS-RunShellScript";
/// For so many seconds servers that are starting may answer.
const DELIVERY_SECONDS: i32 = 600;
/// How much of what a server says is shown.
const LINES: usize = 15;

impl Kind for Command {
    const NAME: &'static str = "ssm.command";
    const ID: &'static str = "build";
    const BATCH: usize = 5;
    const POLL: Poll = Poll { ready: Wait::looks(8.0, 3.0, 3.0, 900.0), gone: Wait::none() };
    const CHANGED: Wait = Wait::looks(8.0, 3.0, 3.0, 900.0);
    const RATE: Rate = Rate { group: "commands", burst: 3, per_second: 1.0 };
    const ACTIONS: Actions = Actions {
        create: &[reports::LIST, SEND],
        read: &[LIST, INVOCATIONS],
        update: &[reports::LIST, SEND],
        delete: &[],
        find: &[reports::LIST, LIST],
    };
    const RETRY: &'static [Retry] = &[
        // A server that started a moment ago is not known to Systems Manager yet.
        Retry::on(Verb::Create, "InvalidInstanceId", 300.0),
        Retry::on(Verb::Update, "InvalidInstanceId", 300.0),
    ];
    const MOVES: &'static [&'static str] = &["build", "answers", "command", "said"];
    const NAMED: Named = Named::Not("it is what servers were told once");

    type Props = CommandProps;
    type Attrs = CommandAttrs;

    async fn create(cx: &Cx, token: &Token, want: &CommandProps) -> Result<CommandAttrs> {
        let command = if is_needed(cx, want).await? { Some(send(cx, want, &comment(token)).await?) } else { None };
        Ok(attrs_of(want, token, command))
    }

    async fn read(cx: &Cx, have: &[CommandAttrs]) -> Result<Vec<Option<Seen<Command>>>> {
        let mut all = Vec::new();
        for attrs in have {
            let CommandAttrs { servers, path, script, only_others, build, answers, command, said: _ } = attrs.clone();
            let phase = match command {
                Some(command) => phase(cx, &command).await?,
                None => Phase::Ready,
            };
            let props = CommandProps { servers, path, script, only_others, build, answers: answers.into() };
            all.push(Some(Seen { phase, props, attrs: attrs.clone() }));
        }
        Ok(all)
    }

    async fn update(cx: &Cx, edit: Edit<'_, Command>) -> Result<CommandAttrs> {
        let Edit { have, was: _, want, changed: _ } = edit;
        let (build, answers) = (want.build.clone(), want.answers.as_str().to_owned());
        let attrs = CommandAttrs { build, answers, ..have.clone() };
        if !is_needed(cx, want).await? {
            return Ok(attrs);
        }
        let command = send(cx, want, &format!("moodle-infra {}", want.build)).await?;
        Ok(CommandAttrs { said: command.clone(), command: Some(command), ..attrs })
    }

    async fn delete(_cx: &Cx, _have: &CommandAttrs) -> Result<()> {
        Ok(())
    }

    async fn find(cx: &Cx, lost: &[Lost<Command>]) -> Result<Vec<Option<CommandAttrs>>> {
        let sent = call(LIST, cx.ssm().list_commands().send().await)?.commands.unwrap_or_default();
        let mut all = Vec::new();
        for Lost { token, want } in lost {
            let comment = comment(token);
            let ours = sent.iter().find(|it| it.comment() == Some(comment.as_str())).and_then(Sent::command_id);
            all.push(match ours {
                Some(command) => Some(attrs_of(want, token, Some(command.to_owned()))),
                None if is_needed(cx, want).await? => None,
                None => Some(attrs_of(want, token, None)),
            });
        }
        Ok(all)
    }

    fn noticed(_old: &CommandProps, new: &CommandProps, transition: Transition) -> Option<&'static str> {
        // That which closes the site; what it is said for has changed.
        let closes = new.script.ends_with("maintenance.sh on");
        (closes && transition == Transition::InPlace).then_some("visitors meet the page that people are at work")
    }
}

async fn is_needed(cx: &Cx, want: &CommandProps) -> Result<bool> {
    Ok(!want.only_others || reports::is_other(cx, &want.path, &want.build).await?)
}

async fn send(cx: &Cx, want: &CommandProps, comment: &str) -> Result<String> {
    let named = Target::builder().key("tag:Name").values(&want.servers).build();
    let send = cx
        .ssm()
        .send_command()
        .document_name(DOCUMENT)
        .targets(named)
        .comment(comment)
        // One after the other: each finds done what the one before it did.
        .max_concurrency("1")
        .timeout_seconds(DELIVERY_SECONDS)
        .parameters("commands", vec![want.script.clone()]);
    let answer = call(SEND, send.send().await)?;
    complete(SEND, answer.command.and_then(|it| it.command_id))
}

fn attrs_of(want: &CommandProps, token: &Token, command: Option<String>) -> CommandAttrs {
    let CommandProps { servers, path, script, only_others, build, answers } = want.clone();
    let said = command.clone().unwrap_or_else(|| format!("nothing-{}", token.short()));
    CommandAttrs { servers, path, script, only_others, build, answers: answers.as_str().to_owned(), command, said }
}

fn comment(token: &Token) -> String {
    format!("moodle-infra {}", token.as_str())
}

async fn phase(cx: &Cx, command: &str) -> Result<Phase> {
    let answer = call(LIST, cx.ssm().list_commands().command_id(command).send().await);
    let answer = existing(answer, &["InvalidCommandId"])?;
    // Systems Manager remembers for thirty days; what it has forgotten was answered long ago.
    let Some(sent) = answer.and_then(|it| it.commands?.into_iter().next()) else { return Ok(Phase::Ready) };
    let status = sent.status().map_or("Pending", |it| it.as_str());
    match status {
        "Success" => Ok(Phase::Ready),
        "Pending" | "InProgress" | "Cancelling" => Ok(Phase::Pending),
        _ => {
            let list = cx.ssm().list_command_invocations().command_id(command).details(true).send().await;
            let servers = call(INVOCATIONS, list)?.command_invocations.unwrap_or_default();
            let what = sent.status_details().unwrap_or(status);
            Ok(Phase::Failed(failure(what, &servers)))
        }
    }
}

/// Says on which server a command failed, and what that said last.
fn failure(status: &str, servers: &[CommandInvocation]) -> String {
    let failed = |it: &&CommandInvocation| it.status().is_some_and(|it| it.as_str() != "Success");
    let Some(server) = servers.iter().find(failed) else {
        return format!(
            "the command to the servers ended with {status}: does any of them run Systems Manager's agent?"
        );
    };
    let id = server.instance_id().unwrap_or("a server");
    let outputs: Vec<&str> = server.command_plugins().iter().filter_map(|it| it.output()).collect();
    let text = outputs.join("\n");
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|it| !it.is_empty()).collect();
    let last = lines[lines.len().saturating_sub(LINES)..].join("\n");
    format!("the command failed on {id} ({status}); it said last:\n{last}")
}

#[cfg(test)]
mod tests {
    use aws_sdk_ssm::types::{CommandInvocationStatus, CommandPlugin};

    use super::*;

    #[test]
    fn a_failure_names_the_server_and_what_it_said() {
        let of = |id: &str, status: &str, said: &str| {
            CommandInvocation::builder()
                .instance_id(id)
                .status(CommandInvocationStatus::from(status))
                .command_plugins(CommandPlugin::builder().output(said).build())
                .build()
        };
        let servers = [of("i-1", "Success", "fine"), of("i-2", "Failed", "one\n\ntwo\n")];
        assert_eq!(failure("Failed", &servers), "the command failed on i-2 (Failed); it said last:\none\ntwo");
        assert!(failure("NoInstancesInTag", &[]).contains("NoInstancesInTag"));
    }
}
