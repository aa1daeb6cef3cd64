//! The command line.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand};

use super::import::table::Version;
use super::limit::Limit;
use crate::kind::Address;

/// Plan and apply a Moodle deployment on AWS from a KDL spec.
#[derive(Debug, Parser)]
#[command(name = "moodle-infra", version, about, max_term_width = 100, arg_required_else_help = true)]
pub struct Cli {
    /// What every command takes.
    #[command(flatten)]
    pub common: Common,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// The folder that the state is kept in
    #[arg(long, global = true, default_value = "state", value_name = "FOLDER")]
    pub state_dir: PathBuf,
    /// Work against an emulator on this machine: no AWS account, no credentials
    #[arg(long, global = true)]
    pub sandbox: bool,
    /// The AWS profile to sign in with
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// The region, where the spec names none
    #[arg(long, global = true, value_name = "NAME")]
    pub region: Option<String>,
    /// Print data as JSON on standard output
    #[arg(long, global = true)]
    pub json: bool,
    /// No colours and no live progress (as with the variable `NO_COLOR`)
    #[arg(long, global = true)]
    pub plain: bool,
    /// Tell of every API call on standard error (-vv: more)
    #[arg(long, short, global = true, action = ArgAction::Count)]
    pub verbose: u8,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a small spec to begin with, and say what to do next
    Init(InitArgs),
    /// Check a spec, without credentials and network
    Validate {
        /// The spec
        spec: PathBuf,
        /// Print the spec with every default filled in
        #[arg(long)]
        effective: bool,
    },
    /// Format a spec; every comment stays
    Fmt {
        /// The specs
        #[arg(required = true)]
        specs: Vec<PathBuf>,
        /// Change nothing, and exit with 1 when something would change
        #[arg(long)]
        check: bool,
    },
    /// Print the resources of a spec and what each waits for, as a graph in the DOT language
    Graph {
        /// The spec
        spec: PathBuf,
    },
    /// Write what the web servers of a spec boot, without credentials and network
    Render {
        /// The spec
        spec: PathBuf,
        /// The folder to write to; new, or empty
        #[arg(long, value_name = "FOLDER")]
        out: PathBuf,
        /// Endpoints and ids, as `output --json` prints them; those that it lacks are made up
        #[arg(long, value_name = "FILE")]
        outputs: Option<PathBuf>,
    },
    /// Take over what exists: a resource into the state, or another description of a site into a spec
    #[command(subcommand)]
    Import(ImportCommand),
    /// Print the least IAM policy that a spec needs, without credentials and network
    Permissions {
        /// The spec
        spec: PathBuf,
        /// For planning, which only reads
        #[arg(long)]
        plan: bool,
        /// For planning, applying and destroying (the default)
        #[arg(long, conflicts_with = "plan")]
        apply: bool,
        /// Only this one, where they are several
        #[arg(long, value_name = "NUMBER")]
        part: Option<usize>,
    },
    /// Print what a spec costs in a month, without credentials and network
    Cost {
        /// The spec
        spec: PathBuf,
    },
    /// Show what an apply would do
    Plan(PlanArgs),
    /// Make AWS as the spec says
    Apply(ApplyArgs),
    /// Delete everything of the stack
    Destroy(DestroyArgs),
    /// Show an output, or all of them
    Output {
        /// The name of an output
        name: Option<String>,
        /// The stack; needed when the state folder has several
        #[arg(long, value_name = "NAME")]
        stack: Option<String>,
    },
    /// Look into the state, or correct it by hand
    #[command(subcommand)]
    State(StateCommand),
    /// The lock of a stack
    #[command(subcommand)]
    Lock(LockCommand),
    /// Free the lock of a stack whose holder has died on another machine
    Unlock {
        /// The stack; needed when the state folder has several
        stack: Option<String>,
        /// How you know that; it is kept with the state
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// The emulator behind `--sandbox`
    #[command(subcommand)]
    Sandbox(SandboxCommand),
    /// Print the completion script of a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

/// What plan, apply and destroy take.
#[derive(Debug, Clone, Default, Args)]
pub struct Choice {
    /// Only this resource or what stands below this address, what it needs, and what cannot stay without it
    #[arg(long, value_name = "ADDRESS", value_parser = Address::parse)]
    pub target: Vec<Address>,
    /// Whether to look at every resource in AWS first
    #[arg(long, value_name = "BOOL", default_value_t = true, action = ArgAction::Set)]
    pub refresh: bool,
    /// Allow this resource to lose its data
    #[arg(long, value_name = "ADDRESS", value_parser = Address::parse)]
    pub allow_data_loss: Vec<Address>,
    /// Make at most so many calls a second to a service, as in `ec2=5` or `rds=0.5`; the published rates of AWS are
    /// kept anyway
    #[arg(long, value_name = "SERVICE=N", value_parser = Limit::parse)]
    pub limit: Vec<Limit>,
}

/// What `init` takes. On a terminal it asks for what is missing.
#[derive(Debug, Clone, Args)]
pub struct InitArgs {
    /// The stack's name, with which the names of its resources begin
    pub name: Option<String>,
    /// The name under which people reach the site; without it, it is reached by the load balancer's own name
    #[arg(long, value_name = "NAME")]
    pub domain: Option<String>,
    /// The zone in Route 53 that the domain is in, where that is not the part behind its first dot
    #[arg(long, value_name = "NAME", requires = "domain")]
    pub zone: Option<String>,
    /// How many people the site is for
    #[arg(long, value_enum, default_value_t = SizeArg::Small)]
    pub size: SizeArg,
    /// The address of the administrator, who also gets the alarms
    #[arg(long, value_name = "ADDRESS")]
    pub email: Option<String>,
    /// The file to write; never one that is there already [default: NAME.kdl]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// How many people a site is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum SizeArg {
    /// A department, a pilot: the least that survives the loss of a server
    Small,
    /// A university: AWS's reference architecture
    Standard,
    /// A large university, or several
    Large,
}

/// What `plan` takes.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "switches of a command line")]
pub struct PlanArgs {
    /// The spec
    pub spec: PathBuf,
    /// What to plan.
    #[command(flatten)]
    pub choice: Choice,
    /// Replace this resource though nothing changed
    #[arg(long, value_name = "ADDRESS", value_parser = Address::parse)]
    pub replace: Vec<Address>,
    /// Plan the deletion of everything
    #[arg(long)]
    pub destroy: bool,
    /// Do not ask AWS first whether what the plan makes can be had: classes, versions, certificates, names, quotas
    #[arg(long)]
    pub no_preflight: bool,
    /// Ask nobody: compare the spec with the state alone
    #[arg(long, conflicts_with_all = ["sandbox", "profile"])]
    pub offline: bool,
    /// Save the plan, for `apply FILE`
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Exit with 0 for no changes, 2 for changes, 1 for any error
    #[arg(long)]
    pub detailed_exitcode: bool,
}

/// What `apply` takes.
#[derive(Debug, Args)]
pub struct ApplyArgs {
    /// The spec, or a plan saved by `plan --out`
    pub file: PathBuf,
    /// What to apply.
    #[command(flatten)]
    pub choice: Choice,
    /// Replace this resource though nothing changed
    #[arg(long, value_name = "ADDRESS", value_parser = Address::parse)]
    pub replace: Vec<Address>,
    /// Do not ask AWS first whether what the plan makes can be had: classes, versions, certificates, names, quotas
    #[arg(long)]
    pub no_preflight: bool,
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
}

/// What `destroy` takes.
#[derive(Debug, Args)]
pub struct DestroyArgs {
    /// The spec
    pub spec: PathBuf,
    /// What to delete.
    #[command(flatten)]
    pub choice: Choice,
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
}

/// What to do with the state.
#[derive(Debug, Subcommand)]
pub enum StateCommand {
    /// List the resources in the state
    List {
        /// Only what stands at or below this address
        #[arg(value_parser = Address::parse)]
        below: Option<Address>,
        /// The stack; needed when the state folder has several
        #[arg(long, value_name = "NAME")]
        stack: Option<String>,
    },
    /// Show everything recorded of a resource
    Show {
        /// The resource
        #[arg(value_parser = Address::parse)]
        address: Address,
        /// The stack; needed when the state folder has several
        #[arg(long, value_name = "NAME")]
        stack: Option<String>,
    },
    /// Forget a resource; it stays in AWS, and nothing will look after it
    Rm {
        /// The resource
        #[arg(value_parser = Address::parse)]
        address: Address,
        /// The stack; needed when the state folder has several
        #[arg(long, value_name = "NAME")]
        stack: Option<String>,
    },
    /// Look for secrets in what is kept of a stack, and exit with 1 when something looks like one
    Scan {
        /// The stack; without it every stack in the state folder
        stack: Option<String>,
        /// A plan file to look into as well
        #[arg(long, value_name = "FILE")]
        plan: Vec<PathBuf>,
    },
    /// Give a resource another address
    Mv {
        /// Where it is
        #[arg(value_parser = Address::parse)]
        from: Address,
        /// Where it shall be
        #[arg(value_parser = Address::parse)]
        to: Address,
        /// The stack; needed when the state folder has several
        #[arg(long, value_name = "NAME")]
        stack: Option<String>,
    },
}

/// What to do with a lock.
#[derive(Debug, Subcommand)]
pub enum LockCommand {
    /// Say who holds the lock, since when and for what; exit with 5 when somebody does
    Status {
        /// The stack; without it every stack in the state folder
        stack: Option<String>,
    },
}

/// What can be taken over.
#[derive(Debug, Subcommand)]
pub enum ImportCommand {
    /// Take a resource that stands in AWS already into the state, where the spec asks for one
    ///
    /// Nothing is changed in AWS: the next plan shows what an apply would change so that the resource is as the spec
    /// says. Without ADDRESS and ID, what the spec asks for is listed with what the ids look like.
    Resource {
        /// The spec
        spec: Option<PathBuf>,
        /// Where the spec asks for it, as `plan` shows it
        #[arg(value_parser = Address::parse, requires = "id")]
        address: Option<Address>,
        /// What AWS calls it
        id: Option<String>,
        /// Print what the ids of every kind look like
        #[arg(long, hide = true, exclusive = true)]
        table: bool,
    },
    /// The parameters of a stack of AWS's reference architecture for Moodle
    Cloudformation {
        /// The answer of `aws cloudformation describe-stacks`, or a file of parameters, as JSON
        file: Option<PathBuf>,
        /// The generation of the templates; without it the parameters tell
        #[arg(long, value_enum)]
        version: Option<Version>,
        /// The name of the stack in the spec; without it that of the stack in the file
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// Print the table of parameters and fields
        #[arg(long, hide = true)]
        table: bool,
    },
}

/// What to do with the emulator.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum SandboxCommand {
    /// Say whether it runs, and where
    Status,
    /// Stop it
    Stop,
}

impl Command {
    /// Returns the command in a few words, for the lock's holder record.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Command::Init(_) => "init",
            Command::Validate { .. } => "validate",
            Command::Fmt { .. } => "fmt",
            Command::Graph { .. } => "graph",
            Command::Render { .. } => "render",
            Command::Import(_) => "import",
            Command::Permissions { .. } => "permissions",
            Command::Cost { .. } => "cost",
            Command::Plan(_) => "plan",
            Command::Apply(_) => "apply",
            Command::Destroy(_) => "destroy",
            Command::Output { .. } => "output",
            Command::State(_) => "state",
            Command::Lock(_) => "lock",
            Command::Unlock { .. } => "unlock",
            Command::Sandbox(_) => "sandbox",
            Command::Completions { .. } => "completions",
            Command::Man => "man",
        }
    }
}
