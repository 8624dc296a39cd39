//! `LOGINS_AT_ONCE`: how many logins a web node does at once.

use super::pace::MOST;

/// How many logins a web node does at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AtOnce {
    /// As many as the API servers answer quickly, which is learned from the last logins.
    #[default]
    Auto,
    /// So many.
    Fixed(u32),
    /// As many as there are.
    Unlimited,
}

impl AtOnce {
    /// Parses the value in hook.env.
    pub fn parse(word: &str) -> Result<Self, String> {
        match word {
            "auto" => return Ok(Self::Auto),
            "unlimited" => return Ok(Self::Unlimited),
            _ => {}
        }
        let number = word.parse().ok().filter(|number| (1..=MOST).contains(number));
        number
            .map(Self::Fixed)
            .ok_or_else(|| format!("is {word:?}; write auto, unlimited, or a number from 1 to {MOST}"))
    }

    /// The value as hook.env has it.
    pub fn word(self) -> String {
        match self {
            Self::Auto => "auto".to_owned(),
            Self::Fixed(number) => number.to_string(),
            Self::Unlimited => "unlimited".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_numbers_are_read_and_shown_as_they_are_written() {
        for (word, value) in [
            ("auto", AtOnce::Auto),
            ("unlimited", AtOnce::Unlimited),
            ("1", AtOnce::Fixed(1)),
            ("256", AtOnce::Fixed(256)),
        ] {
            assert_eq!(AtOnce::parse(word), Ok(value));
            assert_eq!(value.word(), word);
        }
        for word in ["", "0", "257", "-1", "many", "1.5"] {
            assert!(AtOnce::parse(word).unwrap_err().contains("auto, unlimited"), "{word}");
        }
    }
}
