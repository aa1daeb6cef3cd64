//! What plan, apply and destroy do first: read the spec, connect, open the state, settle, refresh, plan.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::args::{Choice, Common};
use super::failure::{Exit, Failure, Instead};
use super::limit::Limit;
use super::terminal::Terminal;
use super::{crash, sandboxed};
use crate::aws::connect::{self, Login};
use crate::aws::{Cx, facts};
use crate::graph::Graph;
use crate::kind::Address;
use crate::kind::erased::Registry;
use crate::plan::settle::{Outcome, settle};
use crate::plan::{Home, Options, Pace, Plan, plan, refresh};
use crate::spec;
use crate::state::event::Event;
use crate::state::lock::Holder;
use crate::state::store::{Folder, Opened, Place};
use crate::topology::{self, Facts, Question, Topology};
use crate::{kinds, report};

/// The largest spec or plan file that is read, in bytes.
const LARGEST: u64 = 64 * 1024 * 1024;

/// A spec as read from its file.
pub(super) struct Spec {
    pub(super) path: PathBuf,
    pub(super) bytes: Vec<u8>,
    pub(super) topology: Topology,
}

/// Reads a file that the user named; `-` is not one, so that a plan can say where it came from.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |error: std::io::Error| Failure::file("read", path, &error);
    let file = std::fs::File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > LARGEST {
        return Err(Failure::new(Exit::File, format!("{} is too large", path.display()), "is it the right file?"));
    }
    Ok(bytes)
}

/// Reads and checks a spec. Warnings go to the terminal; faults are the failure.
pub(super) fn read_spec(path: &Path, terminal: Terminal) -> Result<Spec, Failure> {
    let bytes = read_file(path)?;
    let file = path.display().to_string();
    let (topology, diagnostics) = topology::read(&bytes, &file);
    let source = String::from_utf8_lossy(&bytes);
    let text = spec::render::render(&diagnostics, &file, &source, terminal.style().colour);
    match topology {
        Some(topology) if !diagnostics.iter().any(|it| it.severity == spec::diagnostic::Severity::Error) => {
            terminal.talk(&text);
            Ok(Spec { path: path.to_owned(), bytes, topology })
        }
        _ => {
            let mut failure = Failure::new(Exit::Spec, format!("{file} has faults"), "");
            failure.instead = Some(Box::new(Instead { text, json: diagnostics_json(&json!(diagnostics)) }));
            Err(failure)
        }
    }
}

/// Returns faults and warnings of a spec as a document of their own.
pub(super) fn diagnostics_json(diagnostics: &Value) -> Value {
    json!({ "format": "moodle-infra/diagnostics", "version": 1, "diagnostics": diagnostics })
}

/// The folder that a command's state is in: the sandbox has its own, so that it never meets AWS's.
pub(super) fn state_folder(common: &Common) -> PathBuf {
    if common.sandbox { common.state_dir.join("sandbox") } else { common.state_dir.clone() }
}

/// Returns who we are, for the lock.
pub(super) fn holder(command: &str) -> Holder {
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    Holder { pid: std::process::id(), host, command: command.to_owned(), since: super::clock::now() }
}

/// Where states are kept.
pub(super) fn place(common: &Common) -> Folder {
    Folder(state_folder(common))
}

/// Opens the state of a stack.
pub(super) fn open(
    place: &dyn Place,
    stack: &str,
    command: &str,
    terminal: Terminal,
) -> Result<Box<dyn Opened>, Failure> {
    let store = place.open(stack, &super::clock::lineage(), &holder(command))?;
    if let Some(dead) = store.taken_over() {
        terminal.note(&format!("took over the lock of {dead}, which has died"));
    }
    Ok(store)
}

/// A connection to AWS or the sandbox, and the opened state of a stack.
pub(super) struct Session {
    pub(super) cx: Cx,
    pub(super) registry: Registry,
    pub(super) store: Box<dyn Opened>,
    pub(super) pace: Pace,
}

