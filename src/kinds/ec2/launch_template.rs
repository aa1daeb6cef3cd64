//! `ec2.launch_template`: what a server is made of.
//!
//! A change is a new version, which becomes the default: who launches by the template gets it, and servers that run stay
//! as they are until they are replaced. Old versions stay, AWS keeps ten thousand.
//!
//! On AWS the template's name ends in a piece of our token, because a name is unique in the region and a replacement
//! stands beside its predecessor until everybody has moved over.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{self, LaunchTemplateVersion, ResourceType};
use sha2::{Digest, Sha256};

use super::described::any;
use super::launch_data as data;
use super::security_group::SecurityGroup;
use super::tags;
use crate::aws::tags::TOKEN;
use crate::aws::{Cx, Error, Result, call};
use crate::kind::values::Tags;
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Text, Token, Verb, Wait};
use crate::kinds::answer::{complete, deleted, existing};
use crate::kinds::iam::instance_profile::InstanceProfile;
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct LaunchTemplate;

props! {
    /// What we want of a launch template.
    pub struct LaunchTemplateProps {
        /// Its name, without the piece of our token.
        replace name: String,
        /// The id of an image, or `resolve:ssm:` and the name of a parameter that holds one.
        update image: String,
        /// The type of the instances: `c7g.xlarge`.
        update instance_type: String,
        /// What hands them their role.
        update profile: Ref<InstanceProfile>,
        /// The security groups.
        update groups: BTreeSet<Ref<SecurityGroup>>,
        /// Whether they get a public address; else the subnet decides.
        update public_ip: bool,
        /// The name under which the image knows its first volume.
        update device: String,
        /// The size of that volume. It is of the type gp3, and encrypted.
        update volume_gib: i32,
        /// The SSH key that they let in; empty for none.
        update key_pair: String,
        /// Whether they are measured every minute, and not every five.
        update monitoring: bool,
        /// What they do at their first start. Nothing secret: whoever may describe an instance reads it.
        update user_data: Text,
        /// The tags that users see, of the template, and of instances and volumes made by it.
        update tags: Tags,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct LaunchTemplateAttrs {
        /// `lt-…`.
        id: String,
        /// The name on AWS.
        name: String,
        /// The number of the version in use.
        version: String,
    }
}

const CREATE: &str = "ec2:CreateLaunchTemplate";
const CREATE_VERSION: &str = "ec2:CreateLaunchTemplateVersion";
const MODIFY: &str = "ec2:ModifyLaunchTemplate";
const DELETE: &str = "ec2:DeleteLaunchTemplate";
const DESCRIBE: &str = "ec2:DescribeLaunchTemplates";
const DESCRIBE_VERSIONS: &str = "ec2:DescribeLaunchTemplateVersions";
const GONE: &[&str] = &[
    "InvalidLaunchTemplateId.NotFound",
    "InvalidLaunchTemplateId.NotFoundException",
    "InvalidLaunchTemplateName.NotFoundException",
];
const DEFAULT: &str = "$Default";

impl Kind for LaunchTemplate {
    const NAME: &'static str = "ec2.launch_template";
    const ID: &'static str = "id";
    // One call for all names and tags, and one for the data of each.
    const BATCH: usize = 20;
    const POLL: Poll = Poll { ready: Wait { typical: 0.7, ..Wait::none() }, gone: Wait::none() };
    const RATE: Rate = super::MUTATING;
    const READS: Rate = super::READING;
    const ACTIONS: Actions = Actions {
        create: &[CREATE, "ec2:CreateTags"],
        read: &[DESCRIBE, DESCRIBE_VERSIONS],
        update: &[CREATE_VERSION, MODIFY, "ec2:CreateTags", "ec2:DeleteTags"],
        delete: &[DELETE],
        find: &[DESCRIBE],
    };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Update, "InvalidLaunchTemplateId.NotFound", 60.0),
        Retry::on(Verb::Update, "InvalidLaunchTemplateId.VersionNotFound", 60.0),
    ];
    const MOVES: &'static [&'static str] = &["version"];
    const NAMED: Named = Named::By(&[("id", "lt-…")]);
    const LABELS: &'static [&'static str] = &["name"];

    type Props = LaunchTemplateProps;
    type Attrs = LaunchTemplateAttrs;

    async fn create(cx: &Cx, token: &Token, want: &LaunchTemplateProps) -> Result<LaunchTemplateAttrs> {
        let name = named(&want.name, token);
        let create = cx
            .ec2()
            .create_launch_template()
            .client_token(token.as_str())
            .launch_template_name(&name)
            .launch_template_data(data::of(CREATE, want)?)
            .tag_specifications(tags::on_create(ResourceType::LaunchTemplate, token, &want.tags));
        let answer = call(CREATE, create.send().await)?;
        let made = complete(CREATE, answer.launch_template)?;
        let id = complete(CREATE, made.launch_template_id)?;
        Ok(LaunchTemplateAttrs { id, name, version: "1".to_owned() })
    }

    async fn read(cx: &Cx, have: &[LaunchTemplateAttrs]) -> Result<Vec<Option<Seen<LaunchTemplate>>>> {
        let there = describe(cx, have.iter().map(|it| it.name.as_str())).await?;
        let mut all = Vec::new();
        for LaunchTemplateAttrs { id, name: _, version: _ } in have {
            let template = there.iter().find(|it| it.launch_template_id() == Some(id));
            let version = if template.is_some() { default_version(cx, id).await? } else { None };
            let seen = template.zip(version).map(|(template, version)| seen(template, &version));
            all.push(seen.map(|it| complete(DESCRIBE_VERSIONS, it)).transpose()?);
        }
        Ok(all)
    }

    async fn update(cx: &Cx, edit: Edit<'_, LaunchTemplate>) -> Result<LaunchTemplateAttrs> {
        let Edit { have, was, want, changed: _ } = edit;
        if edit.changes("tags") {
            tags::update(cx, &have.id, &was.tags, &want.tags).await?;
        }
        let version = create_version(cx, have, want).await?;
        let modify = cx.ec2().modify_launch_template().launch_template_id(&have.id).default_version(&version);
        call(MODIFY, modify.send().await)?;
        Ok(LaunchTemplateAttrs { version, ..have.clone() })
    }

    async fn delete(cx: &Cx, have: &LaunchTemplateAttrs) -> Result<()> {
        deleted(call(DELETE, cx.ec2().delete_launch_template().launch_template_id(&have.id).send().await), GONE)
    }

    async fn adopt(cx: &Cx, id: &str, _want: &LaunchTemplateProps) -> Result<Option<LaunchTemplateAttrs>> {
        // No filter takes ids.
        let answer = call(DESCRIBE, cx.ec2().describe_launch_templates().launch_template_ids(id).send().await);
        let found = existing(answer, GONE)?.and_then(|it| it.launch_templates?.into_iter().next());
        let Some(found) = found else { return Ok(None) };
        let name = complete(DESCRIBE, found.launch_template_name)?;
        // The read tells the version.
        Ok(Some(LaunchTemplateAttrs { id: id.to_owned(), name, version: String::new() }))
    }

    async fn find(cx: &Cx, lost: &[Lost<LaunchTemplate>]) -> Result<Vec<Option<LaunchTemplateAttrs>>> {
        let names: Vec<String> = lost.iter().map(|it| named(&it.want.name, &it.token)).collect();
        let there = describe(cx, names.iter().map(String::as_str)).await?;
        let attrs_of = |(lost, name): (&Lost<LaunchTemplate>, &String)| {
            let template = there.iter().find(|it| {
                it.launch_template_name() == Some(name) && tags::token_of(it.tags()) == Some(lost.token.as_str())
            })?;
            let version = template.default_version_number()?.to_string();
            Some(LaunchTemplateAttrs { id: template.launch_template_id()?.to_owned(), name: name.clone(), version })
        };
        Ok(lost.iter().zip(&names).map(attrs_of).collect())
    }
}

