//! Property and attribute structs whose fields the engine can name.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// What a changed property asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// The resource is changed in place.
    Update,
    /// A new resource takes its place.
    Replace,
}

/// A property: its name and what changing it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// The name, as in state and plan.
    pub name: &'static str,
    /// What changing it asks for.
    pub change: Change,
}

/// The properties of a kind. Made by [`props!`](crate::props), which sorts every one of them.
///
/// As JSON a property that is `null` is left to AWS and not compared; [`Maybe`](super::values::Maybe) is for one of which
/// nothing is a value.
pub trait Fields: Clone + std::fmt::Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Every property, in the order in which a plan shows them.
    const FIELDS: &'static [Field];
}

/// The attributes of a kind. Made by [`attrs!`](crate::attrs).
pub trait Attributes:
    Clone + std::fmt::Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static
{
    /// The name of every attribute.
    const NAMES: &'static [&'static str];
}

/// Declares the properties of a kind and sorts each into `replace` or `update`.
///
/// ```ignore
/// props! {
///     /// A subnet.
///     pub struct SubnetProps {
///         /// The VPC that it is a part of.
///         replace vpc: Ref<Vpc>,
///         /// Whether instances get a public address at launch.
///         update map_public_ip: bool,
///     }
/// }
/// ```
#[macro_export]
macro_rules! props {
    (@change replace) => { $crate::kind::Change::Replace };
    (@change update) => { $crate::kind::Change::Update };
    ($(#[$about:meta])* pub struct $name:ident { $($(#[$doc:meta])* $change:ident $field:ident: $type:ty,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name { $($(#[$doc])* pub $field: $type,)* }

        impl $crate::kind::Fields for $name {
            const FIELDS: &'static [$crate::kind::Field] = &[
                $($crate::kind::Field { name: stringify!($field), change: $crate::props!(@change $change) },)*
            ];
        }
    };
}

/// Declares the attributes of a kind.
///
/// ```ignore
/// attrs! {
///     /// What AWS assigns to a subnet.
///     pub struct SubnetAttrs {
///         /// `subnet-…`.
///         id: String,
///     }
/// }
/// ```
#[macro_export]
macro_rules! attrs {
    ($(#[$about:meta])* pub struct $name:ident { $($(#[$doc:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name { $($(#[$doc])* pub $field: $type,)* }

        impl $crate::kind::Attributes for $name {
            const NAMES: &'static [&'static str] = &[$(stringify!($field),)*];
        }
    };
}
