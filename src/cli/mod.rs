//! Arguments, one file a command; the only place that knows exit codes and prints.

pub mod args;
pub mod failure;

mod apply;
mod clock;
mod cost;
mod crash;
pub mod import;
mod init;
pub mod limit;
mod lock;
mod moved;
mod offline;
mod output;
mod permissions;
mod plan;
mod preflight;
mod render;
pub mod sandbox;
mod sandboxed;
mod scan;
mod session;
mod signals;
mod spec;
mod state;
mod terminal;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::report::permissions::Purpose;
use args::{Cli, Command, ImportCommand, LockCommand};
use failure::{Exit, Failure};
use terminal::Terminal;

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors; a reader that went away is none either.
            let _gone = error.print();
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Success };
            return ExitCode::from(exit.code());
        }
    };
    let terminal = Terminal::of(&cli.common);
    logging(cli.common.verbose);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let ended = match runtime {
        Ok(runtime) => runtime.block_on(run(&cli, terminal)),
        Err(error) => Err(Failure::of(Exit::Failed, &error, "the system refuses an event queue; see `ulimit -n`")),
    };
    let exit = ended.unwrap_or_else(|failure| {
        if terminal.json {
            terminal.data(&format!("{}\n", failure.json()));
        }
        if !terminal.json || failure.instead.is_none() {
            terminal.talk(&failure.text());
        }
        failure.exit
    });
    ExitCode::from(exit.code())
}

async fn run(cli: &Cli, terminal: Terminal) -> Result<Exit, Failure> {
    let common = &cli.common;
    match &cli.command {
        Command::Init(args) => init::init(common, args, terminal),
        Command::Validate { spec, effective } => spec::validate(spec, *effective, terminal),
        Command::Fmt { specs, check } => spec::fmt(specs, *check, terminal),
        Command::Graph { spec } => offline::graph(spec, terminal),
        Command::Render { spec, out, outputs } => render::render(spec, out, outputs.as_deref(), terminal),
        Command::Import(ImportCommand::Resource { spec, address, id, table }) => {
            match (spec, address.as_ref().zip(id.as_deref())) {
                _ if *table => Ok(import::resource::documentation(terminal)),
                (Some(spec), Some((address, id))) => {
                    Box::pin(import::resource::import(common, spec, address, id, terminal)).await
                }
                (Some(spec), None) => import::resource::list(common, spec, terminal),
                (None, _) => Err(Failure::new(Exit::Usage, "no spec is named", "name the spec")),
            }
        }
        Command::Import(ImportCommand::Cloudformation { file, version, name, table }) => match file {
            _ if *table => Ok(import::documentation(terminal)),
            Some(file) => import::cloudformation(file, *version, name.as_deref(), terminal),
            None => Err(Failure::new(Exit::Usage, "no file is named", "name the file with the parameters")),
        },
        Command::Permissions { spec, plan, apply: _, part } => {
            let purpose = if *plan { Purpose::Plan } else { Purpose::Apply };
            permissions::print(spec, purpose, *part, terminal)
        }
        Command::Cost { spec } => cost::cost(spec, terminal),
        Command::Plan(args) => {
            let ended = if args.offline {
                offline::plan(common, args, terminal)
            } else {
                plan::plan(common, args, terminal).await
            };
            // Whoever asks for the detailed code wants to tell changes from errors, whatever the error.
            ended.map_err(|failure| Failure {
                exit: if args.detailed_exitcode { Exit::Failed } else { failure.exit },
                ..failure
            })
        }
        Command::Apply(args) => Box::pin(apply::apply(common, args, terminal)).await,
        Command::Destroy(args) => apply::destroy(common, args, terminal).await,
        Command::Output { name, stack } => output::output(common, name.as_deref(), stack.as_deref(), terminal),
        Command::State(command) => state::state(common, command, terminal),
        Command::Lock(LockCommand::Status { stack }) => lock::status(common, stack.as_deref(), terminal),
        Command::Unlock { stack, reason } => lock::unlock(common, stack.as_deref(), reason, terminal),
        Command::Sandbox(command) => sandboxed::command(common, *command, terminal),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "moodle-infra", &mut script);
            terminal.data(&String::from_utf8_lossy(&script));
            Ok(Exit::Success)
        }
        Command::Man => {
            let mut page = Vec::new();
            let rendered = clap_mangen::Man::new(Cli::command()).render(&mut page);
            rendered.map_err(|error| Failure::of(Exit::Failed, &error, ""))?;
            terminal.data(&String::from_utf8_lossy(&page));
            Ok(Exit::Success)
        }
    }
}

/// API calls are told on standard error; never bodies or headers, which may hold secrets.
fn logging(verbose: u8) {
    let filter = match verbose {
        0 => return,
        1 => "moodle_infra=debug",
        _ => "moodle_infra=trace",
    };
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false).init();
}
