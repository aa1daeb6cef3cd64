//! What looks like a secret: a pure function of a document.
//!
//! Where a value stands counts as much as how it looks: ids, ARNs and digests are long and random too, so randomness
//! alone is suspicious only below a name that promises a secret. Names are those of JSON members, and of assignments
//! and elements inside of texts (`DB_PASSWORD=…`, `<Password>…`). Texts that carry other texts (base64, and the
//! compressed files of user data) are looked into.

use std::fmt;
use std::io::Read;

use aws_smithy_types::base64;
use flate2::read::ZlibDecoder;
use serde::Serialize;
use serde_json::Value;

/// What was found. The value itself is nowhere in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Find {
    /// Where in the document: `resources[3].props.user_data`.
    pub(crate) at: String,
    /// What it looks like.
    pub(crate) what: What,
}

/// What a value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum What {
    /// A private key as PEM.
    PrivateKey,
    /// The id of an AWS access key.
    AccessKey,
    /// The secret of an AWS access key.
    SecretKey,
    /// A value under a name that promises a secret.
    Named,
    /// A random value near such a name.
    Random,
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            What::PrivateKey => "a private key",
            What::AccessKey => "the id of an AWS access key",
            What::SecretKey => "the secret of an AWS access key",
            What::Named => "a value under a name that promises a secret",
            What::Random => "a random value near a name that promises a secret",
        })
    }
}

/// How names end whose value is a secret; without signs between their words.
const SECRETS: &[&str] = &[
    "accesskey",
    "apikey",
    "authtoken",
    "credential",
    "credentials",
    "pass",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "pwd",
    "secret",
    "secretkey",
    "secretstring",
    "securitytoken",
    "sessiontoken",
    "upgradekey",
];
/// What stands in names near which nothing random should be.
const SUSPICIOUS: &[&str] = &["auth", "cred", "key", "pass", "pwd", "secret", "token"];

/// How often a text within a text is looked into, and how long an unpacked one may be.
const DEEPEST: u32 = 3;
const LONGEST: u64 = 4 << 20;
/// Fewer characters tell nothing of how a value was drawn.
const SHORTEST: usize = 16;

/// Returns what looks like a secret in a document.
pub(crate) fn suspects(document: &Value) -> Vec<Find> {
    let mut finds = Vec::new();
    value(document, "", "", 0, &mut finds);
    finds
}

