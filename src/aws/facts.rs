//! What the account and the region are like: facts that a plan needs before any resource exists.

use aws_sdk_ec2::types::{AvailabilityZoneState, Filter};
use aws_sdk_ssm::operation::get_parameters_by_path::GetParametersByPathOutput;

use super::{Cx, Result, call};

/// Returns the names of the region's availability zones that the account can use now, sorted.
///
/// Local zones and Wavelength zones are left out: databases, caches and file systems cannot stand there.
///
/// # Errors
/// The failure of the call.
pub async fn zones(cx: &Cx) -> Result<Vec<String>> {
    let only = |name: &str, values: &[&str]| {
        let values = values.iter().map(|it| (*it).to_owned()).collect();
        Filter::builder().name(name).set_values(Some(values)).build()
    };
    let describe = cx
        .ec2()
        .describe_availability_zones()
        .filters(only("state", &["available"]))
        .filters(only("zone-type", &["availability-zone"]))
        .filters(only("opt-in-status", &["opt-in-not-required", "opted-in"]));
    let answer = call("ec2:DescribeAvailabilityZones", describe.send().await)?;
    // Checked again here, because emulators ignore filters that they do not know.
    let usable = answer.availability_zones().iter().filter(|it| {
        let available = it.state().is_none_or(|state| *state == AvailabilityZoneState::Available);
        available && it.zone_type().is_none_or(|kind| kind == "availability-zone")
    });
    let mut names: Vec<String> = usable.filter_map(|it| it.zone_name().map(str::to_owned)).collect();
    names.sort_unstable();
    Ok(names)
}

/// Returns the ids of the public hosted zones with this name, which has no dot at its end.
///
/// # Errors
/// The failure of the call.
pub async fn hosted_zones(cx: &Cx, name: &str) -> Result<Vec<String>> {
    // The answer begins at the name and goes on with later ones; zones of one name stand together.
    let list = cx.route53().list_hosted_zones_by_name().dns_name(format!("{name}."));
    let answer = call("route53:ListHostedZonesByName", list.send().await)?;
    let public = |it: &&aws_sdk_route53::types::HostedZone| it.config().is_none_or(|config| !config.private_zone());
    let named = answer.hosted_zones().iter().filter(|it| it.name().trim_end_matches('.').eq_ignore_ascii_case(name));
    Ok(named.filter(public).map(|it| it.id().trim_start_matches("/hostedzone/").to_owned()).collect())
}

/// Makes a public hosted zone, for a sandbox: on AWS the zone that a spec names is there already.
///
/// # Errors
/// The failure of the call.
pub async fn make_hosted_zone(cx: &Cx, name: &str) -> Result<()> {
    // The name is the reference too, so that a second run at the same time makes no second zone.
    let make = cx.route53().create_hosted_zone().name(name).caller_reference(name);
    call("route53:CreateHostedZone", make.send().await).map(drop)
}

/// Returns the ids of the prefix lists with this name, AWS's own among them.
///
/// # Errors
/// The failure of the call.
pub async fn prefix_lists(cx: &Cx, name: &str) -> Result<Vec<String>> {
    let named = Filter::builder().name("prefix-list-name").values(name).build();
    let describe = cx.ec2().describe_managed_prefix_lists().filters(named);
    let answer = call("ec2:DescribeManagedPrefixLists", describe.send().await)?;
    let lists = answer.prefix_lists().iter().filter(|it| it.prefix_list_name() == Some(name));
    Ok(lists.filter_map(|it| it.prefix_list_id().map(str::to_owned)).collect())
}

/// Whether a server that reports below this parameter says that it serves a site that is installed.
///
/// # Errors
/// The failure of the call.
pub async fn is_installed(cx: &Cx, path: &str) -> Result<bool> {
    let pages = cx.ssm().get_parameters_by_path().path(path).into_paginator().send();
    let pages: Vec<_> = call("ssm:GetParametersByPath", pages.collect::<std::result::Result<_, _>>().await)?;
    let says = |text: &str| {
        serde_json::from_str::<serde_json::Value>(text)
            .is_ok_and(|it| it["state"] == "done" && it["stage"] == "installed")
    };
    Ok(pages
        .iter()
        .flat_map(GetParametersByPathOutput::parameters)
        .filter_map(aws_sdk_ssm::types::Parameter::value)
        .any(says))
}
