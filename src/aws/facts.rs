//! What the account and the region are like: facts that a plan needs before any resource exists.

use aws_sdk_ec2::types::{AvailabilityZoneState, Filter};

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
