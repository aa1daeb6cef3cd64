//! What a stack costs, as text: tiers and their parts, the dearest first, and what depends on use.

use super::style::{Paint, Style};
use crate::cost::prices::{AS_OF, REGION};
use crate::cost::{Estimate, Line, Unpriced, Use};

/// Returns the text of an estimate. `region` is the stack's, where the spec says.
#[must_use]
pub fn text(estimate: &Estimate, region: Option<&str>, style: Style) -> String {
    let Estimate { monthly, tiers, per_use, unpriced, advice } = estimate;
    let mut text = String::new();
    for tier in tiers {
        let head = format!("{:<30}{:>10.2}", tier.tier, tier.monthly);
        text += &format!("{}\n", style.paint(Paint::Strong, head));
        for Line { what, count, each, monthly } in &tier.lines {
            text += &format!("  {:<28}{monthly:>10.2}  {} × {each:.2}\n", what, number(*count));
        }
    }
    text += &format!("{:<30}{monthly:>10.2}  USD a month\n", "all that stands there");
    for Unpriced { tier, what, count } in unpriced {
        text += &format!("not priced: {tier}: {} × {what}\n", number(*count));
    }
    if !per_use.is_empty() {
        text += "\nPer use, and not in the sum, in USD:\n";
        for Use { what, price } in per_use {
            text += &format!("  {what}: {price}\n");
        }
    }
    if !advice.is_empty() {
        text += &format!("\n{}\n", advice.join("\n"));
    }
    text + &format!("\n{}\n", basis(region))
}

/// Says whose prices these are.
#[must_use]
pub fn basis(region: Option<&str>) -> String {
    let elsewhere = match region {
        Some(region) if region != REGION => format!(" Priced as {REGION}: those of {region} differ."),
        _ => String::new(),
    };
    format!(
        "AWS's on-demand list prices in {REGION} as of {AS_OF}, with the fewest servers that scaling keeps, without \
         discounts, free tiers and taxes.{elsewhere}"
    )
}

/// Returns what a plan does to the price of a month, in one line.
#[must_use]
pub fn change(before: &Estimate, after: &Estimate) -> String {
    // Plus nothing: there is no such thing as minus nothing dollars.
    let whole = |it: f64| format!("{:.0}", it.round() + 0.0);
    let sum = if before.tiers.is_empty() {
        format!("about {} USD a month", whole(after.monthly))
    } else {
        format!("about {} → {} USD a month", whole(before.monthly), whole(after.monthly))
    };
    let of = |estimate: &Estimate, tier: &str| {
        estimate.tiers.iter().find(|it| it.tier == tier).map_or_else(|| whole(0.0), |it| whole(it.monthly))
    };
    let mut names: Vec<&str> = after.tiers.iter().map(|it| it.tier.as_str()).collect();
    names.extend(before.tiers.iter().map(|it| it.tier.as_str()).filter(|it| after.tiers.iter().all(|t| t.tier != *it)));
    let mut parts = Vec::new();
    for tier in names {
        let (was, is) = (of(before, tier), of(after, tier));
        if before.tiers.is_empty() {
            parts.push(format!("{tier} {is}"));
        } else if was != is {
            parts.push(format!("{tier} {was} → {is}"));
        }
    }
    let parts = if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) };
    let unpriced = if after.unpriced.is_empty() { "" } else { ", and not everything has a price here" };
    format!("Cost: {sum}, priced as {REGION} and without traffic and storage{unpriced}{parts}.")
}

/// Whole numbers without a point.
fn number(it: f64) -> String {
    if it.fract() == 0.0 { format!("{it:.0}") } else { format!("{it}") }
}
