//! The sandbox as the commands use it, and `sandbox status` and `sandbox stop`.

use serde_json::json;

use super::args::{Common, SandboxCommand};
use super::failure::{Exit, Failure};
use super::sandbox::{Running, Sandbox, SandboxError, Status};
use super::terminal::Terminal;
use crate::aws::connect::connect;
use crate::aws::{Cx, facts};
use crate::topology::{Question, Topology};

/// The region of a sandbox whose spec names none.
pub(super) const REGION: &str = "eu-west-1";

/// Finds or starts the sandbox of the state folder, and connects to it.
pub(super) async fn enter(common: &Common, region: Option<&str>, terminal: Terminal) -> Result<Cx, Failure> {
    let sandbox = Sandbox::of(&common.state_dir)?;
    let running = sandbox.ensure(&mut |text| terminal.note(text))?;
    if running.fresh {
        terminal.note(&format!("The sandbox answers at {}; `moodle-infra sandbox stop` ends it.", running.endpoint));
    }
    Ok(connect(running.options(region.unwrap_or(REGION))).await?)
}

/// Makes what a spec takes for there: its owner's hosted zone, which on AWS comes with the domain. A sandbox begins empty.
pub(super) async fn furnish(cx: &Cx, topology: &Topology, terminal: Terminal) -> Result<(), Failure> {
    let failed = |error| Failure::of(Exit::Sandbox, &error, "stop the sandbox with `moodle-infra sandbox stop`");
    for question in topology.questions() {
        let Question::HostedZone(name) = question else { continue };
        if facts::hosted_zones(cx, &name).await.map_err(failed)?.is_empty() {
            facts::make_hosted_zone(cx, &name).await.map_err(failed)?;
            terminal.note(&format!("The sandbox now has the hosted zone {name}, which on AWS is yours already."));
        }
    }
    Ok(())
}

/// Says how the sandbox stands, or stops it.
pub(super) fn command(common: &Common, command: SandboxCommand, terminal: Terminal) -> Result<Exit, Failure> {
    let sandbox = Sandbox::of(&common.state_dir)?;
    match command {
        SandboxCommand::Status => {
            let status = sandbox.status();
            let (word, running) = match &status {
                Status::Running(running) => ("running", Some(running)),
                Status::Silent { .. } => ("silent", None),
                Status::Stopped => ("stopped", None),
            };
            if terminal.json {
                let endpoint = running.map(|it| &it.endpoint);
                terminal.data(&format!("{}\n", json!({ "status": word, "endpoint": endpoint })));
            } else {
                terminal.data(&match (&status, running) {
                    (_, Some(Running { endpoint, pid, log, fresh: _ })) => {
                        format!("running at {endpoint}, process {pid}, log {}\n", log.display())
                    }
                    (Status::Silent { pid }, _) => format!("process {pid} lives, but does not answer\n"),
                    _ => "stopped\n".to_owned(),
                });
            }
        }
        SandboxCommand::Stop => {
            let stopped = sandbox.stop()?;
            terminal.note(if stopped { "Stopped; its data is kept for the next time." } else { "It was not running." });
        }
    }
    Ok(Exit::Success)
}

impl From<SandboxError> for Failure {
    fn from(error: SandboxError) -> Failure {
        let help = error.help();
        Failure::of(Exit::Sandbox, &error, help)
    }
}
