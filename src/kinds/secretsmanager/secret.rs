//! `secretsmanager.secret`: a password that nobody chose and that the engine never keeps.
//!
//! Secrets Manager draws it, and it passes through memory once on its way back into the secret. A deleted secret's
//! name stays taken for weeks, so ours end in a piece of our token.

use std::collections::BTreeMap;

use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use aws_sdk_secretsmanager::types::Tag;
use serde::{Deserialize, Serialize};

use crate::aws::{Cx, Result, call, tags};
use crate::kind::values::Tags;
use crate::kind::{Actions, Edit, Kind, Lost, Named, Phase, Poll, Rate, Retry, Seen, Text, Token, Verb};
use crate::kinds::answer::{complete, deleted, existing};
use crate::{attrs, props};

/// See the module.
#[derive(Debug)]
pub struct Secret;

props! {
    /// What we want of a secret.
    pub struct SecretProps {
        /// Its name, without the piece of our token.
        replace name: String,
        /// How the password is drawn and what is beside it. AWS does not tell it again.
        replace recipe: Recipe,
        /// What it is for.
        update description: String,
        /// The ARN of the KMS key; `None` leaves it to AWS, which has a key of its own for secrets.
        update key: Option<Text>,
        /// Whether a deletion is for good at once, instead of in 30 days. AWS does not know of it.
        update disposable: bool,
        /// The tags that users see.
        update tags: Tags,
    }
}

/// How a secret is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// The password's length.
    pub length: i32,
    /// Characters that are not in it.
    pub without: String,
    /// Whether there are other characters in it than letters and digits.
    pub punctuation: bool,
    /// The member of a JSON object that has the password; `None` makes the password the whole secret.
    pub member: Option<String>,
    /// What else is in that object, for all to see.
    pub beside: BTreeMap<String, String>,
}

attrs! {
    /// What AWS assigns, and what it does not tell again.
    pub struct SecretAttrs {
        /// `arn:aws:secretsmanager:…:secret:…`, which ends in characters that AWS draws.
        arn: String,
        /// The whole name.
        name: String,
        /// The property of this name.
        recipe: Recipe,
        /// The property of this name: a deletion is told nothing else.
        disposable: bool,
    }
}

const CREATE: &str = "secretsmanager:CreateSecret";
const DRAW: &str = "secretsmanager:GetRandomPassword";
const DESCRIBE: &str = "secretsmanager:DescribeSecret";
const UPDATE: &str = "secretsmanager:UpdateSecret";
const TAG: &str = "secretsmanager:TagResource";
const UNTAG: &str = "secretsmanager:UntagResource";
const DELETE: &str = "secretsmanager:DeleteSecret";

const NO_SECRET: &str = "ResourceNotFoundException";

/// For so many days a deleted secret can be brought back; the most that AWS offers.
const RECOVERY_DAYS: i64 = 30;

impl Kind for Secret {
    const NAME: &'static str = "secretsmanager.secret";
    const ID: &'static str = "arn";
    // One call each: the list of secrets takes no ARNs.
    const BATCH: usize = 10;
    const POLL: Poll = Poll::at_once();
    const RATE: Rate = Rate { group: "mutating", burst: 20, per_second: 20.0 };
    const ACTIONS: Actions = Actions {
        create: &[DRAW, CREATE, TAG, "kms:GenerateDataKey", "kms:Decrypt"],
        read: &[DESCRIBE],
        update: &[UPDATE, TAG, UNTAG, "kms:GenerateDataKey", "kms:Decrypt"],
        delete: &[DELETE],
        find: &[DESCRIBE],
    };
    const RETRY: &'static [Retry] = &[
        // A key that was made a moment ago.
        Retry::on(Verb::Create, "EncryptionFailure", 60.0),
        Retry::on(Verb::Update, NO_SECRET, 30.0),
    ];
    const HOLDS_DATA: bool = true;
    const MOVES: &'static [&'static str] = &["disposable"];
    const NAMED: Named = Named::By(&[("arn", "arn:…:secret:…")]);
    const LABELS: &'static [&'static str] = &["name"];

    type Props = SecretProps;
    type Attrs = SecretAttrs;

    async fn create(cx: &Cx, token: &Token, want: &SecretProps) -> Result<SecretAttrs> {
        let SecretProps { name: _, recipe, description, key, disposable, tags: _ } = want;
        let draw = cx
            .secrets()
            .get_random_password()
            .password_length(i64::from(recipe.length))
            .exclude_characters(&recipe.without)
            .exclude_punctuation(!recipe.punctuation);
        let password = complete(DRAW, call(DRAW, draw.send().await)?.random_password)?;
        let create = cx
            .secrets()
            .create_secret()
            .name(whole_name(token, want))
            .client_request_token(token.as_str())
            .description(description)
            .set_kms_key_id(key.as_ref().map(|it| it.as_str().to_owned()))
            .secret_string(recipe.fill(password))
            .set_tags(Some(tag_list(tags::stamped(token, &want.tags))));
        let made = call(CREATE, create.send().await)?;
        let (arn, name) = (complete(CREATE, made.arn)?, complete(CREATE, made.name)?);
        Ok(SecretAttrs { arn, name, recipe: recipe.clone(), disposable: *disposable })
    }

    async fn read(cx: &Cx, have: &[SecretAttrs]) -> Result<Vec<Option<Seen<Secret>>>> {
        let mut all = Vec::new();
        for it in have {
            let there = described(cx, &it.arn).await?;
            all.push(there.as_ref().map(|there| seen(it, there)));
        }
        Ok(all)
    }

    async fn update(cx: &Cx, edit: Edit<'_, Secret>) -> Result<SecretAttrs> {
        let Edit { have, was, want, changed: _ } = edit;
        if edit.changes("description") || edit.changes("key") {
            let key = want.key.as_ref().filter(|_| edit.changes("key"));
            let update = cx
                .secrets()
                .update_secret()
                .secret_id(&have.arn)
                .description(&want.description)
                .set_kms_key_id(key.map(|it| it.as_str().to_owned()));
            call(UPDATE, update.send().await)?;
        }
        if edit.changes("tags") {
            update_tags(cx, &have.arn, &was.tags, &want.tags).await?;
        }
        Ok(SecretAttrs { disposable: want.disposable, ..have.clone() })
    }

    async fn delete(cx: &Cx, have: &SecretAttrs) -> Result<()> {
        let delete = cx.secrets().delete_secret().secret_id(&have.arn);
        let delete = if have.disposable {
            delete.force_delete_without_recovery(true)
        } else {
            delete.recovery_window_in_days(RECOVERY_DAYS)
        };
        match call(DELETE, delete.send().await) {
            // Scheduled for deletion is gone, as far as this stack is concerned.
            Err(error) if error.is("InvalidRequestException") && described(cx, &have.arn).await?.is_none() => Ok(()),
            other => deleted(other, &[NO_SECRET]),
        }
    }

    async fn adopt(cx: &Cx, id: &str, want: &SecretProps) -> Result<Option<SecretAttrs>> {
        let Some(there) = described(cx, id).await? else { return Ok(None) };
        // How its value was drawn nobody can tell any more; it stays as it is.
        let (recipe, disposable) = (want.recipe.clone(), want.disposable);
        let (arn, name) = (complete(DESCRIBE, there.arn)?, complete(DESCRIBE, there.name)?);
        Ok(Some(SecretAttrs { arn, name, recipe, disposable }))
    }

    async fn find(cx: &Cx, lost: &[Lost<Secret>]) -> Result<Vec<Option<SecretAttrs>>> {
        let mut all = Vec::new();
        for Lost { token, want } in lost {
            let carries = |it: &Tag| it.key() == Some(tags::TOKEN) && it.value() == Some(token.as_str());
            let there = described(cx, &whole_name(token, want)).await?;
            let ours = there.filter(|it| it.tags().iter().any(carries));
            let attrs = ours.map(|it| -> Result<SecretAttrs> {
                let (arn, name) = (complete(DESCRIBE, it.arn)?, complete(DESCRIBE, it.name)?);
                Ok(SecretAttrs { arn, name, recipe: want.recipe.clone(), disposable: want.disposable })
            });
            all.push(attrs.transpose()?);
        }
        Ok(all)
    }

    /// Nobody misses one that can be drawn anew.
    fn holds_data(props: &SecretProps) -> bool {
        !props.disposable
    }
}

