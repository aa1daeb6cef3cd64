//! What the code must look like: layers, registration, sizes, forbidden words.
//!
//! Every rule is a function over texts, so that each can be shown a text that it must refuse: the tests come in pairs,
//! the tree and the samples. A rule that the compiler or clippy can check is not here.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::rust::{code, paths, tokens};

/// Who may import whom: a module of `src/`, and the paths that it may name besides its own. `ARCHITECTURE.md` shows it.
///
/// `aws` and `kind` know each other: a kind makes its calls with `aws::Cx`, and `aws` takes tokens, rates and tags,
/// which are plain values. It must not know what a kind is.
const LAYERS: &[(&str, &[&str])] = &[
    ("aws", &["kind::Rate", "kind::Token", "kind::values"]),
    ("kind", &["aws"]),
    ("kinds", &["aws", "kind"]),
    ("spec", &[]),
    ("graph", &["kind"]),
    ("runtime", &["kind"]),
    ("topology", &["graph", "kind", "kinds", "runtime", "spec"]),
    ("state", &["aws", "kind"]),
    ("plan", &["aws", "graph", "kind", "state"]),
    ("preflight", &["aws", "kind", "plan", "topology"]),
    ("apply", &["aws", "graph", "kind", "plan", "state"]),
    ("report", &["apply", "aws", "graph", "kind", "plan", "state"]),
    ("cli", &["apply", "aws", "graph", "kind", "kinds", "plan", "preflight", "report", "spec", "state", "topology"]),
];

/// The two roots, which are in no layer.
const ROOTS: &[(&str, &[&str])] = &[("main", &["cli"]), ("lib", &[])];

/// What only some modules may name, and why.
const RESERVED: &[(&[&str], &[&str], &str)] = &[
    (
        &[
            "std::env",
            "std::fs",
            "std::io::stderr",
            "std::io::stdin",
            "std::io::stdout",
            "std::net::Tcp",
            "std::net::ToSocketAddrs",
            "std::net::Udp",
            "std::os::unix::net",
            "std::process",
            "tempfile",
            "tokio::fs",
            "tokio::net",
            "tokio::process",
        ],
        &["aws", "kinds", "state", "cli", "main"],
        "only aws, kinds, state and cli do input and output",
    ),
    (&["aws_"], &["aws", "kinds", "cli", "main"], "no engine module knows the SDK"),
    (&["kdl"], &["spec"], "only spec knows how a spec is written"),
    (&["clap"], &["cli", "main"], "only cli knows the command line"),
];

/// The longest file of `src/`, in lines before its tests.
const LONGEST: usize = 600;
/// The longest that the median file of `src/` may be, likewise.
const MEDIAN: usize = 150;

/// A text of the project.
struct File {
    /// Its path from the root of the project, with `/`.
    path: String,
    text: String,
}

/// A place where a rule is broken.
#[derive(Debug, PartialEq, Eq)]
struct Fault {
    path: String,
    line: usize,
    why: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.why)
    }
}

impl File {
    fn of(path: &str, text: &str) -> File {
        File { path: path.to_owned(), text: text.to_owned() }
    }

    fn fault(&self, line: usize, why: impl Into<String>) -> Fault {
        Fault { path: self.path.clone(), line, why: why.into() }
    }

    fn is_rust(&self) -> bool {
        self.is_a("rs")
    }

    fn is_a(&self, extension: &str) -> bool {
        self.path.rsplit_once('.').is_some_and(|(_, it)| it == extension)
    }

