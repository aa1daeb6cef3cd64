//! The name under which a create call whose answer was lost is found again.

use sha2::{Digest, Sha256};

use super::Address;

/// Identifies one incarnation of one resource of one stack; the same after a crash, another after a replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The stack's name, for its tag.
    pub stack: String,
    /// The resource's address, for its tag.
    pub address: Address,
    value: String,
}

impl Token {
    /// Derives the token of an incarnation. `lineage` is drawn once when a state file is made, so that a new state
    /// never meets the tokens that AWS still remembers of an older one (EC2: about a day).
    #[must_use]
    pub fn derive(stack: &str, lineage: &str, address: &Address, incarnation: u32) -> Token {
        let mut hash = Sha256::new();
        for part in [stack, lineage, address.as_str(), &incarnation.to_string()] {
            hash.update(part.len().to_be_bytes());
            hash.update(part.as_bytes());
        }
        let digest = hash.finalize();
        let half = digest.iter().take(16).fold(0_u128, |sum, byte| (sum << 8) | u128::from(*byte));
        Token { stack: stack.to_owned(), address: address.clone(), value: format!("{half:032x}") }
    }

    /// Returns 32 hexadecimal digits: short enough for every client token in AWS (ACM takes `\w{1,32}`).
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.value
    }

    /// Returns the first eight digits, for names that must differ between incarnations.
    #[must_use]
    pub fn short(&self) -> &str {
        &self.value[..8]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_stable_and_differs_by_each_part() {
        let vpc = Address::of("network.vpc", None);
        let token = |stack: &str, lineage: &str, incarnation| Token::derive(stack, lineage, &vpc, incarnation);
        assert_eq!(token("a", "l", 1), token("a", "l", 1));
        assert_eq!(token("a", "l", 1).as_str().len(), 32);
        for other in [token("b", "l", 1), token("a", "m", 1), token("a", "l", 2), token("al", "", 1)] {
            assert_ne!(token("a", "l", 1).as_str(), other.as_str());
        }
    }
}
