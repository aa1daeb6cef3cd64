//! `wafv2.association`: puts a web ACL in front of a load balancer. A distribution names its web ACL itself.

use super::{GONE, web_acl};
use crate::aws::{Cx, Result, call};
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Text, Token, Verb, Wait};
use crate::kinds::answer::{deleted, existing};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct Association;

props! {
    /// What we want in front of a load balancer.
    pub struct AssociationProps {
        /// The ARN of the load balancer.
        replace resource: Text,
        /// The web ACL.
        update web_acl: Ref<web_acl::WebAcl>,
    }
}

attrs! {
    /// An association is found by what it guards.
    pub struct AssociationAttrs {
        /// The ARN of the load balancer.
        resource: String,
    }
}

const GET: &str = "wafv2:GetWebACLForResource";
const PUT: &str = "wafv2:AssociateWebACL";
const DELETE: &str = "wafv2:DisassociateWebACL";
/// One of the two is too new.
const UNAVAILABLE: &str = "WAFUnavailableEntityException";

impl Kind for Association {
    const NAME: &'static str = "wafv2.association";
    const ID: &'static str = "resource";
    const BATCH: usize = 1;
    const POLL: Poll =
        Poll { ready: Wait { typical: 3.0, ..Wait::none() }, gone: Wait { typical: 2.0, ..Wait::none() } };
    const RATE: Rate = Rate { group: "associations", burst: 1, per_second: 0.5 };
    // `GetWebACLForResource` has a bucket of its own.
    const READS: Rate = Rate { group: "looks at associations", burst: 1, per_second: 1.0 };
    const ACTIONS: Actions = Actions {
        create: &[PUT, "elasticloadbalancing:SetWebACL"],
        read: &[GET, "elasticloadbalancing:GetLoadBalancerWebACL"],
        update: &[PUT, "elasticloadbalancing:SetWebACL"],
        delete: &[DELETE, "elasticloadbalancing:SetWebACL"],
        find: &[GET, "elasticloadbalancing:GetLoadBalancerWebACL"],
    };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Create, UNAVAILABLE, 300.0),
        Retry::on(Verb::Create, GONE, 60.0),
        Retry::on(Verb::Update, UNAVAILABLE, 300.0),
        Retry::on(Verb::Update, GONE, 60.0),
        Retry::on(Verb::Delete, UNAVAILABLE, 300.0),
    ];
    const NAMED: Named = Named::By(&[("resource", "arn:…:loadbalancer/app/…")]);

    type Props = AssociationProps;
    type Attrs = AssociationAttrs;

    async fn create(cx: &Cx, _token: &Token, want: &AssociationProps) -> Result<AssociationAttrs> {
        put(cx, want).await?;
        Ok(AssociationAttrs { resource: want.resource.as_str().to_owned() })
    }

    async fn read(cx: &Cx, have: &[AssociationAttrs]) -> Result<Vec<Option<Seen<Association>>>> {
        let mut all = Vec::new();
        for AssociationAttrs { resource } in have {
            all.push(seen(cx, resource).await?);
        }
        Ok(all)
    }

    async fn update(cx: &Cx, edit: Edit<'_, Association>) -> Result<AssociationAttrs> {
        put(cx, edit.want).await?;
        Ok(edit.have.clone())
    }

    async fn delete(cx: &Cx, have: &AssociationAttrs) -> Result<()> {
        let delete = cx.wafv2().disassociate_web_acl().resource_arn(&have.resource).send().await;
        deleted(call(DELETE, delete), &[GONE])
    }

    async fn find(cx: &Cx, lost: &[Lost<Association>]) -> Result<Vec<Option<AssociationAttrs>>> {
        let mut all = Vec::new();
        for Lost { token: _, want } in lost {
            let there = seen(cx, want.resource.as_str()).await?;
            all.push(there.filter(|it| it.props == *want).map(|it| it.attrs));
        }
        Ok(all)
    }

    fn conflicts(old: &AssociationProps, new: &AssociationProps) -> bool {
        old.resource == new.resource
    }
}

async fn put(cx: &Cx, want: &AssociationProps) -> Result<()> {
    let AssociationProps { resource, web_acl } = want;
    let put = cx.wafv2().associate_web_acl().resource_arn(resource.as_str()).web_acl_arn(web_acl.id());
    call(PUT, put.send().await).map(drop)
}

async fn seen(cx: &Cx, resource: &str) -> Result<Option<Seen<Association>>> {
    let get = cx.wafv2().get_web_acl_for_resource().resource_arn(resource).send().await;
    let Some(web_acl) = existing(call(GET, get), &[GONE])?.and_then(|it| it.web_acl) else { return Ok(None) };
    let props = AssociationProps { resource: resource.into(), web_acl: Ref::known(web_acl.arn) };
    Ok(Some(Seen { phase: Phase::Ready, props, attrs: AssociationAttrs { resource: resource.to_owned() } }))
}
