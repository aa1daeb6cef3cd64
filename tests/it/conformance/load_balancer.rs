//! The cases of the tier `load-balancer`, and what the emulators do otherwise.

use std::collections::BTreeMap;

use moodle_infra::graph::Graph;
use moodle_infra::kind::values::{Policy, Tags};
use moodle_infra::kind::{Ref, Text};
use moodle_infra::kinds::ec2::internet_gateway::{InternetGateway, InternetGatewayProps};
use moodle_infra::kinds::ec2::internet_gateway_attachment::{
    InternetGatewayAttachment, InternetGatewayAttachmentProps,
};
use moodle_infra::kinds::ec2::security_group::SecurityGroup;
use moodle_infra::kinds::ec2::subnet::Subnet;
use moodle_infra::kinds::ec2::vpc::Vpc;
use moodle_infra::kinds::elbv2::Action;
use moodle_infra::kinds::elbv2::listener::{Listener, ListenerProps};
use moodle_infra::kinds::elbv2::load_balancer::{LoadBalancer, LoadBalancerProps};
use moodle_infra::kinds::elbv2::rule::{Rule, RuleProps};
use moodle_infra::kinds::elbv2::target_group::{TargetGroup, TargetGroupProps};
use moodle_infra::kinds::s3::bucket::{Bucket, BucketProps};
use moodle_infra::kinds::s3::bucket_policy::{BucketPolicy, BucketPolicyProps};
use moodle_infra::kinds::s3::encryption::{Encryption, EncryptionProps};
use moodle_infra::kinds::s3::lifecycle::{Lifecycle, LifecycleProps, Rule as LifecycleRule};
use moodle_infra::kinds::s3::object::{Object, ObjectProps};
use moodle_infra::kinds::s3::ownership::{Ownership, OwnershipProps};
use moodle_infra::kinds::s3::public_access_block::{PublicAccessBlock, PublicAccessBlockProps};
use moodle_infra::kinds::s3::versioning::{Versioning, VersioningProps};
use moodle_infra::kinds::secretsmanager::secret::{Recipe, Secret, SecretProps};
use moodle_infra::kinds::wafv2::association::{Association, AssociationProps};
use moodle_infra::kinds::wafv2::rules::Rule as WafRule;
use moodle_infra::kinds::wafv2::web_acl::{WebAcl, WebAclProps};
use serde_json::json;

use super::cases::{Build, Case, add_group, add_vpc, at, case, subnet_props, tags};
use super::defects::Defect;
use super::life::Check;
use crate::support::emulator::Emulator;

/// The cases of the tier.
pub(super) const CASES: &[Case] = &[
    Case { name: "bucket", build: bucket },
    Case { name: "public_access_block", build: public_access_block },
    Case { name: "ownership", build: ownership },
    Case { name: "encryption", build: encryption },
    Case { name: "versioning", build: versioning },
    Case { name: "bucket lifecycle", build: lifecycle },
    Case { name: "bucket_policy", build: bucket_policy },
    Case { name: "object", build: object },
    Case { name: "secret", build: secret },
    Case { name: "secret within an object", build: secret_object },
    Case { name: "web_acl", build: web_acl },
    Case { name: "association", build: association },
    Case { name: "load_balancer", build: load_balancer },
    Case { name: "load_balancer as it is", build: load_balancer_plain },
    Case { name: "target_group", build: target_group },
    Case { name: "listener", build: listener },
    Case { name: "listener with a certificate", build: listener_tls },
    Case { name: "rule", build: rule },
];

/// What the emulators do otherwise than AWS.
pub(super) const DEFECTS: &[Defect] = &[
    moto(
        "encryption",
        Check::ReadsTogether,
        "[None, Some(SeenValue",
        "S3's own key takes over: no bucket is ever without encryption",
    ),
    moto(
        "versioning",
        Check::Runs,
        "s3:GetBucketVersioning failed: an answer with status 200",
        "a bucket that never had versions answers an empty document",
    ),
    moto(
        "association",
        Check::UpdatesInPlace,
        "[Difference { field: \"web_acl\"",
        "the last association counts, and there is one",
    ),
    moto(
        "listener with a certificate",
        Check::Runs,
        "CertificateNotFound: Supplied certificate was not found",
        "the same: the certificate of the case is made up, which only ministack takes",
    ),
    moto("association", Check::Deletes, "\"web_acl\"", "the last association counts, and there is one"),
];

const fn moto(case: &'static str, check: Check, saying: &'static str, reason: &'static str) -> Defect {
    Defect { emulator: Emulator::Moto, case, check, saying, reason }
}

fn second() -> Tags {
    Tags([("owner".to_owned(), "second".to_owned())].into())
}

fn bucket_props(name: &str) -> BucketProps {
    BucketProps { name: name.to_owned(), force_empty: true, tags: tags("first") }
}