    /// Returns the module of `src/` that the file belongs to, or nothing for a file elsewhere.
    fn module(&self) -> Option<&str> {
        let inside = self.path.strip_prefix("src/").filter(|_| self.is_rust())?;
        Some(inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs"))
    }

    /// Returns the text before the unit tests, which stand last.
    fn shipped(&self) -> &str {
        let tests = self.text.find("\n#[cfg(test)]\nmod tests {").map_or(self.text.len(), |at| at + 1);
        &self.text[..tests]
    }
}

// The rules.

/// A module names only what [`LAYERS`] allows, and writes paths that leave it with `crate::`.
fn layers(file: &File) -> Vec<Fault> {
    let Some(module) = file.module() else { return Vec::new() };
    let Some((_, allowed)) = LAYERS.iter().chain(ROOTS).find(|(name, _)| *name == module) else {
        return vec![file.fault(1, format!("`{module}` is not in the table of layers: say there whom it may import"))];
    };
    // How many `super` lead out of the module: `src/a.rs` and `src/a/mod.rs` are one below the root, `src/a/b.rs` two.
    let depth = file.path.trim_end_matches("/mod.rs").matches('/').count();
    let mut faults = Vec::new();
    for (line, path) in paths(&code(file.shipped())) {
        let inside = path.strip_prefix("crate::").or_else(|| path.strip_prefix("moodle_infra::"));
        if let Some(inside) = inside {
            // The two macros of `kind` stand at the root, as exported macros do.
            let inside = if matches!(inside, "attrs" | "props") { "kind" } else { inside };
            let may =
                |prefix: &str| inside == prefix || inside.strip_prefix(prefix).is_some_and(|it| it.starts_with("::"));
            if !may(module) && !allowed.iter().any(|prefix| may(prefix)) {
                faults.push(file.fault(line, format!("`{module}` must not import `{inside}`")));
            }
        } else if path.split("::").take_while(|it| *it == "super").count() >= depth {
            faults.push(file.fault(line, format!("`{path}` leaves the module: write it with `crate::`")));
        }
    }
    faults
}

/// The page that explains the layers shows the table as it is.
fn shown(page: &File) -> Vec<Fault> {
    let row = |(module, allowed): &(&str, &[&str])| {
        let allowed: Vec<String> = allowed.iter().map(|path| format!("`{path}`")).collect();
        format!("| `{module}` | {} |", if allowed.is_empty() { "nothing".to_owned() } else { allowed.join(", ") })
    };
    let missing = LAYERS.iter().map(row).filter(|row| !page.text.lines().any(|line| line == row));
    missing.map(|row| page.fault(1, format!("the table of layers must have the line {row}"))).collect()
}

/// Only the modules that [`RESERVED`] lists name what is reserved for them.
fn reserved(file: &File) -> Vec<Fault> {
    let Some(module) = file.module() else { return Vec::new() };
    let mut faults = Vec::new();
    for (line, path) in paths(&code(file.shipped())) {
        for (prefixes, modules, why) in RESERVED {
            if !modules.contains(&module) && prefixes.iter().any(|prefix| path.starts_with(prefix)) {
                faults.push(file.fault(line, format!("`{path}`: {why}")));
            }
        }
    }
    faults
}

/// Failed calls are sorted in one place.
fn sorted_in_one_place(file: &File) -> Vec<Fault> {
    if file.module().is_none() || file.path == "src/aws/error.rs" {
        return Vec::new();
    }
    let named = |(_, word): &(usize, String)| word == "SdkError";
    let tokens = tokens(&code(&file.text)).into_iter().filter(named);
    tokens.map(|(line, _)| file.fault(line, "only src/aws/error.rs names `SdkError`: use `aws::call`")).collect()
}

/// Every kind is named after its file, and stands in the one table.
fn registered(files: &[File]) -> Vec<Fault> {
    let table = files.iter().find(|file| file.path == "src/kinds/mod.rs").map_or("", |file| file.shipped());
    let table: Vec<String> = paths(&code(table)).into_iter().map(|(_, path)| path).collect();
    let mut faults = Vec::new();
    for file in files {
        let Some(path) = file.path.strip_prefix("src/kinds/").and_then(|it| it.strip_suffix(".rs")) else { continue };
        let Some((service, name)) = path.split_once('/') else { continue };
        for (at, line) in code(file.shipped()).lines().enumerate() {
            let Some(kind) = line.strip_prefix("impl Kind for ").and_then(|it| it.split([' ', '{']).next()) else {
                continue;
            };
            if !table.contains(&format!("{service}::{name}::{kind}")) {
                faults.push(file.fault(at + 1, format!("`{kind}` is not in the table in src/kinds/mod.rs")));
            }
            let expected = format!("const NAME: &'static str = \"{service}.{name}\";");
            if !file.shipped().contains(&expected) {
                faults.push(file.fault(at + 1, format!("the kind of this file must say `{expected}`")));
            }
        }
    }
    faults
}

/// Every source file is named by a `mod` line, else it is not compiled and nobody notices.
fn reachable(files: &[File]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        let Some((folder, name)) = file.path.rsplit_once('/') else { continue };
        let (parent, name) = match name {
            "main.rs" | "lib.rs" => continue,
            "mod.rs" => folder.rsplit_once('/').unwrap_or(("", folder)),
            other => (folder, other.trim_end_matches(".rs")),
        };
        let roots = ["mod.rs", "main.rs", "lib.rs"].map(|root| format!("{parent}/{root}"));
        let named = files.iter().filter(|file| roots.contains(&file.path)).any(|file| {
            code(&file.text).lines().any(|line| {
                let item = line.trim().strip_suffix(';').and_then(|it| it.rsplit_once("mod "));
                item.is_some_and(|(before, it)| it == name && (before.is_empty() || before.starts_with("pub")))
            })
        });
        if !named {
            faults.push(file.fault(1, format!("no `mod {name};` in {parent}/: the file is not compiled")));
        }
    }
    faults
}