fn value(document: &Value, at: &str, name: &str, depth: u32, finds: &mut Vec<Find>) {
    match document {
        Value::Object(members) => {
            for (name, member) in members {
                let at = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
                value(member, &at, name, depth, finds);
            }
            pair(members, at, finds);
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                value(item, &format!("{at}[{index}]"), name, depth, finds);
            }
        }
        Value::String(text) => string(text, at, name, depth, finds),
        // Fewer digits are a counter.
        Value::Number(number) if promises(name) && 4 < number.to_string().len() => {
            finds.push(Find { at: at.to_owned(), what: What::Named });
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Many APIs say a name and its value as two members.
fn pair(members: &serde_json::Map<String, Value>, at: &str, finds: &mut Vec<Find>) {
    let one = |names: &[&str]| {
        let member = |it: &&str| members.iter().find(|(name, _)| name.eq_ignore_ascii_case(it));
        names.iter().find_map(member).and_then(|(name, value)| Some((name, value.as_str()?)))
    };
    if let (Some((_, name)), Some((member, text))) = (one(&["name", "key"]), one(&["value"]))
        && promises(name)
        && is_value(text)
    {
        finds.push(Find { at: format!("{at}.{member}"), what: What::Named });
    }
}

fn string(text: &str, at: &str, name: &str, depth: u32, finds: &mut Vec<Find>) {
    if depth < DEEPEST
        && text.trim_start().starts_with(['{', '['])
        && let Ok(document) = serde_json::from_str::<Value>(text)
    {
        return value(&document, at, name, depth + 1, finds);
    }
    let before = finds.len();
    let mut found = |what| finds.push(Find { at: at.to_owned(), what });
    if text.contains("-----BEGIN ") && text.contains("PRIVATE KEY-----") {
        return found(What::PrivateKey);
    }
    for word in words(text) {
        if is_access_key(word) {
            found(What::AccessKey);
        } else if is_secret_key(word) {
            found(What::SecretKey);
        }
    }
    let one_word = !text.contains(char::is_whitespace);
    if promises(name) && is_value(text) {
        found(What::Named);
    } else if suspicious(name) && one_word && is_value(text) && is_random(text) {
        found(What::Random);
    }
    for (name, assigned) in assignments(text) {
        if promises(name) && is_value(assigned) {
            found(What::Named);
        } else if suspicious(name) && is_value(assigned) && is_random(assigned) {
            found(What::Random);
        }
    }
    if before == finds.len() && depth < DEEPEST {
        inside(text, at, name, depth + 1, finds);
    }
    let new = finds.split_off(before);
    for find in new {
        if !finds[before..].contains(&find) {
            finds.push(find);
        }
    }
}

/// Looks into what a text carries: words that are base64 or base85 of a text.
fn inside(text: &str, at: &str, name: &str, depth: u32, finds: &mut Vec<Find>) {
    for word in text.split(|it: char| it.is_whitespace() || matches!(it, '"' | '\'')) {
        if word.len() < SHORTEST {
            continue;
        }
        let unpacked = [base64::decode(word).ok(), base85(word)].into_iter().flatten();
        for bytes in unpacked {
            for text in [inflated(&bytes), String::from_utf8(bytes).ok()].into_iter().flatten() {
                string(&text, at, name, depth, finds);
            }
        }
    }
}

fn inflated(bytes: &[u8]) -> Option<String> {
    let mut text = String::new();
    ZlibDecoder::new(bytes).take(LONGEST).read_to_string(&mut text).ok()?;
    Some(text)
}

/// Decodes base85 in the alphabet that user data is packed with.
fn base85(word: &str) -> Option<Vec<u8>> {
    const ALPHABET: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
    let mut bytes = Vec::with_capacity(word.len() / 5 * 4 + 4);
    for group in word.as_bytes().chunks(5) {
        let mut number: u64 = 0;
        for place in 0..5 {
            // What is missing counts as the largest digit.
            let digit = group.get(place).map_or(Some(84), |byte| ALPHABET.iter().position(|it| it == byte))?;
            number = number * 85 + digit as u64;
        }
        let number = u32::try_from(number).ok()?;
        bytes.extend(&number.to_be_bytes()[..group.len().saturating_sub(1)]);
    }
    Some(bytes)
}

/// Returns the words that a key of AWS can be.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|it: char| !(it.is_ascii_alphanumeric() || matches!(it, '/' | '+'))).filter(|it| 20 <= it.len())
}

fn is_access_key(word: &str) -> bool {
    let long_or_short = word.starts_with("AKIA") || word.starts_with("ASIA");
    word.len() == 20 && long_or_short && word.bytes().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit())
}

/// Forty characters of base64 that no digest has: of every sort, and well mixed.
fn is_secret_key(word: &str) -> bool {
    word.len() == 40 && is_mixed(word) && !word.contains("//") && 4.0 < entropy(word)
}

fn is_random(text: &str) -> bool {
    SHORTEST <= text.len() && is_mixed(text) && 3.5 < entropy(text)
}

fn is_mixed(text: &str) -> bool {
    let has = |sort: fn(&u8) -> bool| text.as_bytes().iter().any(sort);
    has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit)
}

/// Whether a text is itself a value, and not what says where one is: an ARN, a name, a placeholder, nothing.
fn is_value(text: &str) -> bool {
    let text = text.trim();
    let elsewhere = ["arn:", "alias/", "$", "@@", "{{", "<", "/", "***", "http://", "https://"];
    let words = ["", "null", "none", "true", "false", "generated", "managed"];
    // Brackets and sums are code that fetches one, and what is shorter is a sign of it.
    let is_code = text.contains(['(', ')', '[', ']', '{', '}', '$']);
    4 <= text.len() && !is_code && !elsewhere.iter().any(|it| text.starts_with(it)) && !words.contains(&text)
}

/// Returns the names and values of `name=value`, `name: value`, `<name>value` and `'name' => 'value'` in a text.
fn assignments(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let is_name = |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '-');
    let signs = text.char_indices().filter(|(_, it)| matches!(it, '=' | ':' | '>'));
    signs.filter_map(move |(at, sign)| {
        let (before, after) = (text[..at].trim_end_matches([' ', '"', '\'', '=']), &text[at + 1..]);
        // Without a blank it is a part of an ARN or of a URL.
        if sign == ':' && !after.starts_with([' ', '"', '\'']) {
            return None;
        }
        let name = &before[before.rfind(|it| !is_name(it)).map_or(0, |it| it + char_at(before, it))..];
        let after = after.trim_start_matches([' ', '"', '\'', '>', '=']);
        let ends = after.find(|it: char| it.is_whitespace() || matches!(it, '"' | '\'' | ';' | ',' | '<' | '&'));
        let value = &after[..ends.unwrap_or(after.len())];
        (!name.is_empty() && !value.is_empty()).then_some((name, value))
    })
}

fn char_at(text: &str, at: usize) -> usize {
    text[at..].chars().next().map_or(1, char::len_utf8)
}

