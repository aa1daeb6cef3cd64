//! `wafv2.web_acl`: the rules by which a load balancer or a distribution refuses requests.
//!
//! That of a distribution has the scope `CLOUDFRONT` and is made in `us-east-1`. A web ACL in use cannot be deleted, so
//! a replacement stands beside its predecessor, and names end in a piece of our token.

use aws_sdk_wafv2::types::{AllowAction, DefaultAction, Scope, Tag, WebAcl as InAws};

use super::rules::{self, Rule};
use super::{GONE, MUTATING, READING};
use crate::aws::{Cx, Error, Result, call, tags};
use crate::kind::values::Tags;
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Retry, Seen, Token, Verb, Wait};
use crate::kinds::answer::{complete, deleted, existing};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct WebAcl;

props! {
    /// What we want of a web ACL. What no rule refuses passes.
    pub struct WebAclProps {
        /// Its name, without the piece of our token.
        replace name: String,
        /// `REGIONAL`, or `CLOUDFRONT`.
        replace scope: String,
        /// What it is for.
        update description: String,
        /// The rules, in their order.
        update rules: Vec<Rule>,
        /// The tags that users see.
        update tags: Tags,
    }
}

attrs! {
    /// What AWS assigns, and what it asks for with each call.
    pub struct WebAclAttrs {
        /// A UUID.
        id: String,
        /// `arn:aws:wafv2:…:webacl/…`.
        arn: String,
        /// The whole name.
        name: String,
        /// The scope.
        scope: String,
    }
}

const CREATE: &str = "wafv2:CreateWebACL";
const GET: &str = "wafv2:GetWebACL";
const LIST: &str = "wafv2:ListWebACLs";
const TAGS: &str = "wafv2:ListTagsForResource";
const UPDATE: &str = "wafv2:UpdateWebACL";
const DELETE: &str = "wafv2:DeleteWebACL";
const TAG: &str = "wafv2:TagResource";
const UNTAG: &str = "wafv2:UntagResource";

/// Somebody else changed it since it was read.
const MOVED: &str = "WAFOptimisticLockException";
/// What it names or is named by has not spread yet.
const UNAVAILABLE: &str = "WAFUnavailableEntityException";