/// No file is too long, and most are short. Unit tests do not count.
fn sizes(files: &[File]) -> Vec<Fault> {
    let sources = || files.iter().filter(|file| file.module().is_some());
    let length = |file: &File| file.shipped().lines().count();
    let mut faults: Vec<Fault> = sources()
        .filter(|file| LONGEST < length(file))
        .map(|file| file.fault(LONGEST, format!("{} lines without tests, at most {LONGEST}", length(file))))
        .collect();
    let mut lengths: Vec<usize> = sources().map(length).collect();
    lengths.sort_unstable();
    let median = lengths.get(lengths.len() / 2).copied().unwrap_or(0);
    if MEDIAN < median {
        faults.push(File::of("src", "").fault(1, format!("the median file has {median} lines, at most {MEDIAN}")));
    }
    faults
}

/// Every source file says first what it is for.
fn introduced(file: &File) -> Vec<Fault> {
    if !file.is_rust() || file.text.starts_with("//! ") {
        return Vec::new();
    }
    vec![file.fault(1, "a file begins with `//!` and one sentence: what it is for")]
}

/// No code that is not there, no test that is switched off.
fn finished(file: &File) -> Vec<Fault> {
    const UNFINISHED: &[&str] = &["todo!", "unimplemented!", "#[ignore", "#[should_panic"];
    if !file.is_rust() {
        return Vec::new();
    }
    let code = code(&file.text);
    let lines = code.lines().enumerate();
    let found = lines.flat_map(|(at, line)| UNFINISHED.iter().filter(|it| line.contains(**it)).map(move |it| (at, it)));
    found
        .map(|(at, word)| file.fault(at + 1, format!("`{word}`: finish it, or say the gap where users see it")))
        .collect()
}

/// No paths of the machine on which a text was written.
fn portable(file: &File) -> Vec<Fault> {
    // In pieces, because this file is searched too.
    let machine = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/fa", "rm/"), concat!("/tmp/w", "t-")];
    let lines = file.text.lines().enumerate();
    let found = lines.flat_map(|(at, line)| machine.iter().filter(|it| line.contains(**it)).map(move |it| (at, it)));
    found.map(|(at, word)| file.fault(at + 1, format!("`{word}` is a path of one machine"))).collect()
}

/// Every file that a page names in backticks exists.
fn existing(files: &[File]) -> Vec<Fault> {
    let paths: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let exists = |path: &str| {
        let path = path.trim_end_matches('/');
        paths.contains(path) || paths.iter().any(|it| it.strip_prefix(path).is_some_and(|rest| rest.starts_with('/')))
    };
    let mut faults = Vec::new();
    for file in files.iter().filter(|file| file.is_a("md")) {
        for (at, line) in file.text.lines().enumerate() {
            // Every second piece between backticks is code.
            for word in line.split('`').skip(1).step_by(2) {
                let ours = ["src/", "tests/", "specs/", ".ci/"].iter().any(|folder| word.starts_with(folder));
                // A path with a blank, a placeholder or a star is a pattern or a command.
                if ours && !word.contains([' ', '<', '*', '{']) && !exists(word) {
                    faults.push(file.fault(at + 1, format!("`{word}` does not exist")));
                }
            }
        }
    }
    faults
}

