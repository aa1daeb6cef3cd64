//! `logs.delivery`: who asked for what at the edge, written to a log group.

use aws_sdk_cloudwatchlogs::types;

use super::delivery_destination::DeliveryDestination;
use super::delivery_source::DeliverySource;
use crate::aws::{Cx, Result, call, tags};
use crate::kind::values::Tags;
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Ref, Retry, Seen, Token, Verb, Wait};
use crate::kinds::answer::{complete, deleted, existing};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct Delivery;

props! {
    /// What we want of a delivery.
    pub struct DeliveryProps {
        /// What is told of.
        replace source: Ref<DeliverySource>,
        /// Where it goes.
        replace destination: Ref<DeliveryDestination>,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct DeliveryAttrs {
        /// The id.
        id: String,
    }
}

const CREATE: &str = "logs:CreateDelivery";
const GET: &str = "logs:GetDelivery";
const DELETE: &str = "logs:DeleteDelivery";
const LIST: &str = "logs:DescribeDeliveries";

impl Kind for Delivery {
    const NAME: &'static str = "logs.delivery";
    const ID: &'static str = "id";
    const BATCH: usize = 10;
    const POLL: Poll = Poll { ready: Wait { typical: 1.0, ..Wait::none() }, gone: Wait::none() };
    const RATE: Rate = super::DELIVERIES;
    const ACTIONS: Actions = Actions {
        // AWS lets its own delivery service write to the group, in our name.
        create: &[
            CREATE,
            "logs:TagResource",
            "logs:PutResourcePolicy",
            "logs:DescribeResourcePolicies",
            "logs:DescribeLogGroups",
        ],
        read: &[GET],
        update: &[],
        delete: &[DELETE],
        find: &[LIST],
    };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Create, "ResourceNotFoundException", 60.0),
        Retry::on(Verb::Delete, "ConflictException", 60.0),
    ];
    const NAMED: Named = Named::By(&[("id", "ID")]);

    type Props = DeliveryProps;
    type Attrs = DeliveryAttrs;

    async fn create(cx: &Cx, token: &Token, want: &DeliveryProps) -> Result<DeliveryAttrs> {
        let DeliveryProps { source, destination } = want;
        let create = cx.logs().create_delivery().delivery_source_name(source.id());
        let tags = tags::stamped(token, &Tags::default());
        let create = create.delivery_destination_arn(destination.id()).set_tags(Some(tags.into_iter().collect()));
        let answer = call(CREATE, create.send().await)?;
        Ok(DeliveryAttrs { id: complete(CREATE, answer.delivery.and_then(|it| it.id))? })
    }

    async fn read(cx: &Cx, have: &[DeliveryAttrs]) -> Result<Vec<Option<Seen<Delivery>>>> {
        let mut all = Vec::new();
        for DeliveryAttrs { id } in have {
            let found = existing(call(GET, cx.logs().get_delivery().id(id).send().await), super::GONE)?;
            all.push(found.and_then(|it| it.delivery).map(|it| seen(id, &it)).transpose()?);
        }
        Ok(all)
    }

    async fn update(_cx: &Cx, edit: Edit<'_, Delivery>) -> Result<DeliveryAttrs> {
        Ok(edit.have.clone())
    }

    async fn delete(cx: &Cx, have: &DeliveryAttrs) -> Result<()> {
        deleted(call(DELETE, cx.logs().delete_delivery().id(&have.id).send().await), super::GONE)
    }

    async fn find(cx: &Cx, lost: &[Lost<Delivery>]) -> Result<Vec<Option<DeliveryAttrs>>> {
        let pages = cx.logs().describe_deliveries().into_paginator().items().send();
        let there: Vec<types::Delivery> = call(LIST, pages.collect::<std::result::Result<_, _>>().await)?;
        let id = |want: &DeliveryProps| {
            let ours = |it: &&types::Delivery| {
                it.delivery_source_name() == Some(want.source.id())
                    && it.delivery_destination_arn() == Some(want.destination.id())
            };
            there.iter().find(ours).and_then(|it| it.id.clone())
        };
        Ok(lost.iter().map(|it| id(&it.want).map(|id| DeliveryAttrs { id })).collect())
    }

    /// A source tells one log group.
    fn conflicts(old: &DeliveryProps, new: &DeliveryProps) -> bool {
        old.source == new.source
    }
}

fn seen(id: &str, delivery: &types::Delivery) -> Result<Seen<Delivery>> {
    let props = DeliveryProps {
        source: Ref::known(complete(GET, delivery.delivery_source_name())?),
        destination: Ref::known(complete(GET, delivery.delivery_destination_arn())?),
    };
    Ok(Seen { phase: Phase::Ready, props, attrs: DeliveryAttrs { id: id.to_owned() } })
}