impl Kind for WebAcl {
    const NAME: &'static str = "wafv2.web_acl";
    const ID: &'static str = "arn";
    const BATCH: usize = 2;
    const POLL: Poll =
        Poll { ready: Wait { typical: 2.0, ..Wait::none() }, gone: Wait { typical: 1.0, ..Wait::none() } };
    const RATE: Rate = MUTATING;
    const READS: Rate = READING;
    const ACTIONS: Actions = Actions {
        create: &[CREATE, TAG],
        read: &[GET, TAGS],
        update: &[GET, UPDATE, TAG, UNTAG],
        delete: &[GET, DELETE],
        find: &[LIST, TAGS],
    };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Create, UNAVAILABLE, 120.0),
        Retry::on(Verb::Update, UNAVAILABLE, 120.0),
        Retry::on(Verb::Update, GONE, 60.0),
        Retry::on(Verb::Update, MOVED, 60.0),
        Retry::on(Verb::Delete, MOVED, 60.0),
        Retry::on(Verb::Delete, UNAVAILABLE, 120.0),
        // A load balancer or a distribution that let go of it a moment ago.
        Retry::on(Verb::Delete, "WAFAssociatedItemException", 600.0),
    ];
    const NAMED: Named = Named::By(&[("arn", "arn:…/webacl/…")]);
    const LABELS: &'static [&'static str] = &["name"];

    type Props = WebAclProps;
    type Attrs = WebAclAttrs;

    async fn create(cx: &Cx, token: &Token, want: &WebAclProps) -> Result<WebAclAttrs> {
        let WebAclProps { name: _, scope, description, rules, tags } = want;
        let name = whole_name(token, want);
        let (rules, visibility) = parts(CREATE, &name, rules)?;
        let create = cx
            .wafv2()
            .create_web_acl()
            .name(&name)
            .scope(Scope::from(scope.as_str()))
            .description(description)
            .default_action(pass())
            .set_rules(Some(rules))
            .visibility_config(visibility)
            .set_tags(Some(tag_list(CREATE, tags::stamped(token, tags))?));
        let made = complete(CREATE, call(CREATE, create.send().await)?.summary)?;
        let (id, arn) = (complete(CREATE, made.id)?, complete(CREATE, made.arn)?);
        Ok(WebAclAttrs { id, arn, name, scope: scope.clone() })
    }

    async fn read(cx: &Cx, have: &[WebAclAttrs]) -> Result<Vec<Option<Seen<WebAcl>>>> {
        let mut all = Vec::new();
        for it in have {
            let there = match got(cx, it).await? {
                Some((acl, _)) => tags_of(cx, &it.arn).await?.map(|tags| seen(it, &acl, &tags)),
                None => None,
            };
            all.push(there);
        }
        Ok(all)
    }

    async fn update(cx: &Cx, edit: Edit<'_, WebAcl>) -> Result<WebAclAttrs> {
        let Edit { have, was, want, changed: _ } = edit;
        if edit.changes("description") || edit.changes("rules") {
            let gone = || Error::refused(UPDATE, GONE, "there is no such web ACL");
            let (_, lock) = got(cx, have).await?.ok_or_else(gone)?;
            let (rules, visibility) = parts(UPDATE, &have.name, &want.rules)?;
            let update = cx
                .wafv2()
                .update_web_acl()
                .name(&have.name)
                .scope(Scope::from(have.scope.as_str()))
                .id(&have.id)
                .lock_token(lock)
                .description(&want.description)
                .default_action(pass())
                .set_rules(Some(rules))
                .visibility_config(visibility);
            call(UPDATE, update.send().await)?;
        }
        if edit.changes("tags") {
            update_tags(cx, &have.arn, &was.tags, &want.tags).await?;
        }
        Ok(have.clone())
    }

    async fn delete(cx: &Cx, have: &WebAclAttrs) -> Result<()> {
        let Some((_, lock)) = got(cx, have).await? else { return Ok(()) };
        let WebAclAttrs { id, arn: _, name, scope } = have;
        let delete = cx.wafv2().delete_web_acl().name(name).scope(Scope::from(scope.as_str())).id(id).lock_token(lock);
        deleted(call(DELETE, delete.send().await), &[GONE])
    }

    async fn adopt(_cx: &Cx, id: &str, _want: &WebAclProps) -> Result<Option<WebAclAttrs>> {
        // arn:aws:wafv2:REGION:ACCOUNT:SCOPE/webacl/NAME/ID
        let resource: Vec<&str> = id.rsplit(':').next().unwrap_or_default().split('/').collect();
        let [scope, "webacl", name, acl] = resource[..] else { return Ok(None) };
        let scope = if scope == "global" { "CLOUDFRONT" } else { "REGIONAL" };
        let [arn, acl, name, scope] = [id, acl, name, scope].map(str::to_owned);
        Ok(Some(WebAclAttrs { id: acl, arn, name, scope }))
    }

    async fn find(cx: &Cx, lost: &[Lost<WebAcl>]) -> Result<Vec<Option<WebAclAttrs>>> {
        let mut all = Vec::new();
        for Lost { token, want } in lost {
            let there = named(cx, &want.scope, &whole_name(token, want)).await?;
            let ours = match &there {
                Some(it) => tags_of(cx, &it.arn).await?.is_some_and(|it| carries(&it, token)),
                None => false,
            };
            all.push(there.filter(|_| ours));
        }
        Ok(all)
    }
}

fn whole_name(token: &Token, want: &WebAclProps) -> String {
    format!("{}-{}", want.name, token.short())
}

fn pass() -> DefaultAction {
    DefaultAction::builder().allow(AllowAction::builder().build()).build()
}

/// Returns what creation and change have in common.
fn parts(
    operation: &'static str,
    name: &str,
    rules: &[Rule],
) -> Result<(Vec<aws_sdk_wafv2::types::Rule>, aws_sdk_wafv2::types::VisibilityConfig)> {
    let parts = rules::to_aws(rules).and_then(|rules| Ok((rules, rules::visibility(name)?)));
    parts.map_err(|error| Error::refused(operation, "InvalidRequest", error.to_string()))
}

