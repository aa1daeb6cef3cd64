//! The tier written as a spec that says everything.

use super::Cdn;

/// Returns the lines in the block of `cdn`. No value in them has a character that needs an escape.
pub(in crate::topology) fn lines(cdn: &Cdn) -> Vec<String> {
    let Cdn { price_class, http, static_cache, waf, logs } = cdn;
    vec![
        format!("price-class \"{}\"", price_class.word()),
        format!("http \"{}\"", http.word()),
        format!("static-cache #{static_cache}"),
        format!("waf #{waf}"),
        format!("logs {}", logs.map_or("#false".to_owned(), |days| format!("retain-days={days}"))),
    ]
}