fn bucket() -> Build {
    let change = |it: &mut BucketProps| (it.force_empty, it.tags) = (false, second());
    case::<Bucket>(Graph::default(), bucket_props("it-logs"), change, |it| "it-more-logs".clone_into(&mut it.name))
}

/// Returns a graph with two buckets.
fn buckets() -> (Graph, Ref<Bucket>, Ref<Bucket>) {
    let mut graph = Graph::default();
    let [one, other] = ["one", "other"].map(|name| graph.add(at(name), bucket_props(name)));
    (graph, one, other)
}

fn public_access_block() -> Build {
    let (graph, bucket, other) = buckets();
    let before = PublicAccessBlockProps::all(bucket);
    let change = |it: &mut PublicAccessBlockProps| (it.block_acls, it.restrict) = (false, false);
    case::<PublicAccessBlock>(graph, before, change, |it| it.bucket = other)
}

fn ownership() -> Build {
    let (graph, bucket, other) = buckets();
    let before = OwnershipProps { bucket, owner: "BucketOwnerPreferred".to_owned() };
    let change = |it: &mut OwnershipProps| "BucketOwnerEnforced".clone_into(&mut it.owner);
    case::<Ownership>(graph, before, change, |it| it.bucket = other)
}

fn encryption() -> Build {
    let (graph, bucket, other) = buckets();
    let before = EncryptionProps { bucket, algorithm: "aws:kms".to_owned(), key: None, bucket_key: true };
    let key = Text::from("arn:aws:kms:eu-west-1:200000000000:key/01234567-89ab-cdef-0123-456789abcdef");
    case::<Encryption>(graph, before, |it| it.key = Some(key), |it| it.bucket = other)
}

fn versioning() -> Build {
    let (graph, bucket, other) = buckets();
    case::<Versioning>(graph, VersioningProps { bucket }, |_| (), |it| it.bucket = other)
}

fn lifecycle() -> Build {
    let (graph, bucket, other) = buckets();
    let before = LifecycleProps { bucket, rules: vec![LifecycleRule::expire_all(7)] };
    let uploads = LifecycleRule {
        name: "uploads".to_owned(),
        prefix: "uploads/".to_owned(),
        enabled: true,
        expire_days: None,
        older_versions_days: None,
        abort_uploads_days: Some(1),
    };
    let change = |it: &mut LifecycleProps| it.rules = vec![LifecycleRule::expire_all(30), uploads];
    case::<Lifecycle>(graph, before, change, |it| it.bucket = other)
}

fn policy(bucket: &Ref<Bucket>, service: &str) -> Policy {
    let objects = Text::concat([bucket.attr("arn"), "/*".into()]);
    Policy::of(json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "Logs",
            "Effect": "Allow",
            "Principal": { "Service": service },
            "Action": "s3:PutObject",
            "Resource": objects,
            "Condition": { "StringEquals": { "aws:SourceAccount": "200000000000" } },
        }],
    }))
}

fn bucket_policy() -> Build {
    let (graph, bucket, other) = buckets();
    let after = policy(&bucket, "delivery.logs.amazonaws.com");
    let before =
        BucketPolicyProps { policy: policy(&bucket, "logdelivery.elasticloadbalancing.amazonaws.com"), bucket };
    case::<BucketPolicy>(graph, before, |it| it.policy = after, |it| it.bucket = other)
}

fn object() -> Build {
    let (graph, bucket, _) = buckets();
    let before = ObjectProps { bucket, key: "boot/0a1b".to_owned(), text: "#!/bin/bash\necho 'é'\n".to_owned() };
    let change = |it: &mut ObjectProps| "#!/bin/bash\nexit 1\n".clone_into(&mut it.text);
    case::<Object>(graph, before, change, |it| "boot/2c3d".clone_into(&mut it.key))
}

fn secret_props() -> SecretProps {
    SecretProps {
        name: "it/origin".to_owned(),
        recipe: Recipe {
            length: 32,
            without: String::new(),
            punctuation: false,
            member: None,
            beside: BTreeMap::new(),
        },
        description: "Between the CDN and the load balancer".to_owned(),
        key: None,
        disposable: true,
        tags: tags("first"),
    }
}

fn secret() -> Build {
    let mut graph = Graph::default();
    // One of somebody else.
    graph.add::<Secret>(at("stranger"), secret_props());
    let change = |it: &mut SecretProps| {
        "For the CDN".clone_into(&mut it.description);
        (it.disposable, it.tags) = (false, second());
    };
    case::<Secret>(graph, secret_props(), change, |it| it.recipe.length = 40)
}

