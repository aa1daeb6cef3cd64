//! `init`: a small spec to begin with. It asks on a terminal for what no option says, and never overwrites a file.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::args::{Common, InitArgs, SizeArg};
use super::failure::{Exit, Failure};
use super::terminal::Terminal;
use crate::spec;
use crate::spec::diagnostic::Severity;
use crate::topology;

const NAME: &str = "moodle";
const REGION: &str = "eu-west-1";

/// What the spec is to say.
struct Answers {
    name: String,
    region: String,
    domain: Option<String>,
    zone: Option<String>,
    size: SizeArg,
    email: Option<String>,
}

/// Writes the spec and says what comes next.
pub(super) fn init(common: &Common, args: &InitArgs, terminal: Terminal) -> Result<Exit, Failure> {
    let answers = answers(common, args, terminal);
    let path = args.out.clone().unwrap_or_else(|| PathBuf::from(format!("{}.kdl", answers.name)));
    let text = text(&answers, &path);
    let text = checked(&text)?;
    write_new(&path, &text)?;
    let shown = path.display();
    if terminal.json {
        terminal.data(&format!("{}\n", json!({ "file": path, "stack": answers.name, "region": answers.region })));
        return Ok(Exit::Success);
    }
    terminal.note(&format!("Wrote {shown}: stack `{}` in {}. Next:", answers.name, answers.region));
    for (command, why) in [
        (format!("moodle-infra validate --effective {shown}"), "every default that it leaves out"),
        (format!("moodle-infra cost {shown}"), "what a month costs"),
        (format!("moodle-infra apply --sandbox {shown}"), "try it on this machine, without an AWS account"),
        (format!("moodle-infra plan {shown}"), "what an apply would do in AWS"),
    ] {
        terminal.note(&format!("    {command:<52} # {why}"));
    }
    Ok(Exit::Success)
}

/// Takes what the options say, asks a person for the rest, and falls back on defaults where there is nobody to ask.
fn answers(common: &Common, args: &InitArgs, terminal: Terminal) -> Answers {
    let asks = terminal.can_ask() && !terminal.json;
    let ask = |known: &Option<String>, question: &str, default: &str| match known {
        Some(known) => known.clone(),
        None if asks => terminal.ask_for(question, default),
        None => default.to_owned(),
    };
    let here = |variable: &str| std::env::var_os(variable)?.into_string().ok().filter(|it| !it.is_empty());
    let here = here("AWS_REGION").or_else(|| here("AWS_DEFAULT_REGION")).unwrap_or_else(|| REGION.to_owned());
    let name = ask(&args.name, "The stack's name, with which the names of its resources begin", NAME);
    let region = ask(&common.region, "The AWS region", &here);
    let domain = ask(&args.domain, "The domain of the site, if it has one in Route 53 (moodle.example.edu)", "");
    let domain = Some(domain).filter(|it| !it.is_empty());
    let zone = args.zone.clone().or_else(|| domain.as_deref().map(|it| zone_of(it).to_owned()));
    Answers { name, region, domain, zone, size: args.size, email: args.email.clone() }
}

/// Returns the zone that a domain most likely is in: `moodle.example.edu` in `example.edu`, `example.edu` in itself.
fn zone_of(domain: &str) -> &str {
    domain.split_once('.').map(|(_, rest)| rest).filter(|rest| rest.contains('.')).unwrap_or(domain)
}

fn text(answers: &Answers, path: &Path) -> String {
    let Answers { name, region, domain, zone, size, email } = answers;
    let size = match size {
        SizeArg::Small => "small",
        SizeArg::Standard => "standard",
        SizeArg::Large => "large",
    };
    let mut site = String::new();
    if let Some((domain, zone)) = domain.as_ref().zip(zone.as_ref()) {
        site += &format!("domain {domain:?} zone={zone:?} // a zone of Route 53 in this account\n");
    }
    if let Some(email) = email {
        site += &format!("admin email={email:?} // the password is made in Secrets Manager\n");
    }
    let site = if site.is_empty() { String::new() } else { format!("site {{\n{site}}}\n\n") };
    let (front, behind) = match domain {
        Some(_) => (
            "certificate // for the domain, proved by a record in its zone\n",
            "cdn // CloudFront: pages near the people, and the only way in\ndns // the domain leads to the CDN\n",
        ),
        None => ("", ""),
    };
    let watch = email.as_ref().map_or(String::new(), |it| format!("watch {{ email {it:?} }} // alarms by mail\n"));
    let file = path.display();
    format!(
        "// A Moodle site on AWS. What is not written has a default:\n\
         //     moodle-infra validate --effective {file}\n\
         moodle {name:?} {{\n\
         region {region:?}\n\
         size {size:?} // small | standard | large: other classes of servers, zones and nodes\n\
         \n\
         {site}\
         network // a network of its own: public subnets, and private ones for servers and data\n\
         {front}\
         load-balancer\n\
         database // Aurora PostgreSQL; the password is made and kept by AWS\n\
         files // the shared files of Moodle, on EFS\n\
         cache \"session\" // people stay signed in whichever server answers\n\
         cache \"application\"\n\
         web // the servers: as many as the load asks for, between the bounds of `scale`\n\
         {behind}\
         {watch}\
         }}\n"
    )
}

