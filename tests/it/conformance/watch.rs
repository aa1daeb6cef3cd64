//! The cases of the tier `watch`, and what the emulators do otherwise.

use std::collections::BTreeMap;

use moodle_infra::graph::Graph;
use moodle_infra::kind::values::Policy;
use moodle_infra::kind::{Ref, Text};
use moodle_infra::kinds::backup::copy::{Copy, CopyProps};
use moodle_infra::kinds::backup::plan::{Plan, PlanProps};
use moodle_infra::kinds::backup::selection::{Selection, SelectionProps};
use moodle_infra::kinds::backup::vault::{Vault, VaultProps};
use moodle_infra::kinds::cloudwatch::alarm::{Alarm, AlarmProps};
use moodle_infra::kinds::cloudwatch::dashboard::{Dashboard, DashboardProps};
use moodle_infra::kinds::cloudwatch::math_alarm::{MathAlarm, MathAlarmProps, Series};
use moodle_infra::kinds::kms::alias::{Alias, AliasProps};
use moodle_infra::kinds::kms::key::{Key, KeyProps};
use moodle_infra::kinds::sns::subscription::{Subscription, SubscriptionProps};
use moodle_infra::kinds::sns::topic::{Topic, TopicProps};
use serde_json::json;

use super::cases::{Build, Case, at, case, tags};
use super::defects::Defect;
use super::life::Check;
use super::web::{REPORTS, add_report};
use crate::support::emulator::Emulator;

/// The cases of the tier.
pub(super) const CASES: &[Case] = &[
    Case { name: "alarm", build: alarm },
    Case { name: "alarm of a percentile", build: alarm_of_percentile },
    Case { name: "math_alarm", build: math_alarm },
    Case { name: "dashboard", build: dashboard },
    Case { name: "topic", build: topic },
    Case { name: "subscription", build: subscription },
    Case { name: "key", build: key },
    Case { name: "alias", build: alias },
    Case { name: "vault", build: vault },
    Case { name: "plan", build: plan },
    Case { name: "selection", build: selection },
    Case { name: "copy of files", build: copy },
];

/// What the emulators do otherwise than AWS.
pub(super) const DEFECTS: &[Defect] = &[
    no_cbor("alarm", "cloudwatch:PutMetricAlarm failed"),
    no_cbor("alarm of a percentile", "cloudwatch:PutMetricAlarm failed"),
    no_cbor("math_alarm", "cloudwatch:PutMetricAlarm failed"),
    no_cbor("dashboard", "cloudwatch:PutDashboard failed"),
    confirmed(Check::ReadsAsWanted, "\"state\":\"confirmed\""),
    confirmed(Check::Finds, "String(\"confirmed\")"),
    confirmed(Check::Replaces, "\"state\":\"confirmed\""),
    no_tags("vault", Check::ReadsAsWanted, "field: \"tags\", old: Object {}"),
    no_tags("vault", Check::Finds, "None instead of"),
    no_tags("vault", Check::UpdatesInPlace, "field: \"tags\", old: Object {}"),
    no_tags("vault", Check::Replaces, "field: \"tags\", old: Object {}"),
    no_tags("vault", Check::SurvivesLostAnswer, "not found"),
    no_tags("vault", Check::Marks, "None"),
    no_tags("plan", Check::Marks, "None"),
    no_tags("plan", Check::ReadsAsWanted, "field: \"tags\", old: Object {}"),
    no_tags("plan", Check::Finds, "None instead of"),
    lacks("plan", "backup:UpdateBackupPlan failed: an answer with status 500"),
    lacks("copy of files", "backup:StartBackupJob failed"),
    lacks("selection", "backup:CreateBackupSelection failed: an answer with status 500"),
];

/// A mail that nobody has to answer.
const fn confirmed(check: Check, saying: &'static str) -> Defect {
    let reason = "a subscription by mail is pending until it is confirmed";
    Defect { emulator: Emulator::Moto, case: "subscription", check, saying, reason }
}

/// Tags that are looked for under another ARN: the slash at the end of the path counts as a part of it.
const fn no_tags(case: &'static str, check: Check, saying: &'static str) -> Defect {
    Defect { emulator: Emulator::Moto, case, check, saying, reason: "ListTags tells the tags" }
}

/// A call that moto does not have.
const fn lacks(case: &'static str, saying: &'static str) -> Defect {
    Defect { emulator: Emulator::Moto, case, check: Check::Runs, saying, reason: "the call exists" }
}

/// A call of CloudWatch, whose protocol moto does not speak.
const fn no_cbor(case: &'static str, saying: &'static str) -> Defect {
    Defect { emulator: Emulator::Moto, case, check: Check::Runs, saying, reason: "CloudWatch speaks CBOR" }
}

