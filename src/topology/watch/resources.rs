//! The resources of the watch tier.

use super::rules::{Sight, add_alarm};
use super::{Watch, Watched, backups, cache, dashboard, database, files, front};
use crate::kind::{Address, Ref};
use crate::kinds::sns::subscription::{Subscription, SubscriptionProps};
use crate::kinds::sns::topic::{Topic, TopicProps};
use crate::topology::files::{Files, Own, Throughput};
use crate::topology::{Build, at};

/// Adds the topic that alarms are told to, and those who get its mails. `None` where nothing is told.
///
/// `watch` may be absent while a tier has alarms of its own; then they have a topic without mails.
pub(in crate::topology) fn add_topic(cx: &mut Build<'_>, watch: Option<&Watch>, others: bool) -> Option<Ref<Topic>> {
    let watched = watch.is_some_and(|it| it.alarms || !it.emails.is_empty());
    if !watched && !others {
        return None;
    }
    let props = TopicProps {
        name: cx.name("alarms"),
        sender: format!("Moodle {}", cx.stack),
        // What an alarm says is no secret, and CloudWatch cannot use AWS's own key for SNS.
        key: None,
        tags: cx.tags("alarms"),
    };
    let topic: Ref<Topic> = cx.graph.add(at("watch.topic"), props);
    cx.output("alarms-topic", &topic.early().text());
    for email in watch.iter().flat_map(|it| &it.emails) {
        let props = SubscriptionProps { topic: topic.early(), protocol: "email".to_owned(), endpoint: email.clone() };
        let address = Address::of("watch.subscription", Some(email));
        let subscription: Ref<Subscription> = cx.graph.add(address, props);
        cx.output(&format!("alarms-mail-{email}"), &subscription.attr("state"));
    }
    Some(topic)
}

/// Adds what watches the other tiers, all of which are in the graph.
pub(in crate::topology) fn add(cx: &mut Build<'_>, watch: Option<&Watch>, watched: &Watched<'_>) {
    add_burst_alarms(cx, watched);
    let Some(watch) = watch else { return };
    let Sight { rules, charts } = sight(cx, watched);
    if watch.alarms {
        for rule in rules {
            add_alarm(cx, rule, watched.topic.as_ref());
        }
    }
    if watch.dashboard && !charts.is_empty() {
        dashboard::add(cx, &charts);
    }
    if let Some(days) = watch.backup_days {
        backups::add(cx, days);
    }
}

fn sight(cx: &Build<'_>, watched: &Watched<'_>) -> Sight {
    let Watched { database, caches, files, file_system, load_balancer, web, topic: _ } = watched;
    let mut all = Sight::default();
    all.join(load_balancer.as_ref().map(front::of_load_balancer).unwrap_or_default());
    all.join(web.as_ref().map(front::of_web).unwrap_or_default());
    all.join(database.map(|it| database::sight(cx, it)).unwrap_or_default());
    all.join(cache::sight(cx, caches));
    all.join(file_system.as_ref().map(|it| files::sight(*files, it)).unwrap_or_default());
    all
}

/// Adds the alarms that the files tier asks for by itself.
fn add_burst_alarms(cx: &mut Build<'_>, watched: &Watched<'_>) {
    let (Some(Files::Own(own)), Some(file_system)) = (watched.files, &watched.file_system) else { return };
    let Own { throughput: Throughput::Bursting, burst_credit_alarms: Some(alarms), .. } = own else { return };
    files::add_burst_alarms(cx, *alarms, file_system, watched.topic.as_ref());
}
