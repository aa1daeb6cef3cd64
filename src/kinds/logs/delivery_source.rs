//! `logs.delivery_source`: that a resource tells what it does; who is told says a delivery.

use aws_sdk_cloudwatchlogs::types;

use crate::aws::{Cx, Result, call, tags};
use crate::kind::values::Tags;
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Retry, Seen, Text, Token, Verb, Wait};
use crate::kinds::answer::{complete, deleted, existing};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct DeliverySource;

props! {
    /// What we want of a delivery source.
    pub struct DeliverySourceProps {
        /// Its name, without the piece of our token.
        replace name: String,
        /// The ARN of the resource.
        replace resource: Text,
        /// What it tells: `ACCESS_LOGS`.
        replace log_type: String,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct DeliverySourceAttrs {
        /// The name.
        name: String,
    }
}

const PUT: &str = "logs:PutDeliverySource";
const GET: &str = "logs:GetDeliverySource";
const DELETE: &str = "logs:DeleteDeliverySource";

impl Kind for DeliverySource {
    const NAME: &'static str = "logs.delivery_source";
    const ID: &'static str = "name";
    const BATCH: usize = 10;
    const POLL: Poll = Poll { ready: Wait { typical: 0.5, ..Wait::none() }, gone: Wait::none() };
    const RATE: Rate = super::DELIVERIES;
    const ACTIONS: Actions = Actions {
        create: &[PUT, "logs:TagResource", "cloudfront:AllowVendedLogDeliveryForResource"],
        read: &[GET],
        update: &[],
        delete: &[DELETE],
        find: &[GET],
    };
    const RETRY: &'static [Retry] = &[
        // A distribution that was made a moment ago.
        Retry::on(Verb::Create, "ResourceNotFoundException", 120.0),
        Retry::on(Verb::Create, "ConflictException", 60.0),
        // A delivery that is gone is counted for a moment.
        Retry::on(Verb::Delete, "ConflictException", 120.0),
    ];
    const NAMED: Named = Named::By(&[("name", "NAME")]);
    const LABELS: &'static [&'static str] = &["name"];

    type Props = DeliverySourceProps;
    type Attrs = DeliverySourceAttrs;

    async fn create(cx: &Cx, token: &Token, want: &DeliverySourceProps) -> Result<DeliverySourceAttrs> {
        let DeliverySourceProps { name, resource, log_type } = want;
        let name = super::named(name, token);
        let put = cx.logs().put_delivery_source().name(&name).resource_arn(resource.as_str()).log_type(log_type);
        let tags = tags::stamped(token, &Tags::default());
        call(PUT, put.set_tags(Some(tags.into_iter().collect())).send().await)?;
        Ok(DeliverySourceAttrs { name })
    }

    async fn read(cx: &Cx, have: &[DeliverySourceAttrs]) -> Result<Vec<Option<Seen<DeliverySource>>>> {
        let mut all = Vec::new();
        for DeliverySourceAttrs { name } in have {
            all.push(source(cx, name).await?.map(|it| seen(name, &it)).transpose()?);
        }
        Ok(all)
    }

    async fn update(_cx: &Cx, edit: Edit<'_, DeliverySource>) -> Result<DeliverySourceAttrs> {
        Ok(edit.have.clone())
    }

    async fn delete(cx: &Cx, have: &DeliverySourceAttrs) -> Result<()> {
        let delete = cx.logs().delete_delivery_source().name(&have.name);
        deleted(call(DELETE, delete.send().await), super::GONE)
    }

    async fn find(cx: &Cx, lost: &[Lost<DeliverySource>]) -> Result<Vec<Option<DeliverySourceAttrs>>> {
        let mut all = Vec::new();
        for Lost { token, want } in lost {
            let name = super::named(&want.name, token);
            all.push(source(cx, &name).await?.map(|_| DeliverySourceAttrs { name }));
        }
        Ok(all)
    }
}

async fn source(cx: &Cx, name: &str) -> Result<Option<types::DeliverySource>> {
    let answer = existing(call(GET, cx.logs().get_delivery_source().name(name).send().await), super::GONE)?;
    Ok(answer.and_then(|it| it.delivery_source))
}

fn seen(name: &str, source: &types::DeliverySource) -> Result<Seen<DeliverySource>> {
    let props = DeliverySourceProps {
        name: super::asked(name),
        resource: complete(GET, source.resource_arns().first())?.as_str().into(),
        log_type: complete(GET, source.log_type())?.to_owned(),
    };
    Ok(Seen { phase: Phase::Ready, props, attrs: DeliverySourceAttrs { name: name.to_owned() } })
}
