//! JSON that others may have written: no name twice in an object, and no more values than memory is there for.
//!
//! The parser's own answer to a name that stands twice is to take the last one. A file of ours never has that, so one
//! that does was edited, and which of the two was meant nobody can say.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// The most values in a file: a resource has about a hundred, and each takes some fifty bytes of memory.
const MOST: usize = 4_000_000;

/// Reads a text. How deep it may go is the parser's own limit.
///
/// # Errors
/// When it is no JSON, an object has a name twice, or there are too many values.
pub fn parse(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    let left = Cell::new(MOST);
    let mut parser = serde_json::Deserializer::from_slice(bytes);
    let value = Strict { left: &left }.deserialize(&mut parser)?;
    parser.end()?;
    Ok(value)
}

/// Reads one value, and counts it.
#[derive(Clone, Copy)]
struct Strict<'a> {
    left: &'a Cell<usize>,
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let left = self.left.get().checked_sub(1).ok_or_else(|| D::Error::custom("it has too many values"))?;
        self.left.set(left);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number is too large"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            all.push(item);
        }
        Ok(Value::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut all = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if all.contains_key(&name) {
                let name: String = name.chars().take(80).collect();
                return Err(A::Error::custom(format!("`{name}` stands there twice")));
            }
            let value = members.next_value_seed(self)?;
            all.insert(name, value);
        }
        Ok(Value::Object(all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        parse(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn what_is_in_order_is_read_as_ever() {
        let text = r#"{"a": [null, true, -1, 18446744073709551615, 0.5, "\u00e9"], "b": {}}"#;
        assert_eq!(parse(text.as_bytes()).unwrap(), serde_json::from_str::<Value>(text).unwrap());
    }

    #[test]
    fn what_is_not_is_refused() {
        assert_eq!(refused(r#"{"a": {"b": 1, "b": 1}}"#), "`b` stands there twice at line 1 column 18");
        assert!(refused("{} {}").contains("trailing"), "{}", refused("{} {}"));
        assert!(refused("1e999").contains("out of range"), "{}", refused("1e999"));
        assert!(refused(&"[".repeat(100_000)).contains("recursion limit"));
        assert!(refused(&format!("[0{}]", ",0".repeat(MOST))).contains("too many values"));
    }
}