/// Returns a web ACL and the token that its next change must show.
async fn got(cx: &Cx, have: &WebAclAttrs) -> Result<Option<(InAws, String)>> {
    let WebAclAttrs { id, arn: _, name, scope } = have;
    let get = cx.wafv2().get_web_acl().name(name).scope(Scope::from(scope.as_str())).id(id);
    let Some(answer) = existing(call(GET, get.send().await), &[GONE])? else { return Ok(None) };
    Ok(Some((complete(GET, answer.web_acl)?, complete(GET, answer.lock_token)?)))
}

/// Returns the web ACL with that whole name, which is unique within its scope.
async fn named(cx: &Cx, scope: &str, name: &str) -> Result<Option<WebAclAttrs>> {
    let mut marker = None;
    loop {
        let list = cx.wafv2().list_web_acls().scope(Scope::from(scope)).limit(100).set_next_marker(marker);
        let page = call(LIST, list.send().await)?;
        if let Some(it) = page.web_acls().iter().find(|it| it.name() == Some(name)) {
            let (id, arn) = (complete(LIST, it.id())?.to_owned(), complete(LIST, it.arn())?.to_owned());
            return Ok(Some(WebAclAttrs { id, arn, name: name.to_owned(), scope: scope.to_owned() }));
        }
        marker = page.next_marker.filter(|it| !it.is_empty());
        if marker.is_none() {
            return Ok(None);
        }
    }
}

async fn tags_of(cx: &Cx, arn: &str) -> Result<Option<Vec<Tag>>> {
    let answer = call(TAGS, cx.wafv2().list_tags_for_resource().resource_arn(arn).send().await);
    let answer = existing(answer, &[GONE])?;
    Ok(answer.map(|it| it.tag_info_for_resource.and_then(|it| it.tag_list).unwrap_or_default()))
}

fn carries(tags: &[Tag], token: &Token) -> bool {
    tags.iter().any(|it| it.key() == tags::TOKEN && it.value() == token.as_str())
}

fn seen(have: &WebAclAttrs, there: &InAws, tags: &[Tag]) -> Seen<WebAcl> {
    let token = tags.iter().find(|it| it.key() == tags::TOKEN).and_then(|it| it.value().get(..8));
    let name = token.and_then(|it| have.name.strip_suffix(it)?.strip_suffix('-')).unwrap_or(&have.name);
    let mut rules = rules::from_aws(there.rules());
    if there.default_action().is_none_or(|it| it.allow().is_none()) {
        rules.push(Rule::Other("what no rule names is refused".to_owned()));
    }
    let props = WebAclProps {
        name: name.to_owned(),
        scope: have.scope.clone(),
        description: there.description().unwrap_or_default().to_owned(),
        rules,
        tags: tags::visible(tags.iter().map(|it| (it.key(), it.value()))),
    };
    Seen { phase: Phase::Ready, props, attrs: have.clone() }
}

async fn update_tags(cx: &Cx, arn: &str, was: &Tags, want: &Tags) -> Result<()> {
    let (gone, set) = tags::difference(was, want);
    if !gone.is_empty() {
        call(UNTAG, cx.wafv2().untag_resource().resource_arn(arn).set_tag_keys(Some(gone)).send().await)?;
    }
    if !set.is_empty() {
        let set = tag_list(TAG, set)?;
        call(TAG, cx.wafv2().tag_resource().resource_arn(arn).set_tags(Some(set)).send().await)?;
    }
    Ok(())
}

fn tag_list(operation: &'static str, tags: impl IntoIterator<Item = (String, String)>) -> Result<Vec<Tag>> {
    let tag = |(key, value)| Tag::builder().key(key).value(value).build();
    let tags = tags.into_iter().map(tag).collect::<std::result::Result<_, _>>();
    tags.map_err(|error| Error::refused(operation, "InvalidTag", error.to_string()))
}