fn secret_object() -> Build {
    let key = |id: &str| Some(Text::from(format!("arn:aws:kms:eu-west-1:200000000000:key/{id}")));
    let before = SecretProps {
        name: "it/admin".to_owned(),
        recipe: Recipe {
            length: 16,
            without: "\"@/\\".to_owned(),
            punctuation: true,
            member: Some("password".to_owned()),
            beside: [("username".to_owned(), "admin".to_owned())].into(),
        },
        key: key("first"),
        disposable: false,
        ..secret_props()
    };
    case::<Secret>(Graph::default(), before, |it| it.key = key("second"), |it| "it/other".clone_into(&mut it.name))
}

fn web_acl_props(scope: &str) -> WebAclProps {
    let common = WafRule::Managed {
        group: "AWSManagedRulesCommonRuleSet".to_owned(),
        count: ["SizeRestrictions_BODY".to_owned()].into(),
    };
    WebAclProps {
        name: "it".to_owned(),
        scope: scope.to_owned(),
        description: "In front of Moodle".to_owned(),
        rules: vec![WafRule::Rate { limit: 1000 }, common],
        tags: tags("first"),
    }
}

fn web_acl() -> Build {
    let mut graph = Graph::default();
    // One of somebody else.
    graph.add::<WebAcl>(at("stranger"), web_acl_props("REGIONAL"));
    let change = |it: &mut WebAclProps| {
        let group = "AWSManagedRulesKnownBadInputsRuleSet".to_owned();
        it.rules.push(WafRule::Managed { group, count: [].into() });
        "Before Moodle".clone_into(&mut it.description);
        it.tags = second();
    };
    case::<WebAcl>(graph, web_acl_props("REGIONAL"), change, |it| "other".clone_into(&mut it.name))
}

fn association() -> Build {
    let mut graph = Graph::default();
    let one = graph.add(at("one"), web_acl_props("REGIONAL"));
    let other = graph.add(at("other"), web_acl_props("REGIONAL"));
    let load_balancer =
        |id: &str| Text::from(format!("arn:aws:elasticloadbalancing:eu-west-1:200000000000:loadbalancer/app/it/{id}"));
    let before = AssociationProps { resource: load_balancer("50dc6c495c0c9188"), web_acl: one };
    let elsewhere = load_balancer("50dc6c495c0c9189");
    case::<Association>(graph, before, |it| it.web_acl = other, |it| it.resource = elsewhere)
}

/// What load balancers stand in.
struct Places {
    graph: Graph,
    vpc: Ref<Vpc>,
    subnets: [Ref<Subnet>; 3],
    groups: [Ref<SecurityGroup>; 2],
}

fn places() -> Places {
    let mut graph = Graph::default();
    let vpc = add_vpc(&mut graph, "vpc");
    let gateway: Ref<InternetGateway> = graph.add(at("gateway"), InternetGatewayProps { tags: tags("first") });
    let attachment = InternetGatewayAttachmentProps { vpc: vpc.clone(), gateway };
    graph.add::<InternetGatewayAttachment>(at("attachment"), attachment);
    let groups = ["visitors", "other"].map(|name| add_group(&mut graph, &vpc, name));
    let subnets = [("a", "10.1.0.0/24"), ("b", "10.1.1.0/24"), ("c", "10.1.2.0/24")].map(|(zone, cidr)| {
        let props = subnet_props(vpc.clone(), &format!("eu-west-1{zone}"), cidr);
        graph.add(at(&format!("subnet.{zone}")), props)
    });
    Places { graph, vpc, subnets, groups }
}

fn load_balancer_props(subnets: &[Ref<Subnet>], group: &Ref<SecurityGroup>) -> LoadBalancerProps {
    LoadBalancerProps {
        name: "it".to_owned(),
        scheme: "internet-facing".to_owned(),
        subnets: subnets.iter().cloned().collect(),
        groups: [group.clone()].into(),
        idle_timeout: 60,
        http2: true,
        drop_invalid_headers: false,
        desync: "defensive".to_owned(),
        deletion_protection: false,
        log_bucket: Text::from(""),
        tags: tags("first"),
    }
}

fn load_balancer() -> Build {
    let Places { mut graph, vpc: _, subnets, groups } = places();
    let bucket: Ref<Bucket> = graph.add(at("logs"), bucket_props("it-logs"));
    let before = LoadBalancerProps {
        idle_timeout: 300,
        drop_invalid_headers: true,
        log_bucket: bucket.text(),
        ..load_balancer_props(&subnets[..2], &groups[0])
    };
    let change = |it: &mut LoadBalancerProps| {
        it.subnets = subnets.iter().cloned().collect();
        it.groups = groups.iter().cloned().collect();
        it.idle_timeout = 120;
        it.log_bucket = Text::from("");
        it.http2 = false;
        it.tags = second();
    };
    case::<LoadBalancer>(graph, before, change, |it| "internal".clone_into(&mut it.scheme))
}