/// The rows of the reference architecture, by the letters that begin their numbers: the page has each once, in order.
const ROWS: &[(&str, usize)] = &[("S", 25), ("T", 28), ("D", 22), ("N", 20), ("N-D", 11)];

/// The page about the reference architecture has every row, and every test that it names exists.
fn proven(page: &File, files: &[File]) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut wanted = ROWS.iter().flat_map(|(letters, count)| (1..=*count).map(move |it| format!("{letters}{it}")));
    for (at, line) in page.text.lines().enumerate() {
        let first = line.strip_prefix("| ").and_then(|it| it.split(" |").next()).unwrap_or_default();
        if !first.starts_with(|it: char| it.is_ascii_uppercase()) {
            continue;
        }
        let expected = wanted.next();
        if expected.as_deref() != Some(first) {
            faults.push(page.fault(at + 1, format!("row {first} instead of {}", expected.unwrap_or_default())));
        }
        let tests: Vec<&str> = line.split('`').skip(1).step_by(2).filter(|it| it.contains("::")).collect();
        if tests.is_empty() {
            faults.push(page.fault(at + 1, format!("row {first} names no test")));
        }
        let missing = tests.into_iter().filter(|test| !is_test(test, files));
        faults.extend(missing.map(|test| page.fault(at + 1, format!("there is no test `{test}`"))));
    }
    faults.extend(wanted.map(|row| page.fault(1, format!("row {row} is missing"))));
    faults
}

/// Whether a test of this name is in the file of its module, below `tests/it/` or `src/`.
fn is_test(test: &str, files: &[File]) -> bool {
    let Some((module, name)) = test.rsplit_once("::") else { return false };
    let module = module.replace("::", "/");
    let paths = ["tests/it", "src"].map(|root| ["", "/mod"].map(|end| format!("{root}/{module}{end}.rs")));
    let mut texts = files.iter().filter(|file| paths.as_flattened().contains(&file.path)).map(|file| &file.text);
    texts.any(|text| {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        let named = |line: &str| {
            let line = line.strip_prefix("async ").unwrap_or(line);
            line.strip_prefix("fn ").and_then(|it| it.split('(').next()) == Some(name)
        };
        // Attributes stand between the one that makes it a test and its name.
        let is_test = |at: usize| {
            let above = lines[..at].iter().rev().take_while(|it| it.starts_with("#["));
            above.into_iter().any(|it| matches!(*it, "#[test]" | "#[tokio::test]") || it.starts_with("#[tokio::test("))
        };
        (0..lines.len()).any(|at| named(lines[at]) && is_test(at))
    })
}