/// Makes a version of what is wanted and returns its number.
async fn create_version(cx: &Cx, have: &LaunchTemplateAttrs, want: &LaunchTemplateProps) -> Result<String> {
    let create = cx
        .ec2()
        .create_launch_template_version()
        .client_token(token_of(have, want))
        .launch_template_id(&have.id)
        .launch_template_data(data::of(CREATE_VERSION, want)?);
    let answer = call(CREATE_VERSION, create.send().await)?;
    let made = answer.launch_template_version.and_then(|it| it.version_number);
    Ok(complete(CREATE_VERSION, made)?.to_string())
}

/// Returns a token that is the same when this very change is asked for again, and another for any other.
fn token_of(have: &LaunchTemplateAttrs, want: &LaunchTemplateProps) -> String {
    let LaunchTemplateAttrs { id, name: _, version } = have;
    let digest = Sha256::digest(format!("{id} {version} {want:?}"));
    digest.iter().take(16).fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

fn named(name: &str, token: &Token) -> String {
    format!("{name}-{}", token.short())
}

async fn describe(cx: &Cx, names: impl Iterator<Item = &str>) -> Result<Vec<types::LaunchTemplate>> {
    // By filter, because one unknown id would fail the whole batch.
    let filter = any("launch-template-name", names);
    let pages = cx.ec2().describe_launch_templates().filters(filter).into_paginator().items().send();
    call(DESCRIBE, pages.collect::<std::result::Result<_, _>>().await)
}

async fn default_version(cx: &Cx, id: &str) -> Result<Option<LaunchTemplateVersion>> {
    let describe = cx.ec2().describe_launch_template_versions().launch_template_id(id).versions(DEFAULT);
    let answer = existing(call(DESCRIBE_VERSIONS, describe.send().await), GONE)?;
    Ok(answer.and_then(|it| it.launch_template_versions?.into_iter().next()))
}

fn seen(template: &types::LaunchTemplate, version: &LaunchTemplateVersion) -> Option<Seen<LaunchTemplate>> {
    let tags = tags::visible(template.tags());
    let props = data::props(version.launch_template_data()?, name_of(template)?, tags);
    let attrs = LaunchTemplateAttrs {
        id: template.launch_template_id()?.to_owned(),
        name: template.launch_template_name()?.to_owned(),
        version: version.version_number()?.to_string(),
    };
    Some(Seen { phase: Phase::Ready, props, attrs })
}

/// Returns the name without the piece of the token that the template carries.
fn name_of(template: &types::LaunchTemplate) -> Option<String> {
    let name = template.launch_template_name()?;
    let token = template.tags().iter().find(|tag| tag.key() == Some(TOKEN)).and_then(types::Tag::value);
    let suffix = token.and_then(|it| it.get(..8));
    Some(suffix.and_then(|it| name.strip_suffix(it)?.strip_suffix('-')).unwrap_or(name).to_owned())
}

/// The most that EC2 takes, before it is encoded.
const LONGEST_USER_DATA: usize = 16_384;

/// Refuses user data that EC2 would refuse.
pub(super) fn check(operation: &'static str, user_data: &str) -> Result<()> {
    if user_data.len() <= LONGEST_USER_DATA {
        return Ok(());
    }
    let size = user_data.len();
    let why = format!("the user data has {size} bytes, and EC2 takes {LONGEST_USER_DATA}: shorten what the spec adds");
    Err(Error::refused(operation, "UserDataTooLong", why))
}
