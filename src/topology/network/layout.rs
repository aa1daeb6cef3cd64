//! Where subnets lie in a VPC whose spec does not say.
//!
//! A default layout has room for six zones however many there are, so that a zone more moves no subnet. In a `/16` it
//! is that of the reference architecture. In a VPC of another size `app` takes three quarters and `public` and `data`
//! an eighth each; a VPC that is too small for that has no default, and the spec must say.

use ipnet::{IpNet, Ipv4Net};

use crate::kind::values::Cidr;
use crate::spec::Span;
use crate::spec::reader::Reader;

/// No region has more zones.
const MOST_ZONES: usize = 6;

/// A group of subnets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    Public,
    App,
    Data,
}

impl Group {
    pub(super) const ALL: [Group; 3] = [Group::Public, Group::App, Group::Data];

    /// Returns the word for it in specs and addresses.
    pub(super) fn word(self) -> &'static str {
        match self {
            Group::Public => "public",
            Group::App => "app",
            Group::Data => "data",
        }
    }
}

/// The ranges of the subnets, zone by zone.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Layout {
    public: Vec<Cidr>,
    app: Vec<Cidr>,
    data: Vec<Cidr>,
}

impl Layout {
    /// Returns the ranges of a group.
    pub(super) fn of(&self, group: Group) -> &[Cidr] {
        match group {
            Group::Public => &self.public,
            Group::App => &self.app,
            Group::Data => &self.data,
        }
    }
}

/// Returns the reference architecture's VPC.
pub(super) fn default_vpc() -> Cidr {
    Cidr::of(IpNet::V4(Ipv4Net::new_assert(std::net::Ipv4Addr::new(10, 0, 0, 0), 16)))
}

/// Returns the default layout of a VPC; `None` where six zones do not fit well.
pub(super) fn default_of(vpc: Cidr) -> Option<Layout> {
    let IpNet::V4(vpc) = vpc.net() else { return None };
    let size = vpc.prefix_len();
    match size {
        16 => Some(Layout {
            public: parts(vpc, 24, 200, MOST_ZONES)?,
            app: parts(vpc, 22, 0, MOST_ZONES)?,
            data: parts(vpc, 24, 100, MOST_ZONES)?,
        }),
        17..=21 => Some(Layout {
            public: parts(vpc, size + 6, 48, MOST_ZONES)?,
            app: parts(vpc, size + 3, 0, MOST_ZONES)?,
            data: parts(vpc, size + 6, 56, MOST_ZONES)?,
        }),
        _ => None,
    }
}

/// Returns a layout for so many zones and no more: half for `app`, a quarter each for the others.
fn tight(vpc: Cidr, zones: usize) -> Option<Layout> {
    let IpNet::V4(vpc) = vpc.net() else { return None };
    let rounded = zones.next_power_of_two();
    let bits = u8::try_from(rounded.trailing_zeros()).ok()?;
    let size = vpc.prefix_len() + bits;
    Some(Layout {
        public: parts(vpc, size + 2, 2 * rounded, zones)?,
        app: parts(vpc, size + 1, 0, zones)?,
        data: parts(vpc, size + 2, 3 * rounded, zones)?,
    })
}

/// Returns `count` parts of size `/size` from the `first`; `None` where AWS does not take so small ones.
fn parts(vpc: Ipv4Net, size: u8, first: usize, count: usize) -> Option<Vec<Cidr>> {
    let all = if size <= 28 { vpc.subnets(size).ok()? } else { return None };
    let found: Vec<Cidr> = all.skip(first).take(count).map(|it| Cidr::of(IpNet::V4(it))).collect();
    (found.len() == count).then_some(found)
}

/// Notes that a VPC has no default layout, with the lines to write.
pub(super) fn ask_for(cx: &mut Reader<'_>, vpc: Cidr, span: Span, zones: usize, missing: &[Group]) {
    let code = "network::subnets-missing";
    let Some(layout) = tight(vpc, zones) else {
        let detail =
            format!("{vpc} has no room for three subnets in each of {zones} zones; AWS takes none smaller than a /28.");
        let needed = 28 - 2 - zones.next_power_of_two().trailing_zeros();
        cx.error("network::vpc-small", span, "VPC too small", detail)
            .help(format!("Choose a range of /{needed} or larger, or fewer zones."));
        return;
    };
    let line = |group: &Group| {
        let ranges: Vec<String> = layout.of(*group).iter().map(|it| format!("\"{it}\"")).collect();
        format!("    subnets \"{}\" {{ cidrs {} }}", group.word(), ranges.join(" "))
    };
    let lines: Vec<String> = missing.iter().map(line).collect();
    let detail = format!("{vpc} is too small to divide it so that zones can be added later without moving a subnet.");
    cx.error(code, span, "No default subnets in a VPC of this size", detail)
        .help(format!("Choose a VPC of /21 or larger, or write the ranges, for example:\n{}", lines.join("\n")));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vpc(text: &str) -> Cidr {
        text.parse().unwrap()
    }

    fn texts(cidrs: &[Cidr]) -> Vec<String> {
        cidrs.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_sixteen_is_divided_as_in_the_reference_architecture() {
        let layout = default_of(default_vpc()).unwrap();
        assert_eq!(texts(&layout.public[..2]), ["10.0.200.0/24", "10.0.201.0/24"]);
        assert_eq!(texts(&layout.app[..3]), ["10.0.0.0/22", "10.0.4.0/22", "10.0.8.0/22"]);
        assert_eq!(texts(&layout.data[..2]), ["10.0.100.0/24", "10.0.101.0/24"]);
    }

    #[test]
    fn default_and_tight_layouts_lie_within_the_vpc_and_do_not_overlap() {
        for size in 16..=28 {
            let vpc = vpc(&format!("10.64.0.0/{size}"));
            let layouts = (1..=6).filter_map(|zones| tight(vpc, zones)).chain(default_of(vpc));
            for layout in layouts {
                let all: Vec<Cidr> = Group::ALL.iter().flat_map(|it| layout.of(*it)).copied().collect();
                for (index, one) in all.iter().enumerate() {
                    assert!(vpc.net().contains(&one.net()), "{one} in {vpc}");
                    assert!(all[..index].iter().all(|other| !other.overlaps(*one)), "{one} in {vpc}");
                }
            }
            assert_eq!(default_of(vpc).is_some(), size <= 21, "{vpc}");
        }
        assert!(tight(vpc("10.0.0.0/24"), 3).is_some());
        assert!(tight(vpc("10.0.0.0/25"), 3).is_none());
    }

    #[test]
    fn public_subnets_of_every_default_are_large_enough_for_a_load_balancer() {
        for size in 16..=21 {
            let layout = default_of(vpc(&format!("10.64.0.0/{size}"))).unwrap();
            assert!(layout.public.iter().all(|it| it.net().prefix_len() <= 27), "/{size}");
        }
    }
}