impl Session {
    /// Connects, opens the state, checks that they belong together, and settles what a crash left open.
    pub(super) async fn begin(
        common: &Common,
        topology: &Topology,
        limits: &[Limit],
        command: &str,
        terminal: Terminal,
    ) -> Result<Session, Failure> {
        let region = topology.region.clone().or_else(|| common.region.clone());
        let (cx, pace) = if common.sandbox {
            let cx = sandboxed::enter(common, region.as_deref(), terminal).await?;
            sandboxed::furnish(&cx, topology, terminal).await?;
            (cx, Pace::EMULATOR)
        } else {
            let login = common.profile.clone().map_or(Login::User, Login::Profile);
            (connect::connect(connect::Options { login, region, endpoint: None }).await?, pace())
        };
        crash::arm(&cx)?;
        for Limit { service, per_second } in limits {
            cx.wire().limit(service, *per_second);
        }
        let store = open(&place(common), &topology.name, command, terminal)?;
        let mut session = Session { cx, registry: kinds::registry(), store, pace };
        session.check_home()?;
        let settled = settle(&session.cx, &session.registry, session.store.as_mut(), pace).await?;
        if !settled.is_empty() {
            let what = report::count(settled.len(), "call");
            terminal.note(&format!("an earlier run was interrupted; {what} without an answer settled:"));
            for it in settled {
                let outcome = match it.outcome {
                    Outcome::Made => "was made, and is adopted",
                    Outcome::Deleted => "was deleted",
                    Outcome::Read => "was read again",
                    Outcome::Nothing => "had not happened",
                };
                terminal.note(&format!("  {} {outcome}", it.key.address));
            }
        }
        Ok(session)
    }

    pub(super) fn home(&self) -> Home {
        Home { account: self.cx.account().to_owned(), region: self.cx.region().to_owned() }
    }

    /// Settling in another account would conclude that nothing was ever made.
    fn check_home(&self) -> Result<(), Failure> {
        let state = self.store.state();
        let (Some(account), Some(region)) = (&state.account, &state.region) else { return Ok(()) };
        let recorded = Home { account: account.clone(), region: region.clone() };
        let now = self.home();
        if recorded == now {
            return Ok(());
        }
        Err(crate::plan::PlanError::Elsewhere { state: recorded, now }.into())
    }

    /// Returns what a spec asks for in this account.
    pub(super) async fn wanted(&self, topology: &Topology) -> Result<(Facts, Graph), Failure> {
        let facts = self.facts(topology).await?;
        let graph = topology.graph(&facts);
        Ok((facts, graph))
    }

    /// Returns the event that pins the zones, if they are not pinned already.
    pub(super) fn pinning(&self, facts: Option<&Facts>) -> Option<Event> {
        let value = json!(facts.map(Facts::zones).unwrap_or_default());
        let news = self.store.state().facts.get("zones").unwrap_or(&json!([])) != &value;
        news.then(|| Event::Fact { name: "zones".to_owned(), value })
    }

    /// Plans: looks at AWS unless told not to, and compares.
    pub(super) async fn plan(
        &mut self,
        spec: &Spec,
        choice: &Choice,
        replace: &[Address],
        destroy: bool,
    ) -> Result<Plan, Failure> {
        let wanted = if destroy { None } else { Some(self.wanted(&spec.topology).await?) };
        let (facts, graph) = wanted.map_or_else(|| (None, Graph::default()), |(facts, graph)| (Some(facts), graph));
        let looks = if choice.refresh {
            refresh::refresh(&self.cx, &self.registry, self.store.state(), self.pace).await?
        } else {
            BTreeMap::new()
        };
        let options = options(choice, replace, destroy);
        let mut made = plan(&self.registry, &graph, self.store.state(), &looks, &options, &self.home())?;
        if !destroy {
            made.learnt.extend(self.pinning(facts.as_ref()));
        }
        // A stack that is destroyed forgets that its site was installed.
        let answers = json!(facts.as_ref().map(Facts::answers).unwrap_or_default());
        if self.store.state().facts.get(ANSWERS).unwrap_or(&json!({})) != &answers {
            made.learnt.push(Event::Fact { name: ANSWERS.to_owned(), value: answers });
        }
        Ok(made)
    }

