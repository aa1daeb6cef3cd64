//! The data of a launch template, as EC2 takes and gives it.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{
    InstanceType, LaunchTemplateBlockDeviceMappingRequest, LaunchTemplateEbsBlockDevice,
    LaunchTemplateEbsBlockDeviceRequest, LaunchTemplateHttpTokensState,
    LaunchTemplateIamInstanceProfileSpecificationRequest, LaunchTemplateInstanceMetadataOptionsRequest,
    LaunchTemplateInstanceNetworkInterfaceSpecification, LaunchTemplateInstanceNetworkInterfaceSpecificationRequest,
    LaunchTemplateTagSpecificationRequest, LaunchTemplatesMonitoring, LaunchTemplatesMonitoringRequest,
    RequestLaunchTemplateData, ResourceType, ResponseLaunchTemplateData, Tag, VolumeType,
};
use aws_smithy_types::base64;

use super::launch_template::{LaunchTemplateProps, check};
use crate::aws::Result;
use crate::kind::values::Tags;
use crate::kind::{Ref, Text};

/// Returns the data to send.
pub(super) fn of(operation: &'static str, want: &LaunchTemplateProps) -> Result<RequestLaunchTemplateData> {
    let LaunchTemplateProps {
        name: _,
        image,
        instance_type,
        profile,
        groups,
        public_ip,
        device,
        volume_gib,
        key_pair,
        monitoring,
        user_data,
        tags,
    } = want;
    check(operation, user_data.as_str())?;
    let groups: Vec<String> = groups.iter().map(|it| it.id().to_owned()).collect();
    let data = RequestLaunchTemplateData::builder()
        .image_id(image)
        .instance_type(InstanceType::from(instance_type.as_str()))
        .iam_instance_profile(
            LaunchTemplateIamInstanceProfileSpecificationRequest::builder().name(profile.id()).build(),
        )
        .block_device_mappings(volume(device, *volume_gib))
        .set_key_name(Some(key_pair.clone()).filter(|it| !it.is_empty()))
        .monitoring(LaunchTemplatesMonitoringRequest::builder().enabled(*monitoring).build())
        .metadata_options(metadata())
        .user_data(base64::encode(user_data.as_str()))
        .set_tag_specifications(tag_specifications(tags));
    // Of an address the interface decides, and then the groups are the interface's too.
    let data = if *public_ip {
        let interface = LaunchTemplateInstanceNetworkInterfaceSpecificationRequest::builder()
            .device_index(0)
            .associate_public_ip_address(true)
            .set_groups(Some(groups));
        data.network_interfaces(interface.build())
    } else {
        data.set_security_group_ids(Some(groups))
    };
    Ok(data.build())
}

fn volume(device: &str, gib: i32) -> LaunchTemplateBlockDeviceMappingRequest {
    let ebs = LaunchTemplateEbsBlockDeviceRequest::builder()
        .volume_size(gib)
        .volume_type(VolumeType::Gp3)
        .encrypted(true)
        .delete_on_termination(true);
    LaunchTemplateBlockDeviceMappingRequest::builder().device_name(device).ebs(ebs.build()).build()
}

/// The keys of the role are given out only to who asks twice, and never to a container or a proxy behind the server.
fn metadata() -> LaunchTemplateInstanceMetadataOptionsRequest {
    LaunchTemplateInstanceMetadataOptionsRequest::builder()
        .http_tokens(LaunchTemplateHttpTokensState::Required)
        .http_put_response_hop_limit(1)
        .build()
}

fn tag_specifications(tags: &Tags) -> Option<Vec<LaunchTemplateTagSpecificationRequest>> {
    if tags.0.is_empty() {
        return None;
    }
    let tags: Vec<Tag> = tags.0.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect();
    let of = |resource: ResourceType| {
        LaunchTemplateTagSpecificationRequest::builder().resource_type(resource).set_tags(Some(tags.clone())).build()
    };
    Some([ResourceType::Instance, ResourceType::Volume].map(of).into())
}