fn alarm_props(name: &str) -> AlarmProps {
    AlarmProps {
        name: name.to_owned(),
        description: "The database has much to do".to_owned(),
        namespace: "AWS/RDS".to_owned(),
        metric: "CPUUtilization".to_owned(),
        statistic: "Average".to_owned(),
        unit: None,
        dimensions: BTreeMap::from([("DBClusterIdentifier".to_owned(), Text::from("it"))]),
        period: 60,
        evaluation_periods: 5,
        datapoints: 3,
        threshold: 80.0,
        comparison: "GreaterThanThreshold".to_owned(),
        treat_missing: "missing".to_owned(),
        actions: ["arn:aws:sns:eu-west-1:200000000000:it".into()].into(),
        ok_actions: [].into(),
        tags: tags("first"),
    }
}

fn alarm() -> Build {
    let mut graph = Graph::default();
    // One of somebody else, whose name begins alike.
    graph.add::<Alarm>(at("stranger"), alarm_props("it-alarm-of-another"));
    let change = |it: &mut AlarmProps| {
        "EngineUptime".clone_into(&mut it.metric);
        "Minimum".clone_into(&mut it.statistic);
        it.unit = Some("Seconds".to_owned());
        (it.period, it.evaluation_periods, it.datapoints) = (300, 2, 2);
        it.threshold = 1_234_567_890_123.0;
        "LessThanOrEqualToThreshold".clone_into(&mut it.comparison);
        "breaching".clone_into(&mut it.treat_missing);
        (it.actions, it.ok_actions) = ([].into(), ["arn:aws:sns:eu-west-1:200000000000:it".into()].into());
        it.tags = tags("second");
    };
    case::<Alarm>(graph, alarm_props("it-alarm"), change, |it| "it-other".clone_into(&mut it.name))
}

fn alarm_of_percentile() -> Build {
    let before = AlarmProps { statistic: "p95".to_owned(), dimensions: BTreeMap::new(), ..alarm_props("it-alarm") };
    let change = |it: &mut AlarmProps| {
        (it.statistic, it.threshold) = ("p99.9".to_owned(), 0.25);
        it.dimensions =
            BTreeMap::from([("LoadBalancer".to_owned(), "app/it/1".into()), ("Zone".to_owned(), "a".into())]);
    };
    case::<Alarm>(Graph::default(), before, change, |it| "it-other".clone_into(&mut it.name))
}

fn math_alarm() -> Build {
    let series = |metric: &str, period| Series {
        namespace: "AWS/EFS".to_owned(),
        metric: metric.to_owned(),
        statistic: "Minimum".to_owned(),
        dimensions: BTreeMap::from([("FileSystemId".to_owned(), Text::from("fs-1"))]),
        period,
    };
    let all = |names: [&str; 2], period| {
        let [first, second] = names.map(|it| (it.to_lowercase(), series(it, period)));
        BTreeMap::from([first, second])
    };
    let before = MathAlarmProps {
        name: "it-alarm".to_owned(),
        description: "Credits run out".to_owned(),
        expression: "credits / speed / 60".to_owned(),
        series: all(["Credits", "Speed"], 60),
        evaluation_periods: 5,
        datapoints: 5,
        threshold: 180.0,
        comparison: "LessThanThreshold".to_owned(),
        treat_missing: "missing".to_owned(),
        actions: ["arn:aws:sns:eu-west-1:200000000000:it".into()].into(),
        ok_actions: [].into(),
        tags: tags("first"),
    };
    let change = |it: &mut MathAlarmProps| {
        (it.expression, it.series) = ("100 * used / limit".to_owned(), all(["Used", "Limit"], 300));
        (it.threshold, it.evaluation_periods, it.datapoints) = (99.5, 3, 2);
        "GreaterThanThreshold".clone_into(&mut it.comparison);
        "ignore".clone_into(&mut it.treat_missing);
        (it.actions, it.ok_actions) = ([].into(), ["arn:aws:sns:eu-west-1:200000000000:it".into()].into());
        (it.description, it.tags) = ("Little room".to_owned(), tags("second"));
    };
    case::<MathAlarm>(Graph::default(), before, change, |it| "it-other".clone_into(&mut it.name))
}

fn dashboard() -> Build {
    let mut graph = Graph::default();
    let body = |title: &str| {
        let properties = json!({ "title": title, "region": "eu-west-1", "metrics": [["AWS/RDS", "CPUUtilization"]] });
        json!({ "widgets": [{ "type": "metric", "x": 0, "y": 0, "width": 12, "height": 6, "properties": properties }] })
    };
    let props = |name: &str| DashboardProps { name: name.to_owned(), body: body("first"), tags: tags("first") };
    graph.add::<Dashboard>(at("stranger"), props("stranger"));
    let change = |it: &mut DashboardProps| (it.body, it.tags) = (body("second"), tags("second"));
    case::<Dashboard>(graph, props("it"), change, |it| "it-other".clone_into(&mut it.name))
}

fn topic_props(name: &str) -> TopicProps {
    TopicProps { name: name.to_owned(), sender: "Moodle it".to_owned(), key: None, tags: tags("first") }
}