/// Formats the spec. What the answers make wrong in it is told before any file is written.
fn checked(text: &str) -> Result<String, Failure> {
    let unfit = |what: String| {
        let help = "name it otherwise:\n    moodle-infra init --help";
        Failure::new(Exit::Usage, format!("these answers make no spec: {what}"), help)
    };
    let text =
        spec::format(text).map_err(|faults| unfit(faults.first().map_or(String::new(), |it| it.detail.clone())))?;
    let (_, faults) = topology::read(text.as_bytes(), "spec");
    match faults.iter().find(|it| it.severity == Severity::Error) {
        Some(fault) => Err(unfit(format!("{}. {}", fault.summary, fault.detail))),
        None => Ok(text),
    }
}

fn write_new(path: &Path, text: &str) -> Result<(), Failure> {
    let made = std::fs::OpenOptions::new().write(true).create_new(true).open(path);
    let mut file = made.map_err(|error| {
        if error.kind() == std::io::ErrorKind::AlreadyExists {
            let message = format!("{} is there already", path.display());
            return Failure::new(Exit::File, message, "choose another file with --out, or another name");
        }
        Failure::file("write", path, &error)
    })?;
    file.write_all(text.as_bytes()).map_err(|error| Failure::file("write", path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(domain: Option<&str>, email: Option<&str>) -> Answers {
        Answers {
            name: "campus".to_owned(),
            region: "eu-west-1".to_owned(),
            domain: domain.map(str::to_owned),
            zone: domain.map(|it| zone_of(it).to_owned()),
            size: SizeArg::Standard,
            email: email.map(str::to_owned),
        }
    }

    #[test]
    fn every_spec_is_valid_and_formatted() {
        for domain in [None, Some("moodle.example.edu"), Some("example.edu")] {
            for email in [None, Some("ops@example.edu")] {
                let text = checked(&text(&answers(domain, email), Path::new("campus.kdl"))).unwrap();
                assert_eq!(spec::format(&text).unwrap(), text);
                let (topology, faults) = topology::read(text.as_bytes(), "campus.kdl");
                assert!(topology.is_some() && faults.is_empty(), "{faults:?}\n{text}");
            }
        }
    }

    #[test]
    fn a_spec_explains_itself() {
        let text = text(&answers(Some("moodle.example.edu"), Some("ops@example.edu")), Path::new("campus.kdl"));
        insta::assert_snapshot!(checked(&text).unwrap(), @r#"
        // A Moodle site on AWS. What is not written has a default:
        //     moodle-infra validate --effective campus.kdl
        moodle "campus" {
            region "eu-west-1"
            size "standard" // small | standard | large: other classes of servers, zones and nodes

            site {
                domain "moodle.example.edu" zone="example.edu" // a zone of Route 53 in this account
                admin email="ops@example.edu"                  // the password is made in Secrets Manager
            }

            network     // a network of its own: public subnets, and private ones for servers and data
            certificate // for the domain, proved by a record in its zone
            load-balancer
            database        // Aurora PostgreSQL; the password is made and kept by AWS
            files           // the shared files of Moodle, on EFS
            cache "session" // people stay signed in whichever server answers
            cache "application"
            web                               // the servers: as many as the load asks for, between the bounds of `scale`
            cdn                               // CloudFront: pages near the people, and the only way in
            dns                               // the domain leads to the CDN
            watch { email "ops@example.edu" } // alarms by mail
        }
        "#);
    }

    #[test]
    fn wrong_answers_are_told_as_such() {
        let wrong = Answers { name: "Not a name".to_owned(), ..answers(None, None) };
        let failure = checked(&text(&wrong, Path::new("x.kdl"))).unwrap_err();
        assert!(failure.exit == Exit::Usage && failure.message.contains("Not a name"), "{failure:?}");
        let wrong = Answers { region: "eu-west\" }".to_owned(), ..answers(None, None) };
        assert_eq!(checked(&text(&wrong, Path::new("x.kdl"))).unwrap_err().exit, Exit::Usage);
    }

    #[test]
    fn a_domain_tells_its_zone() {
        assert_eq!(
            ["moodle.example.edu", "example.edu", "a.b.example.edu"].map(zone_of),
            ["example.edu", "example.edu", "b.example.edu"]
        );
    }
}