    /// Returns the facts of the account. The zones of the state come first, so that AWS adding one moves nothing; AWS
    /// is asked only when they do not suffice.
    async fn facts(&self, topology: &Topology) -> Result<Facts, Failure> {
        let mut zones = pinned_zones(self.store.state());
        let Home { account, region } = self.home();
        let answers = self.answers(topology).await?;
        if let Ok(facts) = Facts::of(topology, &account, &region, &zones) {
            return Ok(facts.knowing(answers));
        }
        let known = facts::zones(&self.cx).await.map_err(|error| {
            Failure::of(Exit::Access, &error, "these credentials must be allowed ec2:DescribeAvailabilityZones")
        })?;
        zones.extend(known.into_iter().filter(|zone| !zones.contains(zone)).collect::<Vec<_>>());
        let facts = Facts::of(topology, &account, &region, &zones);
        let facts = facts.map_err(|error| Failure::of(Exit::Spec, &error, "correct `zones` in the spec"))?;
        Ok(facts.knowing(answers))
    }

    /// Asks AWS what the topology wants to know.
    async fn answers(&self, topology: &Topology) -> Result<BTreeMap<Question, String>, Failure> {
        let mut answers = BTreeMap::new();
        let known = remembered(self.store.state());
        for question in topology.questions() {
            let action = question.action();
            let found = match &question {
                Question::HostedZone(name) => facts::hosted_zones(&self.cx, name).await,
                Question::PrefixList(name) => facts::prefix_lists(&self.cx, name).await,
                // What is installed stays so, whatever becomes of the servers that said it.
                Question::Installed(_) if known.get(&question.to_string()).is_some_and(|it| it == Question::YES) => {
                    Ok(vec![Question::YES.to_owned()])
                }
                Question::Installed(path) => {
                    let word = |yes| if yes { Question::YES } else { Question::NO };
                    facts::is_installed(&self.cx, path).await.map(|yes| vec![word(yes).to_owned()])
                }
            };
            let failed =
                |error| Failure::of(Exit::Access, &error, format!("these credentials must be allowed {action}"));
            let mut found = found.map_err(failed)?;
            match (found.pop(), found.pop()) {
                (Some(id), None) => answers.insert(question, id),
                (None, _) => {
                    let help = "correct the name in the spec, or make it in AWS first";
                    return Err(Failure::new(Exit::Spec, format!("{question} does not exist in this account"), help));
                }
                (Some(one), Some(other)) => {
                    let what = format!("{question} exists more than once in this account: {other}, {one}");
                    return Err(Failure::new(Exit::Spec, what, "delete the one that is not used"));
                }
            };
        }
        Ok(answers)
    }
}

/// AWS's own endpoints never are on this machine; what answers here is an emulator, which has no replicas.
fn pace() -> Pace {
    let endpoint = std::env::var_os("AWS_ENDPOINT_URL").and_then(|it| it.into_string().ok()).unwrap_or_default();
    let here = ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"];
    if here.iter().any(|it| endpoint.starts_with(it)) { Pace::EMULATOR } else { Pace::AWS }
}

/// Under which name a state remembers what was asked of the account.
const ANSWERS: &str = "answers";

/// Returns what the state remembers of the account, by what a [`Question`] displays.
pub(super) fn remembered(state: &crate::state::State) -> BTreeMap<String, String> {
    let answers = state.facts.get(ANSWERS).and_then(Value::as_object);
    let text = |(question, answer): (&String, &Value)| Some((question.clone(), answer.as_str()?.to_owned()));
    answers.into_iter().flatten().filter_map(text).collect()
}

/// Returns the zones that the state has pinned.
pub(super) fn pinned_zones(state: &crate::state::State) -> Vec<String> {
    let pinned = state.facts.get("zones").and_then(Value::as_array);
    pinned.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

pub(super) fn options(choice: &Choice, replace: &[Address], destroy: bool) -> Options {
    Options {
        destroy,
        targets: choice.target.clone(),
        replace: replace.iter().cloned().collect(),
        allow_data_loss: choice.allow_data_loss.iter().cloned().collect(),
    }
}