/// Every file stands as rustfmt writes it, also those that no `mod` line reaches.
fn formatted(root: &Path, files: &[File]) -> Vec<Fault> {
    let sources = files.iter().filter(|file| file.is_rust()).map(|file| &file.path);
    let mut rustfmt = Command::new("rustfmt");
    rustfmt.args(["--check", "--edition", "2024", "--files-with-diff"]).args(sources).current_dir(root);
    let output = rustfmt.output().expect("rustfmt can be started (`rustup component add rustfmt`)");
    if output.status.success() {
        return Vec::new();
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    let lines: BTreeSet<&str> = said.lines().collect();
    lines.into_iter().map(|line| File::of(line, "").fault(1, "not as rustfmt writes it: `cargo fmt`")).collect()
}

// What the rules read with.

/// Returns every text of the project, as in a fresh clone.
fn project() -> Vec<File> {
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(root().join(&folder)).expect("the project can be read") {
            let entry = entry.expect("the project can be read");
            let name = entry.file_name().into_string().expect("names are UTF-8");
            let path = folder.join(&name);
            let shown = path.components().map(|it| it.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
            // Not of the clone: build products, and what runs left in the folder for state.
            let left =
                matches!(name.as_str(), "target" | ".git") || (shown.starts_with("state/") && name != "README.md");
            let kind = entry.file_type().expect("the project can be read");
            if kind.is_dir() && !left {
                folders.push(path);
            } else if kind.is_file() && !left {
                // What is not UTF-8 is a picture.
                if let Ok(text) = std::fs::read_to_string(entry.path()) {
                    files.push(File { path: shown, text });
                }
            }
        }
    }
    assert!(files.iter().any(|file| file.path == "src/lib.rs"), "the project is not where it was compiled");
    files
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Fails with every fault, one a line.
fn none(faults: &[Fault]) {
    let lines: Vec<String> = faults.iter().map(Fault::to_string).collect();
    assert!(lines.is_empty(), "\n{}\n", lines.join("\n"));
}

/// Applies a rule to every file of the project.
fn none_in_project(rule: impl Fn(&File) -> Vec<Fault>) {
    none(&project().iter().flat_map(rule).collect::<Vec<_>>());
}

/// Returns the lines that a rule refuses in one sample.
fn refused(rule: impl Fn(&File) -> Vec<Fault>, path: &str, text: &str) -> Vec<usize> {
    rule(&File::of(path, text)).iter().map(|fault| fault.line).collect()
}

/// Returns the paths that a rule refuses in a sample of a project.
fn refused_of(rule: impl Fn(&[File]) -> Vec<Fault>, files: &[(&str, &str)]) -> Vec<String> {
    let files: Vec<File> = files.iter().map(|(path, text)| File::of(path, text)).collect();
    rule(&files).into_iter().map(|fault| fault.path).collect()
}

// The project, and the samples that each rule must refuse.

#[test]
fn modules_import_only_those_below() {
    none_in_project(layers);
}

#[test]
fn an_import_upwards_is_refused() {
    let bad = |path, text| refused(layers, path, text);
    assert_eq!(bad("src/kind/mod.rs", "use crate::aws::Cx;\nuse crate::graph::Graph;\n"), [2]);
    assert_eq!(bad("src/plan/diff.rs", "use crate::{\n    graph::Graph,\n    apply::{self, Queue},\n};\n"), [3, 3]);
    assert_eq!(bad("src/apply/mod.rs", "fn f() {\n    crate::topology::build();\n}\n"), [2]);
    assert_eq!(bad("src/state/mod.rs", "use crate::kinds::registry;\n"), [1]);
    assert_eq!(bad("src/report/mod.rs", "use crate::cli;\n"), [1]);
    assert_eq!(bad("src/aws/tags.rs", "use crate::kind::values::Tags;\nuse crate::kind::Kind;\n"), [2]);
    assert_eq!(bad("src/main.rs", "use moodle_infra::{cli, apply};\n"), [1]);
    assert_eq!(bad("src/odd/mod.rs", "//! Odd.\n"), [1]);
    // A way around the rule.
    assert_eq!(bad("src/kind/token.rs", "use super::Address;\nuse super::super::graph::Graph;\n"), [2]);
    assert_eq!(bad("src/graph.rs", "use super::cli;\n"), [1]);
    // Allowed: prose, literals, unit tests, the module itself, the root's macros.
    let good = "//! See [`crate::cli`].\nuse crate::kind::Ref;\nuse crate::{attrs, props};\nconst S: &str = r#\"\n\"crate::cli\"#;\n";
    assert_eq!(bad("src/kinds/ec2/vpc.rs", good), [0; 0]);
    assert_eq!(bad("src/graph.rs", "use crate::graph::A;\n#[cfg(test)]\nmod tests {\n use crate::cli;\n}\n"), [0; 0]);
}

#[test]
fn the_page_shows_the_layers() {
    let files = project();
    let page = files.iter().find(|file| file.path == "ARCHITECTURE.md").expect("the page is there");
    none(&shown(page));
}

#[test]
fn a_page_with_other_layers_is_refused() {
    let faults = shown(&File::of("ARCHITECTURE.md", "| `kind` | `aws` |\n| `spec` | `kind` |\n"));
    assert_eq!(faults.len(), LAYERS.len() - 1);
    assert!(faults.iter().any(|fault| fault.why.ends_with("the line | `spec` | nothing |")));
}

#[test]
fn input_and_output_have_their_places() {
    none_in_project(reserved);
}

#[test]
fn input_and_output_elsewhere_is_refused() {
    let bad = |path, text| refused(reserved, path, text);
    assert_eq!(bad("src/plan/mod.rs", "use std::{\n    fmt,\n    fs::File,\n};\n"), [3]);
    assert_eq!(bad("src/topology/web.rs", "fn f() {\n    std::process::exit(1)\n}\n"), [2]);
    assert_eq!(bad("src/report/mod.rs", "use std::io::{self, Write, stdout};\n"), [1]);
    assert_eq!(bad("src/apply/mod.rs", "use tokio::net::TcpStream;\nuse aws_sdk_ec2::Client;\n"), [1, 2]);
    assert_eq!(bad("src/topology/mod.rs", "fn f() -> kdl::KdlDocument {}\n"), [1]);
    assert_eq!(bad("src/state/mod.rs", "use std::fs::File;\nuse std::net::IpAddr;\n"), [0; 0]);
    assert_eq!(bad("src/topology/network.rs", "use std::net::IpAddr;\n"), [0; 0]);
}

#[test]
fn failed_calls_are_sorted_in_one_place() {
    none_in_project(sorted_in_one_place);
}

#[test]
fn sorting_failed_calls_elsewhere_is_refused() {
    let text = "// SdkError is fine here.\nuse aws_smithy_runtime_api::client::result::SdkError;\n";
    assert_eq!(refused(sorted_in_one_place, "src/kinds/ec2/vpc.rs", text), [2]);
    assert_eq!(refused(sorted_in_one_place, "src/aws/error.rs", text), [0; 0]);
}

#[test]
fn every_kind_is_in_the_table() {
    none(&registered(&project()));
}

#[test]
fn a_forgotten_or_misnamed_kind_is_refused() {
    let table = ("src/kinds/mod.rs", "Registry::of([erase::<ec2::vpc::Vpc>(), erase::<ec2::eip::Eip>()])\n");
    let kind =
        |name: &str, says: &str| format!("impl Kind for {name} {{\n    const NAME: &'static str = \"{says}\";\n}}\n");
    let (vpc, eip, subnet) = (kind("Vpc", "ec2.vpc"), kind("Eip", "ec2.address"), kind("Subnet", "ec2.subnet"));
    let files = [
        table,
        ("src/kinds/ec2/vpc.rs", vpc.as_str()),
        ("src/kinds/ec2/eip.rs", eip.as_str()),
        ("src/kinds/ec2/subnet.rs", subnet.as_str()),
        ("src/kinds/ec2/tags.rs", "fn of() {}\n"),
    ];
    assert_eq!(refused_of(registered, &files), ["src/kinds/ec2/eip.rs", "src/kinds/ec2/subnet.rs"]);
}

#[test]
fn every_file_is_compiled() {
    none(&reachable(&project()));
}

#[test]
fn a_forgotten_file_is_refused() {
    let files = [
        ("src/lib.rs", "pub mod a;\npub(crate) mod b;\n// mod c;\n"),
        ("src/a/mod.rs", "#[cfg(test)]\nmod d;\n"),
        ("src/a/d.rs", ""),
        ("src/a/e.rs", ""),
        ("src/b.rs", ""),
        ("src/c.rs", ""),
        ("tests/it/main.rs", "mod support;\n"),
        ("tests/it/support/mod.rs", ""),
        ("tests/it/forgotten.rs", ""),
    ];
    assert_eq!(refused_of(reachable, &files), ["src/a/e.rs", "src/c.rs", "tests/it/forgotten.rs"]);
}

#[test]
fn files_are_short() {
    none(&sizes(&project()));
}

#[test]
fn long_files_are_refused() {
    let tests = format!("fn f() {{}}\n#[cfg(test)]\nmod tests {{\n{}}}\n", "\n".repeat(700));
    let (short, long) = ("\n".repeat(140), "\n".repeat(601));
    let files = [("src/a.rs", short.as_str()), ("src/b.rs", long.as_str()), ("src/c.rs", tests.as_str())];
    assert_eq!(refused_of(sizes, &files), ["src/b.rs"]);
    let middling = "\n".repeat(151);
    assert_eq!(refused_of(sizes, &[("src/a.rs", middling.as_str())]), ["src"]);
}

#[test]
fn every_file_says_what_it_is_for() {
    none_in_project(introduced);
}

#[test]
fn a_file_without_introduction_is_refused() {
    assert_eq!(refused(introduced, "tests/it/x.rs", "use std::fmt;\n"), [1]);
    assert_eq!(refused(introduced, "tests/it/x.rs", "//! The x.\n"), [0; 0]);
}

#[test]
fn nothing_is_unfinished_or_switched_off() {
    none_in_project(finished);
}

#[test]
fn unfinished_code_and_ignored_tests_are_refused() {
    let text =
        "// todo!\nfn f() { todo!() }\n#[ignore = \"slow\"]\nfn g() { unimplemented!(\"h\") }\n#[should_panic]\n";
    assert_eq!(refused(finished, "src/plan/mod.rs", text), [2, 3, 4, 5]);
}

#[test]
fn no_text_names_a_path_of_one_machine() {
    none_in_project(portable);
}

#[test]
fn paths_of_one_machine_are_refused() {
    let text = concat!("fine\n`/ro", "ot/.cargo`\n");
    assert_eq!(refused(portable, "README.md", text), [2]);
}

#[test]
fn pages_name_files_that_exist() {
    none(&existing(&project()));
}

#[test]
fn a_page_that_names_a_missing_file_is_refused() {
    let page = "`src/kinds/`, `src/kinds/mod.rs`, `src/kinds/<service>/<kind>.rs`, src/none.rs\nand `src/kin` here\n";
    assert_eq!(refused_of(existing, &[("A.md", page), ("src/kinds/mod.rs", "")]), ["A.md"]);
}

#[test]
fn the_rows_of_the_reference_are_shown_by_tests() {
    let files = project();
    let page = files.iter().find(|file| file.path == "docs/rows.md").expect("the page is there");
    none(&proven(page, &files));
}

#[test]
fn a_row_that_is_missing_or_shown_by_nothing_is_refused() {
    let files = [
        File::of("src/plan/mod.rs", "#[test]\nfn a() {}\n#[tokio::test]\n#[expect(x)]\nasync fn b() {}\nfn c() {}\n"),
        File::of("tests/it/spec/web.rs", "    #[test]\n    fn d() {}\n"),
    ];
    let tests = [("plan::a", true), ("plan::b", true), ("plan::c", false), ("spec::web::d", true), ("spec::d", false)];
    for (test, is) in tests {
        assert_eq!(is_test(test, &files), is, "{test}");
    }
    let page = "| row | x |\n| S1 | `plan::a` |\n| S2 | works |\n| S3 | `plan::c` |\n| S5 | `plan::a` |\n";
    let lines: Vec<usize> = proven(&File::of("docs/rows.md", page), &files).iter().map(|it| it.line).collect();
    assert_eq!(lines[..3], [3, 4, 5]);
    assert_eq!(lines[3..], vec![1; ROWS.iter().map(|(_, count)| count).sum::<usize>() - 4]);
}

#[test]
fn every_file_is_formatted() {
    none(&formatted(root(), &project()));
}

#[test]
fn an_unformatted_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let files = [File::of("good.rs", "fn f() {}\n"), File::of("bad.rs", "fn  f( ){}\n")];
    for file in &files {
        std::io::Write::write_all(
            &mut std::fs::File::create(folder.path().join(&file.path)).unwrap(),
            file.text.as_bytes(),
        )
        .unwrap();
    }
    let faults = formatted(folder.path(), &files);
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].path.ends_with("bad.rs"), "{faults:?}");
}
