//! The life of a site, over the real engine and the sandbox's emulator: installed by one server and scaled out, new
//! code in a visible order, a setting alone, an upgrade that fails and one that goes on, the two stages of the wizard.

use std::collections::BTreeSet;

use moodle_infra::apply::Outcome;
use moodle_infra::plan::Plan;
use moodle_infra::topology::Question;

use crate::support::emulator::REGION;
use crate::support::stack::{Stack, steps};

/// What holds data, so that a destroy must name it.
const DATA: &[&str] = &["database.cluster", "files.file-system", "site.admin-secret", "site.backup-vault"];

/// Returns a spec of a site with these words in its node `site`, and these servers.
fn spec(site: &str, scale: &str) -> String {
    format!(
        "moodle \"campus\" {{
            region \"{REGION}\"
            site {{ {site} }}
            network {{ zones 2; nat \"none\"; flow-logs #false }}
            load-balancer {{ access-logs #false; waf #false }}
            database
            files
            web {{ scale {scale} }}
        }}"
    )
}

fn plugin(host: &str) -> String {
    let sum = "0".repeat(64);
    format!("plugin \"mod_attendance\" url=\"https://{host}/attendance.zip\" sha256=\"{sum}\"")
}

/// Returns the steps of the site's life that were done, in the order in which they were.
fn order(plan: &Plan, outcome: &Outcome) -> Vec<String> {
    let ours = ["site.", "web.template", "web.first", "web.capacity", "web.refresh"];
    let addresses = outcome.done.iter().map(|step| plan.steps[*step].key.address.to_string());
    addresses.filter(|it| ours.iter().any(|prefix| it.starts_with(prefix))).collect()
}

/// Checks that these steps were done one after the other.
fn assert_order(done: &[String], wanted: &[&str]) {
    let at = |address: &str| {
        let found = done.iter().position(|it| it == address);
        found.unwrap_or_else(|| panic!("{address} is not among {done:?}"))
    };
    let places: Vec<usize> = wanted.iter().map(|it| at(it)).collect();
    assert!(places.is_sorted(), "{done:?}");
}

fn set(steps: &[&str]) -> BTreeSet<String> {
    steps.iter().map(|it| (*it).to_owned()).collect()
}

/// Returns the least and the most servers of the group, and by which versions of the template they are made.
async fn servers(stack: &Stack) -> (i32, i32, BTreeSet<String>) {
    let groups = stack.cx.autoscaling().describe_auto_scaling_groups().send().await.unwrap();
    let group = &groups.auto_scaling_groups()[0];
    let versions = group.instances().iter().map(|it| it.launch_template().unwrap().version().unwrap().to_owned());
    (group.min_size().unwrap(), group.max_size().unwrap(), versions.collect())
}

async fn snapshots(stack: &Stack) -> Vec<String> {
    let answer = stack.cx.rds().describe_db_cluster_snapshots().send().await.unwrap();
    let names = answer.db_cluster_snapshots().iter().filter_map(|it| it.db_cluster_snapshot_identifier());
    names.map(str::to_owned).collect()
}

/// Returns what servers were told, in this order.
async fn told(stack: &Stack) -> Vec<String> {
    let answer = stack.cx.ssm().list_commands().send().await.unwrap();
    let script = |it: &aws_sdk_ssm::types::Command| it.parameters().unwrap()["commands"].join(" ");
    let mut told: Vec<String> = answer.commands().iter().map(script).collect();
    told.reverse();
    told.iter().map(|it| it.rsplit(' ').next().unwrap().to_owned()).collect()
}

/// The steps of an upgrade.
const UPGRADE: &[&str] = &[
    "update site.backup",
    "update site.installed",
    "update site.maintenance",
    "update site.open",
    "update site.snapshot",
    "update web.refresh",
    "update web.template",
];

#[tokio::test]
async fn new_code_comes_in_a_visible_order_and_a_setting_comes_alone() {
    let mut stack = Stack::new(7_900).await;
    let first = spec("locale \"en\"", "min=2 max=3");
    let plan = stack.plan(Some(&first), &[]).await;
    let outcome = stack.carry_out(&plan).await;
    assert!(outcome.is_complete(), "{outcome:?}");
    let done = order(&plan, &outcome);
    assert_order(
        &done,
        &[
            "site.maintenance",
            "web.template",
            "web.first",
            "site.installed",
            "web.capacity",
            "web.refresh",
            "site.open",
        ],
    );
    let again = stack.plan(Some(&first), &[]).await;
    assert!(again.is_empty() && again.drift.is_empty(), "{:?} {:?}", again.steps, again.drift);
    assert_eq!(servers(&stack).await, (2, 3, ["1".to_owned()].into()));
    // There was nothing to copy and nothing to close.
    assert_eq!(snapshots(&stack).await, Vec::<String>::new());
    assert_eq!(told(&stack).await, ["off"]);

    // A setting of config.php: no copies, no maintenance, no upgrade.
    let setting = spec("locale \"en\"; config \"forcelogin\" \"1\"", "min=2 max=3");
    assert_eq!(stack.apply(&setting).await, set(&["update web.refresh", "update web.template"]));
    // More servers: nothing but more servers.
    let more = spec("locale \"en\"; config \"forcelogin\" \"1\"", "min=3 max=4");
    assert_eq!(stack.apply(&more).await, set(&["update web.capacity"]));
    assert_eq!(servers(&stack).await, (3, 4, ["2".to_owned()].into()));

    let added = spec(&format!("config \"forcelogin\" \"1\"; {}", plugin("example.edu")), "min=3 max=4");
    let plan = stack.plan(Some(&added), &[]).await;
    assert_eq!(steps(&plan), set(UPGRADE));
    let outcome = stack.carry_out(&plan).await;
    assert!(outcome.is_complete(), "{outcome:?}");
    let done = order(&plan, &outcome);
    assert_order(
        &done,
        &["site.snapshot", "site.maintenance", "web.template", "site.installed", "web.refresh", "site.open"],
    );
    assert_order(&done, &["site.backup", "site.maintenance"]);
    let again = stack.plan(Some(&added), &[]).await;
    assert!(again.is_empty() && again.drift.is_empty(), "{:?} {:?}", again.steps, again.drift);
    assert_eq!(servers(&stack).await, (3, 4, ["3".to_owned()].into()));
    assert_eq!(told(&stack).await, ["off", "on", "off"]);
    assert_eq!(snapshots(&stack).await, [stack.output("site-snapshot")]);
    assert!(stack.output("site-recovery-point").contains("recovery-point"));

    stack.destroy(DATA).await;
    let left = snapshots(&stack).await;
    assert!(left.len() == 1 && left[0].ends_with("-final"), "{left:?}");
    let parameters = stack.cx.ssm().describe_parameters().send().await.unwrap();
    assert_eq!(parameters.parameters().len(), 0, "{:?}", parameters.parameters());
}

#[tokio::test]
async fn an_upgrade_that_fails_stops_before_the_other_servers_and_goes_on_when_it_can() {
    let mut stack = Stack::new(7_901).await;
    stack.apply(&spec("locale \"en\"", "min=3 max=4")).await;

    // Nobody can have a name that ends so: the server cannot fetch the plug-in.
    let broken = spec(&plugin("plugins.invalid"), "min=3 max=4");
    let plan = stack.plan(Some(&broken), &[]).await;
    let outcome = stack.carry_out(&plan).await;
    let address = |step: usize| plan.steps[step].key.address.to_string();
    let failed: Vec<(String, &str)> = outcome.failed.iter().map(|it| (address(it.step), it.why.as_str())).collect();
    let [(at, why)] = failed.as_slice() else { panic!("{failed:?}") };
    assert_eq!(at, "site.installed");
    for part in ["`code`", "exit code 1", "plugins.invalid", "maintenance stays on", "go back"] {
        assert!(why.contains(part), "{part}: {why}");
    }
    let untried: BTreeSet<String> = outcome.untried.iter().map(|(step, _)| address(*step)).collect();
    assert_eq!(untried, set(&["site.open", "web.refresh"]));
    // One server is of the new version, the others are as they were; nobody has opened the site.
    assert_eq!(servers(&stack).await.2, ["1".to_owned(), "2".to_owned()].into());
    assert_eq!(told(&stack).await, ["off", "on"]);
    assert_eq!(snapshots(&stack).await.len(), 1);

    // The same again fails again, and does not go further.
    let plan = stack.plan(Some(&broken), &[]).await;
    // Above all it takes no server down: the capacity of the group is not its business.
    assert!(steps(&plan).iter().all(|it| !it.ends_with("web.capacity")), "{:?}", steps(&plan));
    let outcome = stack.carry_out(&plan).await;
    assert!(!outcome.is_complete() && told(&stack).await == ["off", "on"], "{outcome:?}");

    let mended = spec(&plugin("example.edu"), "min=3 max=4");
    let done = stack.apply(&mended).await;
    for step in ["create site.installed", "update site.open", "update web.refresh"] {
        assert!(done.contains(step), "{step}: {done:?}");
    }
    assert_eq!(servers(&stack).await.2, ["3".to_owned()].into());
    assert_eq!(told(&stack).await.last().map(String::as_str), Some("off"));
    stack.destroy(DATA).await;
}

#[tokio::test]
async fn an_upgrade_that_failed_is_taken_back() {
    let mut stack = Stack::new(7_902).await;
    let before = spec("locale \"en\"", "min=2 max=3");
    stack.apply(&before).await;
    let broken = spec(&plugin("plugins.invalid"), "min=2 max=3");
    let plan = stack.plan(Some(&broken), &[]).await;
    assert!(!stack.carry_out(&plan).await.is_complete());

    stack.apply(&before).await;
    assert_eq!(servers(&stack).await.2, ["3".to_owned()].into());
    // The code is that of before, so nothing has to be copied and closed once more, but opened.
    assert_eq!(told(&stack).await, ["off", "on", "off"]);
    assert_eq!(snapshots(&stack).await.len(), 1);
    stack.destroy(DATA).await;
}

#[tokio::test]
async fn the_wizard_has_one_server_until_somebody_has_gone_through_it() {
    let mut stack = Stack::new(7_903).await;
    let question = Question::Installed("/Moodle/campus/report".to_owned());
    stack.answers.insert(question.clone(), Question::NO.to_owned());
    let wizard = spec("install \"wizard\"", "min=2 max=3");
    stack.apply(&wizard).await;
    assert_eq!(servers(&stack).await, (1, 1, ["1".to_owned()].into()));
    assert!(stack.output("wizard").starts_with("open http://"), "{}", stack.output("wizard"));
    assert_eq!(stack.output("site-stage"), "wizard");
    let other = stack.output("wizard-other-address");
    let command = "--parameters commands=\"/opt/moodle-infra/visitor.sh YOUR-ADDRESS\"";
    assert!(other.starts_with("aws ssm send-command --region ") && other.ends_with(command), "{other}");
    assert_eq!(told(&stack).await, Vec::<String>::new());

    // Somebody has done it: the server says so.
    let groups = stack.cx.autoscaling().describe_auto_scaling_groups().send().await.unwrap();
    let server = groups.auto_scaling_groups()[0].instances()[0].instance_id().unwrap().to_owned();
    let name = format!("/Moodle/campus/report/{server}");
    let said = stack.cx.ssm().get_parameter().name(&name).send().await.unwrap();
    let said = said.parameter.and_then(|it| it.value).unwrap().replace("wizard", "installed");
    stack.cx.ssm().put_parameter().name(&name).value(said).overwrite(true).send().await.unwrap();
    assert!(moodle_infra::aws::facts::is_installed(&stack.cx, "/Moodle/campus/report").await.unwrap());
    stack.answers.insert(question, Question::YES.to_owned());

    let second = stack.apply(&wizard).await;
    let wanted =
        ["create site.open", "update load-balancer.load-balancer", "update site.installed", "update web.capacity"];
    assert_eq!(second, set(&wanted));
    assert_eq!(servers(&stack).await, (2, 3, ["1".to_owned()].into()));
    assert_eq!(told(&stack).await, ["off"]);
    stack.destroy(&DATA.iter().copied().filter(|it| *it != "site.admin-secret").collect::<Vec<_>>()).await;
}