fn topic() -> Build {
    let mut graph = Graph::default();
    graph.add::<Topic>(at("stranger"), topic_props("it-of-another"));
    let key = |it: &str| Some(Text::from(format!("arn:aws:kms:eu-west-1:200000000000:key/{it}")));
    let before = TopicProps { key: key("first"), ..topic_props("it") };
    let change = |it: &mut TopicProps| {
        (it.sender, it.key, it.tags) = ("Moodle second".to_owned(), key("second"), tags("second"));
    };
    case::<Topic>(graph, before, change, |it| "it-other".clone_into(&mut it.name))
}

fn subscription() -> Build {
    let mut graph = Graph::default();
    let topic: Ref<Topic> = graph.add(at("topic"), topic_props("it"));
    let props = |endpoint: &str| SubscriptionProps {
        topic: topic.clone(),
        protocol: "email".to_owned(),
        endpoint: endpoint.to_owned(),
    };
    graph.add::<Subscription>(at("stranger"), props("another@example.edu"));
    let before = props("ops@example.edu");
    case::<Subscription>(graph, before, |_| (), |it| "help@example.edu".clone_into(&mut it.endpoint))
}

fn key_props(description: &str) -> KeyProps {
    let statement = json!({
        "Sid": description,
        "Effect": "Allow",
        "Principal": { "AWS": "*" },
        "Action": "kms:*",
        "Resource": "*",
    });
    KeyProps {
        description: description.to_owned(),
        policy: Policy::of(json!({ "Version": "2012-10-17", "Id": "it", "Statement": [statement] })),
        rotation: true,
        enabled: true,
        tags: tags("first"),
    }
}

fn key() -> Build {
    let mut graph = Graph::default();
    graph.add::<Key>(at("stranger"), key_props("Another"));
    let change = |it: &mut KeyProps| {
        *it = KeyProps { rotation: false, enabled: false, tags: tags("second"), ..key_props("Second") };
    };
    case::<Key>(graph, key_props("First"), change, |_| ())
}

fn alias() -> Build {
    let mut graph = Graph::default();
    let [key, other] = ["one", "other"].map(|name| graph.add(at(name), key_props(name)));
    let before = AliasProps { name: "alias/it".to_owned(), key };
    graph.add::<Alias>(at("stranger"), AliasProps { name: "alias/other".to_owned(), key: other.clone() });
    case::<Alias>(graph, before, |it| it.key = other, |it| "alias/it-second".clone_into(&mut it.name))
}

fn vault_props(name: &str) -> VaultProps {
    let key = Some("arn:aws:kms:eu-west-1:200000000000:key/first".into());
    VaultProps { name: name.to_owned(), key, tags: tags("first") }
}

fn vault() -> Build {
    let mut graph = Graph::default();
    graph.add::<Vault>(at("stranger"), vault_props("it"));
    let replace = |it: &mut VaultProps| it.key = Some("arn:aws:kms:eu-west-1:200000000000:key/second".into());
    case::<Vault>(graph, vault_props("it"), |it| it.tags = tags("second"), replace)
}

fn plan_props(vault: Ref<Vault>) -> PlanProps {
    PlanProps {
        name: "it".to_owned(),
        rule: "daily".to_owned(),
        schedule: "cron(0 5 * * ? *)".to_owned(),
        retain_days: 35,
        vault,
        tags: tags("first"),
    }
}

fn plan() -> Build {
    let mut graph = Graph::default();
    let [vault, other] = ["one", "other"].map(|name| graph.add(at(name), vault_props(name)));
    graph.add::<Plan>(at("stranger"), plan_props(vault.clone()));
    let change = |it: &mut PlanProps| {
        (it.rule, it.schedule) = ("nightly".to_owned(), "cron(30 1 * * ? *)".to_owned());
        (it.retain_days, it.vault, it.tags) = (7, other, tags("second"));
    };
    case::<Plan>(graph, plan_props(vault), change, |it| "other".clone_into(&mut it.name))
}

fn selection() -> Build {
    let mut graph = Graph::default();
    let vault = graph.add(at("vault"), vault_props("it"));
    let plan = graph.add(at("plan"), plan_props(vault));
    let arn = |id: &str| Text::from(format!("arn:aws:elasticfilesystem:eu-west-1:200000000000:file-system/{id}"));
    let before = SelectionProps {
        plan,
        name: "it".to_owned(),
        role: "arn:aws:iam::200000000000:role/it".into(),
        resources: [arn("fs-1"), arn("fs-2")].into(),
    };
    graph.add::<Selection>(at("stranger"), before.clone());
    case::<Selection>(graph, before, |_| (), |it| it.resources = [arn("fs-1")].into())
}

fn copy() -> Build {
    let mut graph = Graph::default();
    let vault = graph.add(at("vault"), vault_props("it"));
    add_report(&mut graph);
    let arn = |id: &str| Text::from(format!("arn:aws:elasticfilesystem:eu-west-1:200000000000:file-system/{id}"));
    let before = CopyProps {
        resource: arn("fs-1"),
        vault,
        role: "arn:aws:iam::200000000000:role/it".into(),
        path: REPORTS.to_owned(),
        build: "after".to_owned(),
    };
    case::<Copy>(graph, before, |it| "later".clone_into(&mut it.build), |it| it.resource = arn("fs-2"))
}
