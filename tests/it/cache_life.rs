//! The life of the cache tier on ministack with the real engine: made, looked at, changed, exchanged, destroyed.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::emulator::REGION;
use crate::support::stack::Stack;

/// Counts what AWS has of each sort.
async fn there(stack: &Stack) -> BTreeMap<&'static str, usize> {
    let caches = stack.cx.elasticache();
    let groups = caches.describe_replication_groups().send().await.unwrap();
    let clusters = caches.describe_cache_clusters().send().await.unwrap();
    let serverless = caches.describe_serverless_caches().send().await.unwrap();
    let subnet_groups = caches.describe_cache_subnet_groups().send().await.unwrap();
    let parameters = caches.describe_cache_parameter_groups().send().await.unwrap();
    let own = |it: &&str| !it.starts_with("default.");
    let parameters = parameters.cache_parameter_groups().iter().filter_map(|it| it.cache_parameter_group_name());
    BTreeMap::from([
        ("replication groups", groups.replication_groups().len()),
        ("nodes", clusters.cache_clusters().len()),
        ("serverless", serverless.serverless_caches().len()),
        ("subnet groups", subnet_groups.cache_subnet_groups().len()),
        ("parameter groups", parameters.filter(own).count()),
    ])
}

fn spec(caches: &str) -> String {
    format!(
        "moodle \"campus\" {{ region \"{REGION}\"; network {{ zones 2; nat \"none\"; flow-logs #false }}; {caches} }}"
    )
}

fn about_caches(done: &BTreeSet<String>) -> Vec<&str> {
    done.iter().map(String::as_str).filter(|it| it.contains(" cache.")).collect()
}

#[tokio::test]
async fn caches_in_nodes_are_made_changed_and_destroyed() {
    let mut stack = Stack::new(9001).await;
    stack.apply(&spec("cache \"session\"; cache \"application\"")).await;
    let expected =
        [("replication groups", 2), ("nodes", 4), ("serverless", 0), ("subnet groups", 1), ("parameter groups", 1)];
    assert_eq!(there(&stack).await, BTreeMap::from(expected));
    for output in ["session-endpoint", "session-reader-endpoint", "application-endpoint"] {
        assert!(stack.output(&format!("cache-{output}")).ends_with(":6379"), "{output}");
    }

    let caches =
        "cache \"session\" { nodes \"cache.r7g.large\" count=3 }; cache \"application\" { parameters timeout=60 }";
    let done = stack.apply(&spec(caches)).await;
    assert_eq!(done, ["update cache.parameter-group.application", "update cache.session"].map(str::to_owned).into());

    // Memcached is another cache, which takes the place of the first.
    let caches = "cache \"session\" { engine \"memcached\"; nodes count=2 }";
    let done = stack.apply(&spec(caches)).await;
    insta::assert_snapshot!(about_caches(&done).join("\n"), @"
    create cache.session
    delete cache.application
    delete cache.parameter-group.application
    delete cache.session
    ");
    assert!(stack.output("cache-session-endpoint").ends_with(":11211"));
    assert_eq!(stack.output("cache-session-node-endpoints").matches(":11211").count(), 2);

    let done = stack.apply(&spec("cache \"session\" { engine \"memcached\"; nodes count=1 }")).await;
    assert_eq!(done, ["update cache.session"].map(str::to_owned).into());

    stack.destroy(&[]).await;
    assert!(there(&stack).await.values().all(|it| *it == 0), "{:?}", there(&stack).await);
}

#[tokio::test]
async fn serverless_caches_are_made_changed_and_destroyed() {
    let mut stack = Stack::new(9002).await;
    stack.apply(&spec("cache \"application\" { serverless; version \"7\" }")).await;
    assert_eq!(there(&stack).await["serverless"], 1);
    assert!(!stack.output("cache-application-endpoint").is_empty());

    let caches = "cache \"application\" { serverless min-gib=1 max-gib=5; version \"8\" }";
    let done = stack.apply(&spec(caches)).await;
    assert_eq!(done, ["update cache.application"].map(str::to_owned).into());

    // The other shape takes its place, under the same address.
    let done = stack.apply(&spec("cache \"application\"")).await;
    insta::assert_snapshot!(about_caches(&done).join("\n"), @"
    create cache.application
    create cache.parameter-group.application
    create cache.subnet-group
    delete cache.application
    delete cache.rule.reader
    delete cache.rule.web-to-reader
    ");

    stack.destroy(&[]).await;
    assert!(there(&stack).await.values().all(|it| *it == 0), "{:?}", there(&stack).await);
}