/// Returns the properties that the data stands for.
pub(super) fn props(data: &ResponseLaunchTemplateData, name: String, tags: Tags) -> LaunchTemplateProps {
    let mapping = data.block_device_mappings().first();
    let interface = data.network_interfaces().first();
    let groups = interface.map_or(data.security_group_ids(), |it| it.groups());
    LaunchTemplateProps {
        name,
        image: data.image_id().unwrap_or_default().to_owned(),
        instance_type: data.instance_type().map(InstanceType::as_str).unwrap_or_default().to_owned(),
        profile: Ref::known(data.iam_instance_profile().and_then(|it| it.name()).unwrap_or_default()),
        groups: groups.iter().map(Ref::known).collect::<BTreeSet<_>>(),
        public_ip: interface
            .and_then(LaunchTemplateInstanceNetworkInterfaceSpecification::associate_public_ip_address)
            .unwrap_or(false),
        device: mapping.and_then(|it| it.device_name()).unwrap_or_default().to_owned(),
        volume_gib: mapping.and_then(|it| it.ebs()).and_then(LaunchTemplateEbsBlockDevice::volume_size).unwrap_or(0),
        key_pair: data.key_name().unwrap_or_default().to_owned(),
        monitoring: data.monitoring().and_then(LaunchTemplatesMonitoring::enabled).unwrap_or(false),
        user_data: Text::from(decoded(data.user_data().unwrap_or_default())),
        tags,
    }
}

/// Returns user data as text; of one that is none, what can be read of it.
fn decoded(user_data: &str) -> String {
    base64::decode(user_data).map_or_else(|_| user_data.to_owned(), |it| String::from_utf8_lossy(&it).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn want(user_data: &str) -> LaunchTemplateProps {
        LaunchTemplateProps {
            name: "campus-web".to_owned(),
            image: "ami-0123456789abcdef0".to_owned(),
            instance_type: "c7g.xlarge".to_owned(),
            profile: Ref::known("campus-web"),
            groups: BTreeSet::from([Ref::known("sg-1")]),
            public_ip: false,
            device: "/dev/xvda".to_owned(),
            volume_gib: 10,
            key_pair: String::new(),
            monitoring: true,
            user_data: user_data.into(),
            tags: Tags::default().named("campus-web"),
        }
    }

    #[test]
    fn instances_are_as_safe_as_ec2_makes_them() {
        let data = of("x", &want("#!/bin/bash\n")).unwrap();
        let metadata = data.metadata_options().unwrap();
        assert_eq!(metadata.http_tokens(), Some(&LaunchTemplateHttpTokensState::Required));
        assert_eq!(metadata.http_put_response_hop_limit(), Some(1));
        let volume = data.block_device_mappings()[0].ebs().unwrap();
        assert_eq!((volume.encrypted(), volume.volume_type()), (Some(true), Some(&VolumeType::Gp3)));
        assert_eq!(data.key_name(), None);
        assert_eq!(data.user_data(), Some("IyEvYmluL2Jhc2gK"));
        let tagged: Vec<_> = data.tag_specifications().iter().filter_map(|it| it.resource_type()).collect();
        assert_eq!(tagged, [&ResourceType::Instance, &ResourceType::Volume]);
    }

    #[test]
    fn groups_stand_where_the_public_address_is_decided() {
        let data = of("x", &LaunchTemplateProps { public_ip: true, ..want("") }).unwrap();
        assert_eq!(data.security_group_ids(), [] as [String; 0]);
        assert_eq!(data.network_interfaces()[0].groups(), ["sg-1"]);
        assert_eq!(data.network_interfaces()[0].associate_public_ip_address(), Some(true));
    }

    #[test]
    fn user_data_that_is_too_long_is_refused_before_anything_is_sent() {
        assert!(of("x", &want(&"x".repeat(16_384))).is_ok());
        let error = of("x", &want(&"x".repeat(16_385))).unwrap_err();
        assert_eq!(error.effect, crate::aws::Effect::None);
        assert!(error.to_string().contains("16385 bytes, and EC2 takes 16384"), "{error}");
    }
}