impl Recipe {
    /// Returns what is kept.
    fn fill(&self, password: String) -> String {
        let Some(member) = &self.member else { return password };
        let beside = self.beside.iter().map(|(name, value)| (name.clone(), value.clone().into()));
        let all: serde_json::Map<_, _> = beside.chain([(member.clone(), password.into())]).collect();
        serde_json::Value::Object(all).to_string()
    }
}

fn whole_name(token: &Token, want: &SecretProps) -> String {
    format!("{}-{}", want.name, token.short())
}

/// Returns a secret by its name or ARN; `None` where there is none, or none any more.
async fn described(cx: &Cx, id: &str) -> Result<Option<DescribeSecretOutput>> {
    let answer = call(DESCRIBE, cx.secrets().describe_secret().secret_id(id).send().await);
    Ok(existing(answer, &[NO_SECRET])?.filter(|it| it.deleted_date.is_none()))
}

fn seen(have: &SecretAttrs, there: &DescribeSecretOutput) -> Seen<Secret> {
    let token = there.tags().iter().find(|it| it.key() == Some(tags::TOKEN)).and_then(Tag::value);
    let suffix = token.and_then(|it| it.get(..8));
    let name = suffix.and_then(|it| have.name.strip_suffix(it)?.strip_suffix('-')).unwrap_or(&have.name);
    let props = SecretProps {
        name: name.to_owned(),
        recipe: have.recipe.clone(),
        description: there.description().unwrap_or_default().to_owned(),
        key: there.kms_key_id().filter(|it| !it.is_empty()).map(Text::from),
        disposable: have.disposable,
        tags: tags::visible(there.tags().iter().filter_map(|it| Some((it.key()?, it.value()?)))),
    };
    Seen { phase: Phase::Ready, props, attrs: have.clone() }
}

async fn update_tags(cx: &Cx, arn: &str, was: &Tags, want: &Tags) -> Result<()> {
    let (gone, set) = tags::difference(was, want);
    if !gone.is_empty() {
        call(UNTAG, cx.secrets().untag_resource().secret_id(arn).set_tag_keys(Some(gone)).send().await)?;
    }
    if !set.is_empty() {
        call(TAG, cx.secrets().tag_resource().secret_id(arn).set_tags(Some(tag_list(set))).send().await)?;
    }
    Ok(())
}

fn tag_list(tags: impl IntoIterator<Item = (String, String)>) -> Vec<Tag> {
    tags.into_iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_all_or_a_member() {
        let recipe = |member: Option<&str>| Recipe {
            length: 16,
            without: String::new(),
            punctuation: false,
            member: member.map(str::to_owned),
            beside: BTreeMap::from([("username".to_owned(), "admin".to_owned())]),
        };
        assert_eq!(recipe(None).fill("a\"b".to_owned()), "a\"b");
        assert_eq!(recipe(Some("password")).fill("a\"b".to_owned()), r#"{"password":"a\"b","username":"admin"}"#);
    }
}