fn load_balancer_plain() -> Build {
    let Places { graph, vpc: _, subnets, groups } = places();
    let before = load_balancer_props(&subnets[..2], &groups[0]);
    let change = |it: &mut LoadBalancerProps| {
        (it.desync, it.deletion_protection) = ("strictest".to_owned(), true);
    };
    case::<LoadBalancer>(graph, before, change, |it| "other".clone_into(&mut it.name))
}

fn target_group_props(vpc: &Ref<Vpc>, name: &str) -> TargetGroupProps {
    TargetGroupProps {
        name: name.to_owned(),
        vpc: vpc.clone(),
        protocol: "HTTP".to_owned(),
        port: 80,
        path: "/status.txt".to_owned(),
        matcher: "200".to_owned(),
        interval_seconds: 10,
        timeout_seconds: 5,
        healthy: 2,
        unhealthy: 5,
        deregistration_seconds: 30,
        sticky: false,
        tags: tags("first"),
    }
}

fn target_group() -> Build {
    let Places { graph, vpc, subnets: _, groups: _ } = places();
    let change = |it: &mut TargetGroupProps| {
        (it.path, it.matcher) = ("/README.txt".to_owned(), "200-299".to_owned());
        (it.interval_seconds, it.timeout_seconds) = (30, 10);
        (it.healthy, it.unhealthy) = (3, 4);
        (it.deregistration_seconds, it.sticky) = (60, true);
        it.tags = second();
    };
    case::<TargetGroup>(graph, target_group_props(&vpc, "it"), change, |it| it.port = 8080)
}

/// Returns a graph with a load balancer and two target groups.
fn door() -> (Graph, Ref<LoadBalancer>, [Ref<TargetGroup>; 2]) {
    let Places { mut graph, vpc, subnets, groups } = places();
    let load_balancer = graph.add(at("load-balancer"), load_balancer_props(&subnets[..2], &groups[0]));
    let targets = ["one", "two"].map(|name| graph.add(at(&format!("targets.{name}")), target_group_props(&vpc, name)));
    (graph, load_balancer, targets)
}

fn listener_props(load_balancer: Ref<LoadBalancer>, action: Action) -> ListenerProps {
    ListenerProps {
        load_balancer,
        port: 80,
        protocol: "HTTP".to_owned(),
        certificate: None,
        tls_policy: None,
        action,
        tags: tags("first"),
    }
}

fn listener() -> Build {
    let (graph, load_balancer, [one, two]) = door();
    let before = listener_props(load_balancer, Action::Forward(one));
    let change = |it: &mut ListenerProps| (it.action, it.tags) = (Action::Forward(two), second());
    case::<Listener>(graph, before, change, |it| it.port = 8080)
}

fn listener_tls() -> Build {
    let (graph, load_balancer, [one, _]) = door();
    let certificate = |id: &str| Some(Text::from(format!("arn:aws:acm:eu-west-1:200000000000:certificate/{id}")));
    let before = ListenerProps {
        port: 443,
        protocol: "HTTPS".to_owned(),
        certificate: certificate("01234567-89ab-cdef-0123-456789abcdef"),
        tls_policy: Some("ELBSecurityPolicy-TLS13-1-2-2021-06".to_owned()),
        ..listener_props(load_balancer, Action::Forbid)
    };
    let change = |it: &mut ListenerProps| {
        it.certificate = certificate("11234567-89ab-cdef-0123-456789abcdef");
        it.tls_policy = Some("ELBSecurityPolicy-TLS13-1-3-2021-06".to_owned());
        it.action = Action::Forward(one);
    };
    case::<Listener>(graph, before, change, |it| {
        (it.port, it.protocol) = (8080, "HTTP".to_owned());
        (it.certificate, it.tls_policy, it.action) = (None, None, Action::RedirectToHttps);
    })
}

fn rule() -> Build {
    let (mut graph, load_balancer, [one, two]) = door();
    let listener = graph.add(at("listener"), listener_props(load_balancer.clone(), Action::Forbid));
    let other = ListenerProps { port: 8080, ..listener_props(load_balancer, Action::Forbid) };
    let other = graph.add(at("listener.other"), other);
    let [secret, another] = ["secret", "secret.other"].map(|name| graph.add::<Secret>(at(name), secret_props()));
    let before = RuleProps {
        listener,
        priority: 1,
        header: "X-Moodle-Origin".to_owned(),
        secret: secret.text(),
        action: Action::Forward(one),
        tags: tags("first"),
    };
    let change = |it: &mut RuleProps| {
        (it.secret, it.priority) = (another.text(), 2);
        (it.action, it.tags) = (Action::Forward(two), second());
    };
    case::<Rule>(graph, before, change, |it| it.listener = other)
}
