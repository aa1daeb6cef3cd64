//! `logs.delivery_destination`: a log group as the place where a resource's reports go.

use aws_sdk_cloudwatchlogs::types::{self, DeliveryDestinationConfiguration, OutputFormat};

use crate::aws::{Cx, Error, Result, call, tags};
use crate::kind::values::Tags;
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Retry, Seen, Text, Token, Verb, Wait};
use crate::kinds::answer::{complete, deleted, existing};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct DeliveryDestination;

props! {
    /// What we want of a delivery destination.
    pub struct DeliveryDestinationProps {
        /// Its name, without the piece of our token.
        replace name: String,
        /// The ARN of the log group.
        replace log_group: Text,
        /// The format of the reports: `json`.
        replace format: String,
    }
}

attrs! {
    /// What AWS assigns.
    pub struct DeliveryDestinationAttrs {
        /// The name.
        name: String,
        /// `arn:aws:logs:…:delivery-destination:…`.
        arn: String,
    }
}

const PUT: &str = "logs:PutDeliveryDestination";
const GET: &str = "logs:GetDeliveryDestination";
const DELETE: &str = "logs:DeleteDeliveryDestination";

impl Kind for DeliveryDestination {
    const NAME: &'static str = "logs.delivery_destination";
    const ID: &'static str = "arn";
    const BATCH: usize = 10;
    const POLL: Poll = Poll { ready: Wait { typical: 0.5, ..Wait::none() }, gone: Wait::none() };
    const RATE: Rate = super::DELIVERIES;
    const ACTIONS: Actions =
        Actions { create: &[PUT, "logs:TagResource"], read: &[GET], update: &[], delete: &[DELETE], find: &[GET] };
    const RETRY: &'static [Retry] = &[
        Retry::on(Verb::Create, "ResourceNotFoundException", 60.0),
        Retry::on(Verb::Create, "ConflictException", 60.0),
        // A delivery that is gone is counted for a moment.
        Retry::on(Verb::Delete, "ConflictException", 120.0),
    ];
    const NAMED: Named = Named::By(&[("name", "NAME")]);
    const LABELS: &'static [&'static str] = &["name"];

    type Props = DeliveryDestinationProps;
    type Attrs = DeliveryDestinationAttrs;

    async fn create(cx: &Cx, token: &Token, want: &DeliveryDestinationProps) -> Result<DeliveryDestinationAttrs> {
        let DeliveryDestinationProps { name, log_group, format } = want;
        let name = super::named(name, token);
        let place = DeliveryDestinationConfiguration::builder().destination_resource_arn(log_group.as_str()).build();
        let place = place.map_err(|error| Error::refused(PUT, "ValidationException", error.to_string()))?;
        let put = cx.logs().put_delivery_destination().name(&name).delivery_destination_configuration(place);
        let put = put.output_format(OutputFormat::from(format.as_str()));
        let tags = tags::stamped(token, &Tags::default());
        let answer = call(PUT, put.set_tags(Some(tags.into_iter().collect())).send().await)?;
        let arn = complete(PUT, answer.delivery_destination.and_then(|it| it.arn))?;
        Ok(DeliveryDestinationAttrs { name, arn })
    }

    async fn read(cx: &Cx, have: &[DeliveryDestinationAttrs]) -> Result<Vec<Option<Seen<DeliveryDestination>>>> {
        let mut all = Vec::new();
        for DeliveryDestinationAttrs { name, arn: _ } in have {
            all.push(destination(cx, name).await?.map(|it| seen(name, &it)).transpose()?);
        }
        Ok(all)
    }

    async fn update(_cx: &Cx, edit: Edit<'_, DeliveryDestination>) -> Result<DeliveryDestinationAttrs> {
        Ok(edit.have.clone())
    }

    async fn delete(cx: &Cx, have: &DeliveryDestinationAttrs) -> Result<()> {
        let delete = cx.logs().delete_delivery_destination().name(&have.name);
        deleted(call(DELETE, delete.send().await), super::GONE)
    }

    async fn find(cx: &Cx, lost: &[Lost<DeliveryDestination>]) -> Result<Vec<Option<DeliveryDestinationAttrs>>> {
        let mut all = Vec::new();
        for Lost { token, want } in lost {
            let name = super::named(&want.name, token);
            let found = destination(cx, &name).await?;
            let arn = found.map(|it| complete(GET, it.arn)).transpose()?;
            all.push(arn.map(|arn| DeliveryDestinationAttrs { name, arn }));
        }
        Ok(all)
    }
}

async fn destination(cx: &Cx, name: &str) -> Result<Option<types::DeliveryDestination>> {
    let answer = existing(call(GET, cx.logs().get_delivery_destination().name(name).send().await), super::GONE)?;
    Ok(answer.and_then(|it| it.delivery_destination))
}

fn seen(name: &str, destination: &types::DeliveryDestination) -> Result<Seen<DeliveryDestination>> {
    let place = complete(GET, destination.delivery_destination_configuration())?.destination_resource_arn();
    let props = DeliveryDestinationProps {
        name: super::asked(name),
        // Told with `:*` behind it, which stands for the streams of the group.
        log_group: place.strip_suffix(":*").unwrap_or(place).into(),
        format: complete(GET, destination.output_format())?.as_str().to_owned(),
    };
    let arn = complete(GET, destination.arn())?.to_owned();
    Ok(Seen { phase: Phase::Ready, props, attrs: DeliveryDestinationAttrs { name: name.to_owned(), arn } })
}