fn bare(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|it| it.to_ascii_lowercase()).collect()
}

/// Whether the value of this name is a secret.
fn promises(name: &str) -> bool {
    let name = bare(name);
    SECRETS.iter().any(|it| name.ends_with(it))
}

fn suspicious(name: &str) -> bool {
    let name = bare(name);
    SUSPICIOUS.iter().any(|it| name.contains(it))
}

/// Returns the bits that each character of a text carries, by how often each is in it.
fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in text.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let all = f64::from(counts.iter().sum::<u32>());
    let shares = counts.iter().filter(|it| **it != 0).map(|it| f64::from(*it) / all);
    shares.map(|share| -share * share.log2()).sum()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Forty random characters, in two pieces so that this file is no find itself.
    const KEY: &str = concat!("wJalrXUtnFEMI/K7MDENG", "/bPxRfiCYzT5pQ8sL1v");
    const DRAWN: &str = "Zk3vQ9xTn2Lr8WbY";

    fn found(document: &Value) -> Vec<(String, What)> {
        suspects(document).into_iter().map(|it| (it.at, it.what)).collect()
    }

    fn one(document: &Value, at: &str, what: What) {
        assert_eq!(found(document), [(at.to_owned(), what)], "{document}");
    }

    #[test]
    fn secrets_are_found_wherever_they_hide() {
        let pem = concat!("x\n-----BEGIN RSA PRIV", "ATE KEY-----\nMIIE…");
        one(&json!({ "a": [1, { "text": pem }] }), "a[1].text", What::PrivateKey);
        one(&json!({ "id": concat!("AKIA", "IOSFODNN7EXAMPLE") }), "id", What::AccessKey);
        one(&json!({ "description": format!("key {KEY}.") }), "description", What::SecretKey);
        one(&json!({ "MasterUserPassword": "hunter2" }), "MasterUserPassword", What::Named);
        one(&json!({ "db": { "auth-token": 12345 } }), "db.auth-token", What::Named);
        one(&json!({ "header": { "name": "X-Origin-Secret", "value": "abcd" } }), "header.value", What::Named);
        one(&json!({ "token_of_origin": DRAWN }), "token_of_origin", What::Random);
        one(&json!({ "user_data": "export DB_PASSWORD='hunter2'\n" }), "user_data", What::Named);
        one(&json!({ "php": "$CFG->dbpass = 'hunter2';" }), "php", What::Named);
        one(&json!({ "body": "<Password>hunter2</Password>" }), "body", What::Named);
        one(
            &json!({ "policy": format!("{{\"deep\": {{\"password\": \"{DRAWN}\"}}}}") }),
            "policy.deep.password",
            What::Named,
        );
    }

    #[test]
    fn what_is_packed_is_unpacked() {
        let script = "DB_PASSWORD=hunter2\n".to_owned();
        one(&json!({ "user_data": base64::encode(&script) }), "user_data", What::Named);
        let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        std::io::Write::write_all(&mut packed, script.repeat(40).as_bytes()).unwrap();
        let packed = packed.finish().unwrap();
        one(
            &json!({ "user_data": format!("decode <<'END'\n{}\nEND\n", base64::encode(&packed)) }),
            "user_data",
            What::Named,
        );
        // As Python's `base64.b85encode` writes it.
        assert_eq!(base85("Xk~0{Zv"), Some(b"hello".to_vec()));
        // A bomb is not unpacked to its end.
        let mut bomb = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        for _ in 0..64 {
            std::io::Write::write_all(&mut bomb, &vec![b'a'; 1 << 20]).unwrap();
        }
        assert_eq!(found(&json!({ "user_data": base64::encode(bomb.finish().unwrap()) })), []);
    }

    #[test]
    fn what_says_where_a_secret_is_is_none() {
        let nothing = json!({
            "secret": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:campus-database-Ab3dEf",
            "password": "",
            "kms_key": "alias/aws/secretsmanager",
            "token": "0123456789abcdef0123456789abcdef",
            "auth_token": { "$from": ["cache", "token"] },
            "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "key_name": "ops",
            "etag": "E2QWRUHAPOMQZL",
            "statement": "{\"Action\":\"secretsmanager:GetSecretValue\",\"Sid\":\"Secrets\"}",
            "script": "DATABASE_SECRET=arn:aws:secretsmanager:eu-west-1:1:secret:a\npassword=$(read_secret)\n",
            "manage_password": true,
            "code": "['--adminpass=' . stream_get_contents(STDIN), '--x']; $CFG->dbpass = $secret['password'];",
        });
        assert_eq!(found(&nothing), []);
    }
}
